import type pg from 'pg';
import { Counter, Gauge, Registry } from 'prom-client';
import { head, projectionLags } from '#event-store';
import { type Health, type Readiness, tellBuild } from '#running';
import type { Reader } from './reader.js';

/** How the readers of this process are: for Prometheus, and whether they are ready. */
export class Metrics implements Health {
  private readonly registry = new Registry();
  private readonly position = this.gauge(
    'kosh_projection_position',
    'Position that a read model or process manager has reached, in whichever process.',
  );
  private readonly lag = this.gauge(
    'kosh_projection_lag_events',
    'Events of the log that it has not seen yet.',
  );
  private readonly lagSeconds = this.gauge(
    'kosh_projection_lag_seconds',
    'For how long the first of those has been in the log.',
  );
  private readonly applied = this.gauge('kosh_projection_events', 'Events that this process has applied.');
  private readonly trouble = this.gauge(
    'kosh_projection_trouble',
    '1 while it fails or has stopped, else 0.',
  );

  private readonly errors = new Counter({
    name: 'kosh_projection_errors_total',
    help: 'How often it failed in this process.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  constructor(
    private readonly pool: pg.Pool,
    private readonly readers: readonly Reader[],
  ) {
    tellBuild(this.registry);
  }

  /** Not ready while one of them fails, or has stopped. */
  ready(): Readiness {
    const troubles = this.readers.flatMap(({ name, trouble }) =>
      trouble === undefined ? [] : [{ name, trouble }],
    );
    const ready = troubles.length === 0;
    const readers = this.readers.map(({ name }) => name);
    return { ready, body: { status: ready ? 'ok' : 'unavailable', readers, troubles } };
  }

  /** Throws without a database. */
  async metrics(): Promise<Registry> {
    const [lags, { position: end }] = await Promise.all([projectionLags(this.pool), head(this.pool)]);
    this.errors.reset();
    for (const { name: projection, events, failures, trouble } of this.readers) {
      const lag = lags.find(({ name }) => name === projection);
      this.position.set({ projection }, lag?.position ?? 0);
      this.lag.set({ projection }, lag?.events ?? end);
      this.lagSeconds.set({ projection }, lag?.seconds ?? 0);
      this.applied.set({ projection }, events);
      this.errors.inc({ projection }, failures);
      this.trouble.set({ projection }, trouble === undefined ? 0 : 1);
    }
    return this.registry;
  }

  private gauge(name: string, help: string): Gauge<'projection'> {
    return new Gauge({ name, help, labelNames: ['projection'], registers: [this.registry] });
  }
}
