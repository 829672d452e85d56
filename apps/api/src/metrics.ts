import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Records } from '#audit';
import { Refused } from '#domain';
import { projectionLags, type Receipt, relayLags, VersionConflict } from '#event-store';
import { parkedStreams } from '#projections';
import { tellBuild } from '#running';
import type { RequestLine } from './log.js';
import { Problem } from './problem.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What Prometheus reads. No label names a person, a file or a user. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly requests = new Histogram({
    name: 'kosh_http_request_duration_seconds',
    help: 'Requests, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly commands = new Counter({
    name: 'kosh_commands_total',
    help: 'Commands, by what became of them.',
    labelNames: ['command', 'outcome'],
    registers: this.registers,
  });
  private readonly appended = new Counter({
    name: 'kosh_events_appended_total',
    help: 'Events recorded through this process.',
    labelNames: ['type'],
    registers: this.registers,
  });
  private readonly conflicts = new Counter({
    name: 'kosh_append_conflicts_total',
    help: 'Commands given up because others kept changing the record.',
    registers: this.registers,
  });
  private readonly appends = new Histogram({
    name: 'kosh_append_duration_seconds',
    help: 'Calls of log.append, each of which writes the commands that had gathered.',
    buckets: SECONDS,
    registers: this.registers,
  });
  private readonly verified = new Gauge({
    name: 'kosh_audit_chain_verified_position',
    help: 'Up to here the last verification asked of this process found the log whole.',
    registers: this.registers,
  });
  private readonly background = new Gauge({
    name: 'kosh_verification_position',
    help: 'How far the verification in the background has come, as the notary has told the database.',
    registers: this.registers,
  });
  private readonly fullPosition = new Gauge({
    name: 'kosh_verification_full_position',
    help: 'Up to where its last whole pass found all good.',
    registers: this.registers,
  });
  private readonly fullAt = new Gauge({
    name: 'kosh_verification_full_timestamp_seconds',
    help: 'When that pass ended.',
    registers: this.registers,
  });
  private readonly firstBad = new Gauge({
    name: 'kosh_verification_first_bad_position',
    help: 'The first bad position; 0: none: an alarm.',
    registers: this.registers,
  });
  private readonly unsigned = new Gauge({
    name: 'kosh_unsigned_oldest_age_seconds',
    help: 'For how long the first event that no checkpoint covers has been in the log. Beyond 60: nobody signs.',
    registers: this.registers,
  });
  private readonly refusing = new Gauge({
    name: 'kosh_notary_refusing',
    help: '1 while the log is not what was signed: an alarm.',
    registers: this.registers,
  });
  private readonly position = new Gauge({
    name: 'kosh_projection_position',
    help: 'Position that a read model or process manager has reached.',
    labelNames: ['projection'],
    registers: this.registers,
  });
  private readonly lag = new Gauge({
    name: 'kosh_projection_lag_events',
    help: 'Events of the log that it has not seen yet.',
    labelNames: ['projection'],
    registers: this.registers,
  });
  private readonly lagSeconds = new Gauge({
    name: 'kosh_projection_lag_seconds',
    help: 'For how long the first of those has been in the log.',
    labelNames: ['projection'],
    registers: this.registers,
  });
  private readonly parked = new Gauge({
    name: 'kosh_parked_streams',
    help: 'Files that a read model has put aside, since an event of theirs cannot be folded.',
    labelNames: ['projection'],
    registers: this.registers,
  });
  private readonly pending = new Gauge({
    name: 'kosh_outbox_pending',
    help: 'Events of the log that the relay has not sent yet.',
    registers: this.registers,
  });
  private readonly oldest = new Gauge({
    name: 'kosh_outbox_oldest_age_seconds',
    help: 'For how long the first of those has been in the log.',
    registers: this.registers,
  });

  constructor(private readonly pool: Pool) {
    collectDefaultMetrics({ register: this.registry });
    tellBuild(this.registry);
  }

  request({ method, route, status, ms }: Pick<RequestLine, 'method' | 'route' | 'status' | 'ms'>): void {
    this.requests.observe({ method, route, status }, ms / 1_000);
  }

  appendEnded(seconds: number): void {
    this.appends.observe(seconds);
  }

  verifiedUpTo(position: number): void {
    this.verified.set(position);
  }

  commandEnded(command: string, outcome: Receipt['outcome'], events: Receipt['events']): void {
    this.commands.inc({ command, outcome });
    for (const { type } of events) this.appended.inc({ type });
  }

  commandFailed(command: string, error: unknown): void {
    const coded = error instanceof Refused || error instanceof Problem;
    this.commands.inc({
      command,
      outcome: coded ? error.code : error instanceof Error ? error.name : 'unknown',
    });
    if (error instanceof VersionConflict) this.conflicts.inc();
  }

  /** In the text format. Without the database the figures of the log are left as they were. */
  async text(): Promise<string> {
    await this.lookAtTheLog().catch(() => undefined);
    return this.registry.metrics();
  }

  private async lookAtTheLog(): Promise<void> {
    const parked = await parkedStreams(this.pool);
    for (const { name: projection, position, events, seconds } of await projectionLags(this.pool)) {
      this.parked.set({ projection }, parked.get(projection) ?? 0);
      this.position.set({ projection }, position);
      this.lag.set({ projection }, events);
      this.lagSeconds.set({ projection }, seconds);
    }
    await this.lookAtTheFindings();
    const [relay] = await relayLags(this.pool);
    if (!relay) return;
    this.pending.set(relay.events);
    this.oldest.set(relay.seconds);
  }

  /** What the notary tells, for whoever watches this process only; its own process knows it at first hand. */
  private async lookAtTheFindings(): Promise<void> {
    const records = new Records(this.pool);
    this.unsigned.set(await records.unsignedSeconds());
    const { position, full, firstBad, refusal } = await records.read();
    this.background.set(position);
    this.firstBad.set(firstBad?.position ?? 0);
    this.refusing.set(refusal === undefined ? 0 : 1);
    if (!full) return;
    this.fullPosition.set(full.position);
    this.fullAt.set(Date.parse(full.at) / 1_000);
  }
}
