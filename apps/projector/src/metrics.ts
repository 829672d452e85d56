import type pg from 'pg';
import { Counter, Gauge, Registry } from 'prom-client';
import { head, projectionLags, within } from '#event-store';
import { parkedStreams } from '#projections';
import { type Health, type Readiness, tellBuild } from '#running';
import type { Reader } from './reader.js';

const PATIENCE_MS = 1_000;

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

  private readonly parked = this.gauge(
    'kosh_parked_streams',
    'Files that it has put aside, since an event of theirs cannot be folded.',
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

  /**
   * Not ready while one of them fails, or has stopped. Degraded, but ready, while some files are parked; without a
   * database that is not known.
   */
  async ready(): Promise<Readiness> {
    const troubles = this.readers.flatMap(({ name, trouble }) =>
      trouble === undefined ? [] : [{ name, trouble }],
    );
    const ready = troubles.length === 0;
    const readers = this.readers.map(({ name }) => name);
    const parked = await within(parkedStreams(this.pool), PATIENCE_MS, 'Asking what is parked').catch(
      () => new Map<string, number>(),
    );
    const status = !ready ? 'unavailable' : parked.size > 0 ? 'degraded' : 'ok';
    return {
      ready,
      body: { status, readers, troubles, ...(parked.size > 0 && { parked: Object.fromEntries(parked) }) },
    };
  }

  /** Throws without a database. */
  async metrics(): Promise<Registry> {
    const [lags, { position: end }, parked] = await Promise.all([
      projectionLags(this.pool),
      head(this.pool),
      parkedStreams(this.pool),
    ]);
    this.errors.reset();
    for (const { name: projection, events, failures, trouble } of this.readers) {
      const lag = lags.find(({ name }) => name === projection);
      this.position.set({ projection }, lag?.position ?? 0);
      this.lag.set({ projection }, lag?.events ?? end);
      this.lagSeconds.set({ projection }, lag?.seconds ?? 0);
      this.applied.set({ projection }, events);
      this.parked.set({ projection }, parked.get(projection) ?? 0);
      this.errors.inc({ projection }, failures);
      this.trouble.set({ projection }, trouble === undefined ? 0 : 1);
    }
    return this.registry;
  }

  private gauge(name: string, help: string): Gauge<'projection'> {
    return new Gauge({ name, help, labelNames: ['projection'], registers: [this.registry] });
  }
}
