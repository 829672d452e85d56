import type pg from 'pg';
import { head, readEvents } from '#event-store';
import { fill, type Filling, type FillProgress } from './fill.js';
import { foldInto } from './fold-into.js';
import type { Pace } from './pace.js';
import { type Projection, schemaOf } from './projection.js';
import { createSchema, holdTables } from './schema.js';
import { transaction } from './transaction.js';

/** New tables are put in place once they are this close behind the log. */
const CLOSE_ENOUGH = 1_000;
const BATCH = 5_000;

export type RebuildOptions = Readonly<{
  projection: Projection;
  /** With the rights of `kosh_projector`. Two of its connections are used. */
  pool: pg.Pool;
  onProgress?: (progress: FillProgress) => void;
  /** Such as `givingWay`; at full speed unless told. */
  pace?: Pace;
}>;

/**
 * Makes a read model anew from the log beside the live one, and puts it in its place. It is one transaction, so a
 * rebuild that fails leaves nothing behind. Readers do not wait; a live projector goes on from there by itself, with
 * nothing parked. Answers the position of the new tables. Throws `FoldFailed` where an event cannot be folded.
 */
export async function rebuild({ projection, pool, onProgress, pace }: RebuildOptions): Promise<number> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    const filling = { client, pool, projection, schema: `${schemaOf(projection)}_next`, onProgress, pace };
    const position = await transaction(client, async () => {
      await holdTables(client, projection);
      await createSchema(client, filling.schema, projection);
      return swap(filling, await fillToHead(filling));
    });
    // Not before the commit: whoever still reads the old tables would have made every new reader wait.
    await client.query(`drop schema if exists ${schemaOf(projection)}_old cascade`);
    return position;
  } finally {
    client.release(true);
  }
}

/** Nobody can write as fast as this reads, so it comes close. */
async function fillToHead(filling: Filling): Promise<number> {
  let reached = (await head(filling.pool)).position;
  await fill(filling, reached);
  for (;;) {
    const { position } = await head(filling.pool);
    if (position - reached <= CLOSE_ENOUGH) return reached;
    await catchUp(filling, reached, position);
    reached = position;
  }
}

/** Folds what is missing up to a position, as a live projector does. */
async function catchUp({ client, projection, schema }: Filling, after: number, upTo: number): Promise<void> {
  for (let reached = after; reached < upTo;) {
    const batch = await readEvents(client, reached, Math.min(BATCH, upTo - reached));
    await foldInto(client, schema, projection, batch);
    reached += batch.length;
  }
}

/** Holds the cursor, folds what the live tables are ahead, and takes their name and their cursor under a new epoch. */
async function swap(filling: Filling, reached: number): Promise<number> {
  const { client, projection } = filling;
  const schema = schemaOf(projection);
  await client.query(
    'insert into reading.cursors (name, position, epoch) values ($1, 0, 0) on conflict do nothing',
    [projection.name],
  );
  const { rows } = await client.query<{ position: string; live: boolean }>(
    `select position, to_regnamespace($2) is not null as live from reading.cursors where name = $1 for update`,
    [projection.name, schema],
  );
  const position = Math.max(reached, Number(rows[0]?.position));
  await catchUp(filling, reached, position);
  if (rows[0]?.live) {
    await client.query(`drop schema if exists ${schema}_old cascade`);
    await client.query(`alter schema ${schema} rename to ${schema}_old`);
  }
  await client.query(`alter schema ${filling.schema} rename to ${schema}`);
  await client.query(
    `update reading.cursors set position = $2, epoch = epoch + 1,
       recorded_at = (select recorded_at from log.events where position = $2) where name = $1`,
    [projection.name, position],
  );
  // The new tables have every event, so nothing of it is put aside any more.
  await client.query('delete from reading.parked where name = $1', [projection.name]);
  return position;
}
