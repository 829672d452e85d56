import type pg from 'pg';
import { head, readEvents } from '#event-store';
import { fill, type Filling, type FillProgress, type Target } from './fill.js';
import { foldInto } from './fold-into.js';
import type { Pace } from './pace.js';
import { type Projection, schemaOf } from './projection.js';
import { createSchema, holdTables } from './schema.js';
import { transaction } from './transaction.js';

/** New tables are put in place once they are this close behind the log. */
const CLOSE_ENOUGH = 1_000;
const BATCH = 5_000;

export type RebuildOptions = Readonly<{
  projections: readonly Projection[];
  /** With the rights of `kosh_projector`. Two of its connections are used. */
  pool: pg.Pool;
  onProgress?: (progress: FillProgress) => void;
  /** Such as `givingWay`; at full speed unless told. */
  pace?: Pace;
}>;

/**
 * Makes read models anew from one reading of the log beside the live ones, and puts them in their place. It is one
 * transaction, so a rebuild that fails leaves nothing behind. Readers do not wait; a live projector goes on from there by
 * itself, with nothing parked. Answers the position of the new tables. Throws `FoldFailed` where an event cannot be
 * folded.
 */
export async function rebuild({ projections, pool, onProgress, pace }: RebuildOptions): Promise<number> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    const targets = projections.map((projection) => ({ projection, schema: `${schemaOf(projection)}_next` }));
    const filling = { client, pool, targets, onProgress, pace };
    const position = await transaction(client, async () => {
      for (const { projection, schema } of targets) {
        await holdTables(client, projection);
        await createSchema(client, schema, projection);
      }
      return putInPlace(filling, await fillToHead(filling));
    });
    // Not before the commit: whoever still reads the old tables would have made every new reader wait.
    for (const one of projections) await client.query(`drop schema if exists ${schemaOf(one)}_old cascade`);
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
async function catchUp({ client, targets }: Filling, after: number, upTo: number): Promise<void> {
  for (let reached = after; reached < upTo;) {
    const batch = await readEvents(client, reached, Math.min(BATCH, upTo - reached));
    for (const { projection, schema } of targets) await foldInto(client, schema, projection, batch);
    reached += batch.length;
  }
}

/** Holds the cursors, folds what the live tables are ahead, and takes their names and cursors under a new epoch. */
async function putInPlace(filling: Filling, reached: number): Promise<number> {
  const { client, targets } = filling;
  let position = reached;
  for (const { projection } of targets) position = Math.max(position, await holdCursor(client, projection));
  await catchUp(filling, reached, position);
  for (const target of targets) await swap(client, target, position);
  return position;
}

/** Answers where the live tables are. */
async function holdCursor(client: pg.ClientBase, { name }: Projection): Promise<number> {
  await client.query(
    'insert into reading.cursors (name, position, epoch) values ($1, 0, 0) on conflict do nothing',
    [name],
  );
  const { rows } = await client.query<{ position: string }>(
    'select position from reading.cursors where name = $1 for update',
    [name],
  );
  return Number(rows[0]?.position);
}

async function swap(
  client: pg.ClientBase,
  { projection, schema: next }: Target,
  position: number,
): Promise<void> {
  const { name } = projection;
  const schema = schemaOf(projection);
  await client.query(`drop schema if exists ${schema}_old cascade`);
  const { rows } = await client.query<{ live: boolean }>('select to_regnamespace($1) is not null as live', [
    schema,
  ]);
  if (rows[0]?.live) await client.query(`alter schema ${schema} rename to ${schema}_old`);
  await client.query(`alter schema ${next} rename to ${schema}`);
  await client.query(
    `update reading.cursors set position = $2, epoch = epoch + 1,
       recorded_at = (select recorded_at from log.events where position = $2) where name = $1`,
    [name, position],
  );
  // The new tables have every event, so nothing of it is put aside any more.
  await client.query('delete from reading.parked where name = $1', [name]);
}
