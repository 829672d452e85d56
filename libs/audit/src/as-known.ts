import type { Pool } from 'pg';
import { head, positionAt, readPage } from '#event-store';
import { KnownAtInvalid, KnownAtNotSettled } from '#projections';

/** How far into the log a replay goes, and when that was recorded; null at position 0. */
export type AsKnown = Readonly<{ position: number; recordedAt: string | null }>;

/** As the reports take `knownAt`, but by the log alone: no read model has to have come so far. */
export async function asKnown(pool: Pool, knownAt?: string): Promise<AsKnown> {
  const end = await head(pool);
  const position = knownAt === undefined ? end.position : await positionOf(pool, knownAt, end);
  const [last] = position === 0 ? [] : await readPage(pool, position - 1, 1);
  return { position, recordedAt: last?.recordedAt ?? null };
}

async function positionOf(pool: Pool, knownAt: string, end: AsKnown): Promise<number> {
  if (/^\d{1,15}$/.test(knownAt)) {
    if (Number(knownAt) > end.position) throw new KnownAtNotSettled(end.position, end.recordedAt);
    return Number(knownAt);
  }
  const moment = /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(knownAt) ? Date.parse(knownAt) : NaN;
  if (Number.isNaN(moment)) throw new KnownAtInvalid();
  if (moment > Date.parse(end.recordedAt ?? '')) throw new KnownAtNotSettled(end.position, end.recordedAt);
  return positionAt(pool, new Date(moment).toISOString());
}
