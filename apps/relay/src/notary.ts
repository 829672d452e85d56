import { Registry } from 'prom-client';
import { type NotaryState, runNotary } from '#audit';
import { connect } from '#event-store';
import { CheckpointTopic, type Log } from '#kafka';
import { loadCheckpointKey } from '#vault';
import { NotaryMetrics } from './notary-metrics.js';
import type { NotarySettings } from './notary-settings.js';

/** One for the turn, the others for what it writes and reads. */
const CONNECTIONS_MAX = 3;
const STATEMENT_MS = 5_000;
const EVERY = { events: 1_000, ms: 60_000 };
const POLL_MS = 1_000;
/** A log that is read in less begins again after so long. */
const PASS_MS = 60_000;

export type RunningNotary = Readonly<{
  state: () => NotaryState;
  /** Signs what came last, at most 6 s, then closes what was opened. */
  close: () => Promise<void>;
}>;

type NotaryParts = Readonly<{
  databaseUrl: string;
  notary: NotarySettings;
  /** The second place for checkpoints, where there is a Kafka. */
  topic?: Readonly<{ brokers: readonly string[]; topic: string }> | undefined;
  /** Its own, which nobody reads, unless given. */
  metrics?: NotaryMetrics;
  log: Log;
  /** Other than what production has, for specs. */
  pace?: Readonly<{ every: typeof EVERY; pollMs: number; passMs: number }>;
}>;

/**
 * Starts a notary, or a standby of the one that signs. The database must be migrated. Throws `UnsafeSecret` where the
 * key is none, or others can read it.
 */
export async function startNotary(parts: NotaryParts): Promise<RunningNotary> {
  const { databaseUrl, notary, log } = parts;
  const metrics = parts.metrics ?? new NotaryMetrics(new Registry());
  const { every, pollMs, passMs } = parts.pace ?? { every: EVERY, pollMs: POLL_MS, passMs: PASS_MS };
  const seed = await loadCheckpointKey(notary.key);
  const options = { max: CONNECTIONS_MAX, applicationName: 'kosh-notary' };
  const pool = connect(databaseUrl, 'kosh_projector', { ...options, statementTimeoutMs: STATEMENT_MS });
  // To read the whole log takes as long as it takes.
  const reader = connect(databaseUrl, 'kosh_api', options);
  const topic = parts.topic && new CheckpointTopic(parts.topic, log);
  const stopping = new AbortController();
  const done = runNotary({
    pool,
    reader,
    folder: notary.folder,
    seed,
    every,
    pollMs,
    verify: { rowsPerSecond: notary.rowsPerSecond, passMs },
    publish:
      topic && ((signed) => topic.send(signed.map(({ checkpoint, note }) => ({ ...checkpoint, note })))),
    signal: stopping.signal,
    log,
    ...metrics.told,
  });
  return {
    state: () => metrics.state,
    async close() {
      stopping.abort();
      await done;
      await topic?.close();
      await Promise.all([pool.end(), reader.end()]);
    },
  };
}
