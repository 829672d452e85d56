import type pg from 'pg';
import { Gauge, Registry } from 'prom-client';
import { head } from '#event-store';
import type { Health, Readiness } from '#running';
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
  private readonly applied = this.gauge('kosh_projection_events', 'Events that this process has applied.');
  private readonly trouble = this.gauge(
    'kosh_projection_trouble',
    '1 while it fails or has stopped, else 0.',
  );

  constructor(
    private readonly pool: pg.Pool,
    private readonly readers: readonly Reader[],
  ) {}

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
    const end = (await head(this.pool)).position;
    const { rows } = await this.pool.query<{ name: string; position: string }>(
      'select name, position from reading.cursors',
    );
    const cursors = new Map(rows.map(({ name, position }) => [name, Number(position)]));
    for (const { name, events, trouble } of this.readers) {
      const position = cursors.get(name) ?? 0;
      this.position.set({ projection: name }, position);
      this.lag.set({ projection: name }, end - position);
      this.applied.set({ projection: name }, events);
      this.trouble.set({ projection: name }, trouble === undefined ? 0 : 1);
    }
    return this.registry;
  }

  private gauge(name: string, help: string): Gauge<'projection'> {
    return new Gauge({ name, help, labelNames: ['projection'], registers: [this.registry] });
  }
}
