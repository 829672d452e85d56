import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { head } from '#event-store';

/** So long it works before it looks who else does. */
const SLICE_MS = 50;
/** While others write it rests so many times as long as it worked. */
const REST = 1.5;

/** Awaited between two batches of long work, so that others come first. */
export type Pace = () => Promise<void>;

/** Long work gives way: while anyone writes to the log it rests more than it works; else it goes at full speed. */
export function givingWay(pool: pg.Pool): Pace {
  let startedAt = performance.now();
  let before: number | undefined;
  return async () => {
    const workedMs = performance.now() - startedAt;
    if (workedMs < SLICE_MS) return;
    const { position } = await head(pool);
    if (before !== undefined && position > before) await delay(workedMs * REST);
    before = position;
    startedAt = performance.now();
  };
}
