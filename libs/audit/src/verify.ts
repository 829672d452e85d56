import type { Pool } from 'pg';
import { head, readRows, type Row } from '#event-store';
import { digest, type Projection, replayDigest } from '#projections';
import { ChainCheck, type FirstBad } from './chain-check.js';

/** A read model's digest at its own position, beside what the log gives for that position. */
export type ReadModelCheck = Readonly<{
  name: string;
  position: number;
  digest: string;
  replayed: string;
  ok: boolean;
}>;

export type VerifyReport = Readonly<{
  ok: boolean;
  /** Events found good, from position 1 on. */
  events: number;
  /** Of the last good event, in hex. Kept elsewhere, it shows later that the end of the log was cut off. */
  headHash: string;
  firstBad?: FirstBad;
  /** None where the log itself is not whole: a replay of it would prove nothing. */
  readModels: readonly ReadModelCheck[];
  seconds: number;
}>;

export type VerifyOptions = Readonly<{
  /** The read models to compare with a replay, those that were begun; none unless told. */
  projections?: readonly Projection[];
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}>;

/**
 * Recomputes the whole log as it was when this began, which others may go on writing, and names the first
 * position that is wrong. Needs the rights of `kosh_api` and two connections.
 */
export async function verify(pool: Pool, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { projections = [], onProgress, signal } = options;
  const startedAt = performance.now();
  const chain = new ChainCheck();
  const firstBad = await walk(pool, chain, options);
  const readModels: ReadModelCheck[] = [];
  for (const projection of firstBad ? [] : await begun(pool, projections)) {
    signal?.throwIfAborted();
    const live = await digest(pool, projection);
    const replayed = await replayDigest(pool, projection, live.position, ({ name, position, upTo }) =>
      onProgress?.(name, position, upTo),
    );
    const ok = live.digest === replayed.digest;
    readModels.push({ name: projection.name, ...live, replayed: replayed.digest, ok });
  }
  return {
    ok: !firstBad && readModels.every(({ ok }) => ok),
    events: chain.events,
    headHash: chain.headHash,
    ...(firstBad && { firstBad }),
    readModels,
    seconds: Math.round(performance.now() - startedAt) / 1_000,
  };
}

/** A read model has a cursor from the moment a projector begins it. */
async function begun(pool: Pool, projections: readonly Projection[]): Promise<readonly Projection[]> {
  const { rows } = await pool.query<{ name: string }>('select name from reading.cursors');
  const names = new Set(rows.map(({ name }) => name));
  return projections.filter(({ name }) => names.has(name));
}

async function walk(pool: Pool, chain: ChainCheck, options: VerifyOptions): Promise<FirstBad | undefined> {
  const reached = await remembered(pool);
  const { position: upTo } = await head(pool);
  for await (const rows of readRows(pool, { upTo })) {
    options.signal?.throwIfAborted();
    const altered = await alteredSeals(pool, rows);
    for (const row of rows) {
      const bad = chain.next(row, altered.get(row.sealed?.toString('hex') ?? ''));
      if (bad) return bad;
    }
    options.onProgress?.('log', chain.events, upTo);
  }
  if (upTo >= reached) return undefined;
  const position = upTo + 1;
  const expected = position === reached ? `${position}` : `${position} to ${reached}`;
  return { position, what: 'position', expected, found: 'the end of the log' };
}

/** How far the log has come once, as cursors and the receipts of commands say: it cannot be shorter now. */
async function remembered(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ position: string }>(
    `select coalesce(max(position), 0) as position from (
       select position from reading.cursors union all
       select position from road.relay union all
       select last_position from log.keys) as known (position)`,
  );
  return Number(rows[0]?.position);
}

/** Of the sealed bytes that are still there, those that were altered: their hash now, by their hash then. */
async function alteredSeals(pool: Pool, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  const hashes = rows.flatMap(({ sealed }) => sealed ?? []);
  if (hashes.length === 0) return new Map();
  const { rows: altered } = await pool.query<{ expected: string; found: string }>({
    name: 'altered-seals',
    text: `select encode(hash, 'hex') as expected, encode(sha256(bytes), 'hex') as found
             from vault.sealed where hash = any($1) and hash <> sha256(bytes)`,
    values: [hashes],
  });
  return new Map(altered.map(({ expected, found }) => [expected, found]));
}
