import type pg from 'pg';
import type { Published, Source } from '#event-store';
import type { Progress } from './run.js';
import { inTurn, moveCursor, takeCursor } from './turn.js';

export type RunProcessOptions = Readonly<{
  /** A process manager. `react` may be given the same events again after a failure. */
  process: Readonly<{ name: string; react: (events: readonly Published[]) => Promise<void> }>;
  /** With the rights of `kosh_projector`. One of its connections is held all the time. */
  pool: pg.Pool;
  source: Source;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}>;

/**
 * Lets a process manager follow its source, as the one active process of all that run it; the others stand by. The
 * cursor moves after each batch. Returns when aborted; throws when the source, the database or the process fails.
 */
export async function runProcess({
  process,
  pool,
  source,
  signal,
  onProgress,
}: RunProcessOptions): Promise<void> {
  const { name, react } = process;
  await inTurn(pool, name, signal, async (turn) => {
    let cursor = await takeCursor(turn.client, name);
    onProgress?.({ name, position: cursor.position, events: 0 });
    for await (const events of source.follow(cursor.position, turn.signal)) {
      const last = events.at(-1);
      if (!last) continue;
      await react(events);
      cursor = await moveCursor(turn.client, name, cursor, last);
      onProgress?.({ name, position: cursor.position, events: events.length });
    }
  });
}
