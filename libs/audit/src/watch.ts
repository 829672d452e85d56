import type { Pool } from 'pg';
import { type HashedRow, pause } from '#event-store';
import {
  CheckpointFolder,
  type Epoch,
  type Fault,
  type FirstBad,
  LogCheck,
  NotProven,
  type PublicKey,
} from './offline/verify-offline.js';
import { advance, alteredSeals, endOf, missingEnd, notedHistory, remembered } from './verify-log.js';

/** What the verification in the background has found so far. */
export type Watched = Readonly<{
  /** How far the pass under way has come, and how far it will go. */
  position: number;
  upTo: number;
  /** The last pass that came to its end and found everything good. */
  full: Readonly<{ position: number; at: string }> | undefined;
  /** Stands until a pass from the start finds everything good. */
  firstBad: FirstBad | undefined;
  /** Of the checkpoints beside which the log was held. */
  faults: readonly Fault[];
}>;

export type WatchOptions = Readonly<{
  /** With the rights of `kosh_api`: it only reads. One connection is enough. */
  pool: Pool;
  /** Where the checkpoints are; while there is none the chain alone is checked. */
  folder: string;
  keys: readonly PublicKey[];
  rowsPerSecond: number;
  /** From the start of one pass to the start of the next, at least. */
  passMs: number;
  /** What was known before this process began. */
  known: Pick<Watched, 'full' | 'firstBad'>;
  signal: AbortSignal;
  onWatched: (watched: Watched) => Promise<void>;
}>;

/**
 * Reads the whole log again and again, slowly, until aborted: pass after pass from position 1, each up to where the log
 * was at its start. Throws what the database throws.
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { pool, signal, passMs, onWatched } = options;
  let { full, firstBad } = options.known;
  while (!signal.aborted) {
    const rest = pause(passMs, signal);
    // The folder first: what is signed later is not missing from the log that is read now.
    const folder = checkpointsIn(options, await notedHistory(pool, options.folder));
    const reached = await remembered(pool);
    const upTo = await endOf(pool);
    const faults = folder?.faults ?? [];
    const check = new LogCheck(folder);
    const found = await pass(options, check, upTo, () =>
      onWatched({ position: check.position, upTo, full, firstBad, faults }),
    );
    if (signal.aborted) return;
    firstBad = found ?? missingEnd(check, Math.max(reached, upTo));
    if (!firstBad) full = { position: upTo, at: new Date().toISOString() };
    await onWatched({ position: firstBad ? firstBad.position - 1 : upTo, upTo, full, firstBad, faults });
    await rest;
  }
}

/** One pass. Each second's rows are read at once, and then it rests. */
async function pass(
  { pool, rowsPerSecond, signal }: WatchOptions,
  check: LogCheck,
  upTo: number,
  onSecond: () => Promise<void>,
): Promise<FirstBad | undefined> {
  for (let began = -1; check.position > began && check.position < upTo;) {
    const second = pause(1_000, signal);
    began = check.position;
    let seal: FirstBad | undefined;
    const before = async (rows: readonly HashedRow[]) => {
      seal ??= await firstAltered(pool, rows);
    };
    const bad = await advance(pool, check, Math.min(upTo, began + rowsPerSecond), { before });
    if (seal && (!bad || seal.position < bad.position)) return seal;
    if (bad) return bad;
    await onSecond();
    if (check.position < upTo) await second;
    if (signal.aborted) return undefined;
  }
  return undefined;
}

function checkpointsIn({ folder, keys }: WatchOptions, noted?: Epoch): CheckpointFolder | undefined {
  try {
    return new CheckpointFolder(folder, keys, { noted });
  } catch (error) {
    if (error instanceof NotProven) return undefined; // None is signed yet.
    throw error;
  }
}

/** The first of these events whose personal data are not the bytes that were hashed. */
async function firstAltered(pool: Pool, rows: readonly HashedRow[]): Promise<FirstBad | undefined> {
  const sealed = rows.flatMap((row) => row.sealed ?? []);
  if (sealed.length === 0) return undefined;
  const altered = new Map((await alteredSeals(pool, sealed)).map((seal) => [seal.expected, seal]));
  const row = rows.find((one) => altered.has(one.sealed ?? ''));
  const seal = altered.get(row?.sealed ?? '');
  return row && seal && { position: row.position, what: 'sealed', ...seal };
}
