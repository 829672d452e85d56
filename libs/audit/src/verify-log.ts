import type { Pool } from 'pg';
import { type Db, head, type HashedRow, historyOf, readLeaves, readPage } from '#event-store';
import { isNoted } from './checkpoint-files.js';
import {
  type Checkpoint,
  CheckpointFolder,
  type Epoch,
  type FirstBad,
  LogCheck,
  type OfflineReport,
  type PublicKey,
} from './offline/verify-offline.js';
import { treeAt } from './tree-nodes.js';

/** Rows that are asked for at once where a read has failed, to find the first that cannot be read. */
const CAREFUL = 1_000;

export type LogOptions = Readonly<{
  /** Where signed checkpoints are kept, and who may have signed them. Without, the chain alone is checked. */
  checkpoints?: Readonly<{ folder: string; keys: readonly PublicKey[] }> | undefined;
  /** Verified before: events that it covers are not read again, if what is kept of the tree gives its root. */
  since?: Checkpoint | undefined;
  /** Told after each batch how far it is. */
  onProgress?: ((position: number, upTo: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}>;

export type LogReport = Readonly<{
  /** Events found good, those before `readFrom` among them. */
  events: number;
  /** Of the last good event, in hex. Kept elsewhere, it shows later that the end of the log was cut off. */
  headHash: string;
  /** The first event that was read: 1, or the first that the checkpoint verified before does not cover. */
  readFrom: number;
  firstBad?: FirstBad;
  /** Null where none were given. */
  checkpoints: OfflineReport['checkpoints'];
}>;

/**
 * Recomputes the log as it was when this began, which others may go on writing, and names the first position that is
 * wrong. Needs the rights of `kosh_api` and two connections. Throws `NotProven` where a folder holds no checkpoint.
 */
export async function verifyLog(pool: Pool, options: LogOptions = {}): Promise<LogReport> {
  const { checkpoints, since } = options;
  // The folder first: what is signed later is not missing from the log that is read now.
  const noted = checkpoints && (await notedHistory(pool, checkpoints.folder));
  const folder = checkpoints && new CheckpointFolder(checkpoints.folder, checkpoints.keys, { noted });
  const tree = since && (await treeAt(pool, since));
  const check = new LogCheck(folder, since && tree && { checkpoint: since, tree });
  const readFrom = check.position + 1;
  const [walked, seals] = await Promise.allSettled([walk(pool, check, options), firstAlteredSeal(pool)]);
  const inLog = valueOf(walked);
  const seal = inLog && seals.status === 'rejected' ? undefined : valueOf(seals);
  const firstBad = seal && (!inLog || seal.position < inLog.position) ? seal : inLog;
  return {
    events: firstBad ? firstBad.position - 1 : check.position,
    headHash: firstBad === seal && seal ? await hashBefore(pool, seal.position) : check.hash.toString('hex'),
    readFrom,
    ...(firstBad && { firstBad }),
    checkpoints: check.compared(),
  };
}

async function walk(pool: Pool, check: LogCheck, options: LogOptions): Promise<FirstBad | undefined> {
  const { signal, onProgress } = options;
  const reached = await remembered(pool);
  const upTo = await endOf(pool);
  const versions = new Versions(pool, check);
  const bad = await advance(pool, check, upTo, {
    async before(rows) {
      signal?.throwIfAborted();
      await versions.before(rows);
    },
    after: () => onProgress?.(check.position, upTo),
  });
  return bad ?? missingEnd(check, reached);
}

/**
 * Takes a check on, from where it is up to a position, or to what is wrong before that. Where the server cannot read
 * on it is asked for smaller and smaller pieces, up to the first row that it cannot read. `told` hears of each batch
 * before it is checked and after it was found good.
 */
export async function advance(
  pool: Pool,
  check: LogCheck,
  upTo: number,
  told: Readonly<{ before?: (rows: readonly HashedRow[]) => Promise<void>; after?: () => void }>,
): Promise<FirstBad | undefined> {
  const read = async (to: number) => {
    for await (const rows of readLeaves(pool, { after: check.position, upTo: to })) {
      await told.before?.(rows);
      for (const row of rows) {
        const bad = check.next(row, row.leaf);
        if (bad) return bad;
      }
      told.after?.();
    }
    return undefined;
  };
  for (let piece = Number.MAX_SAFE_INTEGER; ;) {
    const before = check.position;
    try {
      const bad = await read(Math.min(upTo, before + piece));
      if (bad || check.position === before || check.position >= upTo) return bad;
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (check.position > before) continue;
      const found = error instanceof Error ? error.message : String(error);
      if (piece === 1) return { position: before + 1, what: 'unreadable', expected: 'a row', found };
      piece = Math.min(CAREFUL, piece / 10);
    }
  }
}

/** What is missing after the last row: what is signed, or what the database itself remembers to have had. */
export function missingEnd(check: LogCheck, reached: number): FirstBad | undefined {
  const cut = check.end();
  if (cut || check.position >= reached) return cut;
  const position = check.position + 1;
  const expected = position === reached ? `${position}` : `${position} to ${reached}`;
  return { position, what: 'position', expected, found: 'the end of the log' };
}

/** The versions before a check that begins later, which are asked for as streams turn up. */
class Versions {
  private readonly start: number;
  private readonly known = new Set<string>();

  constructor(
    private readonly pool: Pool,
    private readonly check: LogCheck,
  ) {
    this.start = check.position;
  }

  async before(rows: readonly HashedRow[]): Promise<void> {
    if (this.start === 0) return;
    const asked = [...new Set(rows.map(({ stream }) => stream))].filter((stream) => !this.known.has(stream));
    if (asked.length === 0) return;
    const { rows: found } = await this.pool.query<{ stream: string; version: number }>(
      `select stream, max(version) as version from log.events where stream = any($1) and position <= $2 group by stream`,
      [asked, this.start],
    );
    for (const { stream, version } of found) this.check.knows(stream, version);
    for (const stream of asked) this.known.add(stream);
  }
}

/** The history of the log, where the folder has a note that it is meant: it may have no signature yet. */
export async function notedHistory(pool: Pool, folder: string): Promise<Epoch | undefined> {
  const history = await historyOf(pool);
  return (await isNoted(folder, history)) ? history : undefined;
}

/** The last position; beyond all if the server cannot read it. */
export async function endOf(pool: Pool): Promise<number> {
  try {
    return (await head(pool)).position;
  } catch (error) {
    if (isDamage(error)) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}

/** How far the log has come once, as cursors and the receipts of commands say: it cannot be shorter now. */
export async function remembered(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ position: string }>(
    `select coalesce(max(position), 0) as position from (
       select position from reading.cursors union all
       select position from road.relay union all
       select last_position from log.keys) as known (position)`,
  );
  return Number(rows[0]?.position);
}

/** The first event whose personal data, where they are still there, are not the bytes that were hashed. */
export async function firstAlteredSeal(db: Db): Promise<FirstBad | undefined> {
  const altered = await alteredSeals(db);
  if (altered.length === 0) return undefined;
  const { rows } = await db.query<{ position: string; sealed: string }>(
    `select position, encode(sealed, 'hex') as sealed from log.events where encode(sealed, 'hex') = any($1)
      order by position limit 1`,
    [altered.map(({ expected }) => expected)],
  );
  const [first] = rows;
  const seal = altered.find(({ expected }) => expected === first?.sealed);
  return first && seal && { position: Number(first.position), what: 'sealed', ...seal };
}

/** Of all sealed bytes, or of those with these hashes in hex: the hash then and now of what was altered. */
export async function alteredSeals(
  db: Db,
  hashes?: readonly string[],
): Promise<readonly Readonly<{ expected: string; found: string }>[]> {
  const { rows } = await db.query<{ expected: string; found: string }>(
    `select encode(hash, 'hex') as expected, encode(sha256(bytes), 'hex') as found
       from vault.sealed
      where hash <> sha256(bytes) ${hashes ? 'and hash = any($1)' : ''}`,
    hashes ? [hashes.map((hash) => Buffer.from(hash, 'hex'))] : [],
  );
  return rows;
}

async function hashBefore(pool: Pool, position: number): Promise<string> {
  const [row] = position > 1 ? await readPage(pool, position - 2, 1) : [];
  return row?.hash.toString('hex') ?? Buffer.alloc(32).toString('hex');
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** Whether it is the data that the server complains of: damaged (XX), not to be read from disk (58), no value (22). */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(XX|58|22)/.test(String(error.code));
}
