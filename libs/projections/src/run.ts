import type pg from 'pg';
import { pause, type Published, readEventsOf, type Source } from '#event-store';
import { type Projection, schemaOf } from './projection.js';
import { Rows } from './rows.js';
import { ensureSchema } from './schema.js';
import { Streams } from './streams.js';
import { write } from './tables.js';
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
 * the tables when they are missing, and goes on by itself after a rebuild. Returns when aborted. Throws when the
 * source or the database fails, or an event is not known: nothing is skipped, and to call it again is safe.
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
    onProgress?.({ name: projection.name, position: cursor.position, events: 0 });
    for await (const events of source.follow(cursor.position, turn.signal)) {
      for (let from = 0; from < events.length; from += BATCH_MAX) {
        const batch = events.slice(from, from + BATCH_MAX);
        cursor = await apply(turn.client, projection, batch, cursor);
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

/** The cursor first: whoever is fenced stops there, before it has locked or read anything. */
async function apply(
  client: pg.PoolClient,
  projection: Projection,
  batch: readonly Published[],
  cursor: Cursor,
): Promise<Cursor> {
  const first = batch[0]?.position;
  if (first !== cursor.position + 1) {
    throw new Error(`${projection.name} is at ${cursor.position}, but its source went on with ${first}.`);
  }
  return transaction(client, async () => {
    const moved = await moveCursor(client, projection.name, cursor, lastOf(batch));
    await foldInto(client, schemaOf(projection), projection, batch);
    return moved;
  });
}

/** Folds a batch in memory, over what the log says of its streams before, and writes what that changed. */
export async function foldInto(
  client: pg.PoolClient,
  schema: string,
  projection: Projection,
  batch: readonly Published[],
): Promise<void> {
  const streams = new Streams(projection);
  for (const event of await pastOf(client, batch, streams)) streams.recall(event);
  const rows = new Rows();
  for (const event of batch) streams.fold(event, rows);
  await write(client, schema, projection.tables, rows);
}

/** The events, before the batch, of the streams that go on in it. */
async function pastOf(
  client: pg.PoolClient,
  batch: readonly Published[],
  streams: Streams,
): Promise<readonly Published[]> {
  const read = batch.filter(({ stream }) => streams.folds(stream));
  const opened = new Set(read.filter(({ version }) => version === 1).map(({ stream }) => stream));
  const resumed = new Set(read.map(({ stream }) => stream).filter((stream) => !opened.has(stream)));
  if (resumed.size === 0) return [];
  const before = (batch[0]?.position ?? 1) - 1;
  return readEventsOf(client, [...resumed], before);
}

function lastOf(batch: readonly Published[]): Published {
  const last = batch.at(-1);
  if (!last) throw new Error('A source gave an empty batch.');
  return last;
}
