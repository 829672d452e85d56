import type pg from 'pg';
import { pause, type Published, type Source } from '#event-store';
import { isOfTheEvent } from './fold-failed.js';
import { foldInto } from './fold-into.js';
import { foldApart, listParked, park, PARKED_MAX } from './parked.js';
import { type Projection, schemaOf } from './projection.js';
import { ensureSchema } from './schema.js';
import { transaction } from './transaction.js';
import { type Cursor, inTurn, moveCursor, takeCursor } from './turn.js';

/** Events of one transaction, at most. */
const BATCH_MAX = 5_000;

/**
 * After fewer events than this, so many milliseconds pass before the next are taken: a trickle then costs some hundred
 * transactions a second at most, and the report is still a fraction of a tenth of a second behind.
 */
const TRICKLE = 500;
const GATHER_MS = 5;

/** Told after every batch, and with no events when this process becomes the active one. */
export type Progress = Readonly<{ name: string; position: number; events: number }>;

export type RunOptions = Readonly<{
  projection: Projection;
  /** With the rights of `kosh_projector`. One of its connections is held all the time. */
  pool: pg.Pool;
  source: Source;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}>;

/**
 * Keeps a read model up with its source, as the one active process of all that run it; the others stand by. Makes
 * the tables when they are missing, and goes on by itself after a rebuild. A stream with an event that cannot be folded
 * is parked from there on, in order, until it is released; the others flow. Returns when aborted. Throws when the source
 * or the database fails, an event is not known, or more streams than `PARKED_MAX` would be parked: nothing is skipped,
 * and to call it again is safe.
 */
export async function runProjection({
  projection,
  pool,
  source,
  signal,
  onProgress,
}: RunOptions): Promise<void> {
  await inTurn(pool, projection.name, signal, async (turn) => {
    let cursor = await transaction(turn.client, () => takeOver(turn.client, projection));
    const parked = new Set((await listParked(turn.client, projection.name)).map(({ stream }) => stream));
    onProgress?.({ name: projection.name, position: cursor.position, events: 0 });
    for await (const events of source.follow(cursor.position, turn.signal)) {
      for (let from = 0; from < events.length; from += BATCH_MAX) {
        const batch = events.slice(from, from + BATCH_MAX);
        cursor = await apply(turn.client, projection, batch, cursor, parked);
        onProgress?.({ name: projection.name, position: cursor.position, events: batch.length });
      }
      if (events.length < TRICKLE) await pause(GATHER_MS, turn.signal);
    }
  });
}

async function takeOver(client: pg.ClientBase, projection: Projection): Promise<Cursor> {
  const cursor = await takeCursor(client, projection.name);
  const made = await ensureSchema(client, projection);
  if (!made || cursor.position === 0) return cursor;
  // Someone dropped the tables: they are filled again from the start.
  await client.query('update reading.cursors set position = 0, recorded_at = null where name = $1', [
    projection.name,
  ]);
  return { ...cursor, position: 0 };
}

/**
 * The cursor first: whoever is fenced stops there, before it has locked or read anything. What cannot be folded is
 * looked for only when the batch as a whole could not be.
 */
async function apply(
  client: pg.PoolClient,
  projection: Projection,
  batch: readonly Published[],
  cursor: Cursor,
  parked: Set<string>,
): Promise<Cursor> {
  const first = batch[0]?.position;
  if (first !== cursor.position + 1) {
    throw new Error(`${projection.name} is at ${cursor.position}, but its source went on with ${first}.`);
  }
  const flowing = parked.size === 0 ? batch : batch.filter(({ stream }) => !parked.has(stream));
  const begun = async () => {
    const moved = await moveCursor(client, projection.name, cursor, lastOf(batch));
    if (parked.size > 0)
      await park(
        client,
        projection,
        batch.filter(({ stream }) => parked.has(stream)),
      );
    return moved;
  };
  try {
    return await transaction(client, async () => {
      const moved = await begun();
      await foldInto(client, schemaOf(projection), projection, flowing);
      return moved;
    });
  } catch (error) {
    if (!isOfTheEvent(error)) throw error;
    return transaction(client, async () => {
      const moved = await begun();
      const more = await foldApart(client, projection, flowing);
      if (parked.size + more.length > PARKED_MAX) {
        throw new Error(`More than ${PARKED_MAX} files cannot be folded: ${projection.name} is at fault.`, {
          cause: error,
        });
      }
      for (const stream of more) parked.add(stream);
      return moved;
    });
  }
}

function lastOf(batch: readonly Published[]): Published {
  const last = batch.at(-1);
  if (!last) throw new Error('A source gave an empty batch.');
  return last;
}
