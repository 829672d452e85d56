import type { Pool } from 'pg';
import {
  digest,
  firstWrongSubtotal,
  FoldFailed,
  listParked,
  population,
  type Projection,
  replayDigest,
} from '#projections';
import { type LogOptions, type LogReport, verifyLog } from './verify-log.js';

/** A read model's digest at its own position, beside what the log gives for that position. */
export type ReadModelCheck = Readonly<{
  name: string;
  position: number;
  digest: string;
  /** Empty where the log cannot be folded to the end. */
  replayed: string;
  /** The first subtotal that is kept and is not the sum of the rows it covers. */
  wrongSubtotal?: number;
  ok: boolean;
  /** Streams that it has put aside: it lacks their last events, and is not ok, until they are released. */
  parked: readonly string[];
  /** Why the log cannot be folded to the end. */
  reason?: string;
}>;

export type VerifyReport = LogReport &
  Readonly<{
    ok: boolean;
    /** None where the log itself is not whole: a replay of it would prove nothing. */
    readModels: readonly ReadModelCheck[];
    /** What the log took, and what everything took. */
    logSeconds: number;
    seconds: number;
  }>;

export type VerifyOptions = Pick<LogOptions, 'checkpoints' | 'since' | 'signal'> &
  Readonly<{
    /** The read models to compare with a replay, those that were begun; none unless told. */
    projections?: readonly Projection[];
    onProgress?: (what: string, done: number, total: number) => void;
  }>;

/** `verifyLog`, and then each read model against a replay of the log. */
export async function verify(pool: Pool, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { projections = [], onProgress, ...rest } = options;
  const startedAt = performance.now();
  const seconds = () => Math.round(performance.now() - startedAt) / 1_000;
  const log = await verifyLog(pool, {
    ...rest,
    onProgress: (position, upTo) => onProgress?.('log', position, upTo),
  });
  const logSeconds = seconds();
  const readModels: ReadModelCheck[] = [];
  for (const projection of log.firstBad ? [] : await begun(pool, projections)) {
    options.signal?.throwIfAborted();
    readModels.push(await compared(pool, projection, onProgress));
  }
  const trusted = !log.firstBad && (log.checkpoints?.faults.length ?? 0) === 0;
  const ok = trusted && readModels.every((model) => model.ok);
  return { ok, ...log, readModels, logSeconds, seconds: seconds() };
}

async function compared(
  pool: Pool,
  projection: Projection,
  onProgress: VerifyOptions['onProgress'],
): Promise<ReadModelCheck> {
  const { name } = projection;
  const live = await digest(pool, projection);
  const parked = (await listParked(pool, name)).map(({ stream }) => stream);
  // No part of the digest, since which there are is a matter of time; and yet reports are made from them.
  const wrongSubtotal = name === population.name ? await firstWrongSubtotal(pool) : undefined;
  const found = { name, ...live, parked, ...(wrongSubtotal !== undefined && { wrongSubtotal }) };
  try {
    const { digest: replayed } = await replayDigest(pool, projection, live.position, ({ position, upTo }) =>
      onProgress?.(name, position, upTo),
    );
    const ok = live.digest === replayed && parked.length === 0 && wrongSubtotal === undefined;
    return { ...found, replayed, ok };
  } catch (error) {
    if (!(error instanceof FoldFailed)) throw error;
    return { ...found, replayed: '', ok: false, reason: error.message };
  }
}

/** A read model has a cursor from the moment a projector begins it. */
async function begun(pool: Pool, projections: readonly Projection[]): Promise<readonly Projection[]> {
  const { rows } = await pool.query<{ name: string }>('select name from reading.cursors');
  const names = new Set(rows.map(({ name }) => name));
  return projections.filter(({ name }) => names.has(name));
}
