import type pg from 'pg';
import { Counter, Gauge, Registry } from 'prom-client';
import { head } from '#event-store';
import type { RelayState } from '#kafka';
import type { Health, Readiness } from '#running';

/** What is known of the relay of this process: for Prometheus, and whether it may be called ready. */
export class Metrics implements Health {
  private readonly registry = new Registry();
  private state: RelayState = 'standby';
  private readonly registers = [this.registry];

  private readonly position = new Gauge({
    name: 'kosh_relay_position',
    help: 'Position up to which Kafka has acknowledged the log, whichever relay sent it.',
    registers: this.registers,
  });
  private readonly lag = new Gauge({
    name: 'kosh_relay_lag_events',
    help: 'Events of the log that Kafka has not acknowledged yet.',
    registers: this.registers,
  });
  private readonly leading = new Gauge({
    name: 'kosh_relay_leading',
    help: '1 while the relay of this process leads, else 0.',
    registers: this.registers,
  });
  private readonly published = new Counter({
    name: 'kosh_relay_published_total',
    help: 'Messages of this process that Kafka has acknowledged.',
    registers: this.registers,
  });

  constructor(
    private readonly pool: pg.Pool,
    private readonly topic: string,
  ) {}

  onState(state: RelayState): void {
    this.state = state;
    this.leading.set(state === 'standby' ? 0 : 1);
  }

  onPublished(messages: number): void {
    this.published.inc(messages);
  }

  /** A standby is ready, and so is a leader without Kafka: it waits for it. Throws without a database. */
  async ready(): Promise<Readiness> {
    await this.look();
    const status = this.state === 'kafka-away' ? 'degraded' : 'ok';
    return { ready: true, body: { status, state: this.state } };
  }

  /** Throws without a database. */
  async metrics(): Promise<Registry> {
    await this.look();
    return this.registry;
  }

  private async look(): Promise<void> {
    const { rows } = await this.pool.query<{ position: string }>(
      'select position from road.relay where name = $1',
      [this.topic],
    );
    const position = Number(rows[0]?.position ?? 0);
    const end = await head(this.pool);
    this.position.set(position);
    this.lag.set(end.position - position);
  }
}
