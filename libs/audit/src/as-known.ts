import type { Pool } from 'pg';
import { head, readPage } from '#event-store';
import { positionOf } from '#projections';

/** How far into the log a replay goes, and when that was recorded; null at position 0. */
export type AsKnown = Readonly<{ position: number; recordedAt: string | null }>;

/** As the reports take `knownAt`, but by the log alone: no read model has to have come so far. */
export async function asKnown(pool: Pool, knownAt?: string): Promise<AsKnown> {
  const end = await head(pool);
  const position = knownAt === undefined ? end.position : await positionOf(pool, knownAt, end);
  const [last] = position === 0 ? [] : await readPage(pool, position - 1, 1);
  return { position, recordedAt: last?.recordedAt ?? null };
}
