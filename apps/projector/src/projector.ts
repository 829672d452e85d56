import { pino } from 'pino';
import { connect, type EventStore, LogSource, openStore } from '#event-store';
import { KafkaSource, type Log } from '#kafka';
import { arrivals } from '#processes';
import { keepSubtotals, population, READ_MODELS, runProcess, runProjection } from '#projections';
import { healthServer, listen } from '#running';
import { Metrics } from './metrics.js';
import { Reader, type Run } from './reader.js';
import type { ProjectorSettings } from './settings.js';

/** Each reader holds one, and one for its source; the rest is for pages. */
const CONNECTIONS_MAX = 16;

export type Projector = Readonly<{
  /** Where health and metrics are served, such as `http://127.0.0.1:9100`, if they are. */
  url: string | undefined;
  /** Lets every reader end its batch, then closes what was opened. */
  close: () => Promise<void>;
}>;

type Dependencies = Readonly<{
  log?: Log;
  /** The store that process managers write to; its own, unless given. */
  store?: EventStore;
}>;

/** Starts the read models and process managers that the settings name. The database must be migrated. */
export async function startProjector(
  settings: ProjectorSettings,
  deps: Dependencies = {},
): Promise<Projector> {
  const log = deps.log ?? pino({ level: settings.logLevel, base: { service: 'projector' } });
  const pool = connect(settings.databaseUrl, 'kosh_projector', { max: CONNECTIONS_MAX });
  const opened = deps.store ? undefined : openStore(settings.databaseUrl);
  const store = deps.store ?? opened?.store;
  const kafka = settings.kafka && (await KafkaSource.open({ pool, kafka: settings.kafka, log }));
  const source = kafka ?? new LogSource(pool);

  const projections = READ_MODELS.filter(({ name }) => settings.readModels.includes(name));
  const managers = store && settings.processes ? [arrivals(store, settings.timeZone)] : [];
  const readers = [
    ...projections.map((projection) => {
      const run: Run = (signal, onProgress) =>
        runProjection({ projection, pool, source, signal, onProgress });
      return new Reader(projection.name, run, log);
    }),
    ...managers.map((process) => {
      const run: Run = (signal, onProgress) => runProcess({ process, pool, source, signal, onProgress });
      return new Reader(process.name, run, log);
    }),
  ];

  // These spare the reports work and no more, so that nothing waits for them, and nobody is called when they fail.
  const subtotals = new Reader('subtotals', (signal) => keepSubtotals({ pool, signal }), log);
  const aside = projections.includes(population) ? [subtotals] : [];

  const server = settings.port === undefined ? undefined : healthServer(new Metrics(pool, readers));
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const close = async () => {
    stopping.abort();
    await Promise.all(running);
    server?.close();
    server?.closeAllConnections();
    await kafka?.close();
    await opened?.close();
    await pool.end();
  };

  try {
    const url = server && (await listen(server, settings.host, settings.port ?? 0));
    running.push(...[...readers, ...aside].map((reader) => reader.keepRunning(stopping.signal)));
    const names = readers.map(({ name }) => name);
    log.info({ readers: names, source: kafka ? 'kafka' : 'log', url }, 'The projector follows the log.');
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
