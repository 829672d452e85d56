import { connect, LogSource } from '#event-store';
import { percentiles } from './measure.js';

/** Before anything counts: the machine code is made. */
const WARM_UP = 200;

/**
 * Follows a log from a position until it has seen so many events. Answers how long after its `recordedAt`, which is
 * taken before the commit, each was in this reader's hands. `onReady` is called when it is about to look.
 */
export async function delaysOf(
  url: string,
  after: number,
  count: number,
  onReady: () => void,
): Promise<ReturnType<typeof percentiles>> {
  const pool = connect(url, 'kosh_projector', { max: 4 });
  const stop = new AbortController();
  const delays: number[] = [];
  await pool.query('select 1');
  onReady();
  for await (const events of new LogSource(pool).follow(after, stop.signal)) {
    const now = performance.timeOrigin + performance.now();
    for (const { recordedAt } of events) delays.push(now - Date.parse(recordedAt));
    if (delays.length >= count) stop.abort();
  }
  await pool.end();
  return percentiles(delays.slice(WARM_UP));
}
