import type { Pool } from 'pg';
import { GENESIS, head, leaf, readPage } from '#event-store';
import {
  checkConsistency,
  checkInclusion,
  type ConsistencyProof,
  type InclusionProof,
  NotProven,
  openCheckpoint,
  type PublicKey,
} from './offline/verify-offline.js';
import { consistencyRanges, inclusionRanges } from './proof-paths.js';
import type { Signed } from './notary.js';
import { type Copy, Records } from './records.js';
import { rangeHashes } from './tree-nodes.js';

/** There is no such position in the log, or no checkpoint of that size. */
export class NothingToProve extends Error {
  override readonly name = 'NothingToProve';
}

/** The event is in the log, and no checkpoint covers it yet. */
export class NotSignedYet extends Error {
  override readonly name = 'NotSignedYet';
}

/** The log as it is now does not go with what was signed. */
export class NotAsSigned extends Error {
  override readonly name = 'NotAsSigned';
}

/**
 * That the event at a position is in the log, under the checkpoint of `size` events or the latest. O(log n) reads; the
 * proof was checked. Throws `NothingToProve`, `NotSignedYet`, `NotAsSigned`.
 */
export async function proveInclusion(
  pool: Pool,
  keys: readonly PublicKey[],
  position: number,
  size?: number,
): Promise<InclusionProof> {
  const copy = await copyOf(pool, size);
  if (position < 1 || position > copy.size) throw await uncovered(pool, position, copy.size);
  const rows = await readPage(pool, Math.max(0, position - 2), position === 1 ? 1 : 2);
  const [row, before] = [rows.at(-1), position === 1 ? undefined : rows[0]];
  const path = await rangeHashes(pool, inclusionRanges(position - 1, copy.size));
  if (row?.position !== position || !path)
    throw new NotAsSigned(`Position ${position} is signed, and incomplete.`);
  const proof = {
    position,
    hash: row.hash.toString('hex'),
    previousHash: (before?.hash ?? GENESIS).toString('hex'),
    leafHash: leaf(row).toString('hex'),
    size: copy.size,
    path: path.map((hash) => hash.toString('hex')),
    checkpoint: copy.note,
  };
  asSigned(() => checkInclusion(proof, keys));
  return proof;
}

/**
 * That the log under the checkpoint of `to` events, or the latest, begins with the one under that of `from` events.
 * As `proveInclusion`.
 */
export async function proveConsistency(
  pool: Pool,
  keys: readonly PublicKey[],
  from: number,
  to?: number,
): Promise<ConsistencyProof> {
  const [first, second] = [await copyOf(pool, from), await copyOf(pool, to)];
  if (first.size > second.size)
    throw new NothingToProve(`${first.size} events come after ${second.size}, not before.`);
  const path = await rangeHashes(pool, consistencyRanges(first.size, second.size));
  if (!path) throw new NotAsSigned(`${second.size} events are signed, and not all of them are there.`);
  const proof = {
    from: first.size,
    to: second.size,
    path: path.map((hash) => hash.toString('hex')),
    fromCheckpoint: first.note,
    toCheckpoint: second.note,
  };
  asSigned(() => checkConsistency(proof, keys));
  return proof;
}

/** A checkpoint with its note: the latest, or the one of a size. Throws as `proveInclusion`. */
export async function provenCheckpoint(
  pool: Pool,
  keys: readonly PublicKey[],
  size?: number,
): Promise<Signed> {
  return proven(await copyOf(pool, size), keys);
}

/** Those after a size, ascending, each with its note. Throws as `proveInclusion`. */
export async function provenCheckpoints(
  pool: Pool,
  keys: readonly PublicKey[],
  after: number,
  limit: number,
): Promise<readonly Signed[]> {
  return (await new Records(pool).page(after, limit)).map((copy) => proven(copy, keys));
}

/** What the database has is no proof before its signature was checked. */
function proven({ note }: Copy, keys: readonly PublicKey[]): Signed {
  return { checkpoint: asSigned(() => openCheckpoint(note, keys)), note };
}

function asSigned<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof NotProven)) throw cause;
    throw new NotAsSigned(`The log does not go with what was signed. ${cause.message}`, { cause });
  }
}

async function copyOf(pool: Pool, size: number | undefined) {
  const records = new Records(pool);
  const copy = size === undefined ? await records.latest() : await records.ofSize(size);
  if (copy) return copy;
  if (size === undefined) throw new NotSignedYet('Nothing is signed yet.');
  throw new NothingToProve(
    `There is no checkpoint of ${size} events. /v1/audit/checkpoints lists those there are.`,
  );
}

async function uncovered(pool: Pool, position: number, size: number): Promise<Error> {
  const { position: end } = await head(pool);
  const { size: signed = 0 } = (await new Records(pool).latest()) ?? {};
  if (position < 1 || position > end)
    return new NothingToProve(`There is no position ${position} in this log.`);
  return position > signed
    ? new NotSignedYet(`Position ${position} is in the log; ${signed} events are signed so far.`)
    : new NothingToProve(`The checkpoint of ${size} events does not cover position ${position}.`);
}
