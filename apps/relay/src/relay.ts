import { pino } from 'pino';
import { connect } from '#event-store';
import { type Log, type RelayState, runRelay } from '#kafka';
import { healthServer, listen } from '#running';
import { Metrics } from './metrics.js';
import { type RunningNotary, startNotary } from './notary.js';
import type { RelaySettings } from './settings.js';

/** One for the relay, the rest for health and metrics. */
const CONNECTIONS_MAX = 3;
const STATEMENT_MS = 5_000;

export type RunningRelay = Readonly<{
  /** Where health and metrics are served, such as `http://127.0.0.1:9101`, if they are. */
  url: string | undefined;
  notary: RunningNotary['state'];
  /** `ended`: with `WrongTopic`, or because it was stopped. */
  state: () => RelayState | 'ended';
  /** Resolves when stopped; rejects with `WrongTopic`, after which it can only be stopped. */
  done: Promise<void>;
  /** Lets what is being sent end, at most 4 s, then closes what was opened. */
  close: () => Promise<void>;
}>;

/**
 * Starts a relay, or a standby of the one that leads, and a notary beside it. The database must be migrated; Kafka may
 * come later. Throws as `startNotary` does.
 */
export async function startRelay(settings: RelaySettings, logTo?: Log): Promise<RunningRelay> {
  const log = logTo ?? pino({ level: settings.logLevel, base: { service: 'relay' } });
  const pool = connect(settings.databaseUrl, 'kosh_projector', {
    max: CONNECTIONS_MAX,
    statementTimeoutMs: STATEMENT_MS,
    applicationName: 'kosh-relay',
  });
  const metrics = new Metrics(pool, settings.kafka.topic);
  const { databaseUrl, kafka, checkpointTopic } = settings;
  const topic = { brokers: kafka.brokers, topic: checkpointTopic };
  const notary = await startNotary({
    databaseUrl,
    notary: settings.notary,
    topic,
    metrics: metrics.notary,
    log,
  }).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const server = settings.port === undefined ? undefined : healthServer(metrics);
  const url = server && (await listen(server, settings.host, settings.port ?? 0));
  const stopping = new AbortController();
  let ended = false;
  const done = runRelay({
    pool,
    kafka,
    signal: stopping.signal,
    log,
    onState: (state) => {
      metrics.onState(state);
    },
    onPublished: (messages) => {
      metrics.onPublished(messages);
    },
  }).finally(() => {
    ended = true;
  });
  done.catch((error: unknown) => {
    log.warn({ err: error }, 'The relay has ended: its settings must be changed.');
  });
  const close = async () => {
    stopping.abort();
    await Promise.allSettled([done, notary.close()]);
    server?.close();
    server?.closeAllConnections();
    await pool.end();
  };
  return { url, notary: notary.state, state: () => (ended ? 'ended' : metrics.state), done, close };
}
