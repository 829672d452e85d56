import type pg from 'pg';
import { Counter, Gauge, Registry } from 'prom-client';
import { head, relayLags } from '#event-store';
import type { RelayState } from '#kafka';
import { type Health, type Readiness, tellBuild } from '#running';
import { NotaryMetrics } from './notary-metrics.js';

/** What is known of the relay of this process: for Prometheus, and whether it may be called ready. */
export class Metrics implements Health {
  private readonly registry = new Registry();
  readonly notary = new NotaryMetrics(this.registry);
  private current: RelayState = 'standby';
  private readonly registers = [this.registry];

  private readonly position = new Gauge({
    name: 'kosh_relay_position',
    help: 'Position up to which Kafka has acknowledged the log, whichever relay sent it.',
    registers: this.registers,
  });
  private readonly pending = new Gauge({
    name: 'kosh_outbox_pending',
    help: 'Events of the log that Kafka has not acknowledged yet.',
    registers: this.registers,
  });
  private readonly oldest = new Gauge({
    name: 'kosh_outbox_oldest_age_seconds',
    help: 'For how long the first of those has been in the log.',
    registers: this.registers,
  });
  private readonly leading = new Gauge({
    name: 'kosh_relay_leading',
    help: '1 while the relay of this process leads, else 0.',
    registers: this.registers,
  });
  private readonly published = new Counter({
    name: 'kosh_outbox_published_total',
    help: 'Messages of this process that Kafka has acknowledged.',
    labelNames: ['topic'],
    registers: this.registers,
  });

  constructor(
    private readonly pool: pg.Pool,
    private readonly topic: string,
  ) {
    tellBuild(this.registry);
  }

  get state(): RelayState {
    return this.current;
  }

  onState(state: RelayState): void {
    this.current = state;
    this.leading.set(state === 'standby' ? 0 : 1);
  }

  onPublished(messages: number): void {
    this.published.inc({ topic: this.topic }, messages);
  }

  /**
   * A standby is ready, and so is a leader without Kafka: it waits for it. A notary that refuses to sign is an alarm and
   * stops nothing else. Throws without a database.
   */
  async ready(): Promise<Readiness> {
    await this.look();
    const notary = this.notary.state;
    const isDegraded = this.state === 'kafka-away' || notary === 'refusing' || notary === 'failing';
    return { ready: true, body: { status: isDegraded ? 'degraded' : 'ok', state: this.state, notary } };
  }

  /** Throws without a database. */
  async metrics(): Promise<Registry> {
    await this.look();
    return this.registry;
  }

  private async look(): Promise<void> {
    const relay = (await relayLags(this.pool)).find(({ name }) => name === this.topic);
    // Before a relay has led for the first time, nothing of the log is on its way.
    const { position: end } = await head(this.pool);
    this.position.set(relay?.position ?? 0);
    this.pending.set(relay?.events ?? end);
    this.oldest.set(relay?.seconds ?? 0);
  }
}
