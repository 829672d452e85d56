import type pg from 'pg';
import { type Published, readEventsOf } from '#event-store';
import { isOfTheEvent } from './fold-failed.js';
import { foldInto } from './fold-into.js';
import { type Projection, schemaOf } from './projection.js';
import { holdTables } from './schema.js';
import { transaction } from './transaction.js';

/**
 * Streams of one read model that may be parked at a time. Where there would be more, the fault is not in the files:
 * the read model stops, and says so.
 */
export const PARKED_MAX = 100;

/** A stream that a read model has put aside, from an event on that it could not fold. */
export type Parked = Readonly<{
  /** The read model. */
  name: string;
  stream: string;
  /** Of the first event that is put aside. */
  version: number;
  position: number;
  /** How many are, the first and all after it. */
  events: number;
  reason: string;
  /** RFC 3339. */
  since: string;
}>;

/** What is parked, the longest first. */
export async function listParked(db: pg.Pool | pg.ClientBase, name?: string): Promise<readonly Parked[]> {
  const { rows } = await db.query<{
    name: string;
    stream: string;
    version: number;
    position: string;
    events: string;
    reason: string | null;
    since: Date;
  }>(
    `select name, stream, min(version) as version, min(position) as position, count(*) as events,
            min(reason) as reason, min(parked_at) as since
       from reading.parked where $1::text is null or name = $1
      group by name, stream order by min(parked_at), name, stream`,
    [name ?? null],
  );
  return rows.map(({ position, events, reason, since, ...row }) => ({
    ...row,
    position: Number(position),
    events: Number(events),
    reason: reason ?? '',
    since: since.toISOString(),
  }));
}

/** How many streams each read model has parked; those with none are left out. */
export async function parkedStreams(pool: pg.Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ name: string; streams: string }>(
    'select name, count(distinct stream) as streams from reading.parked group by name order by name',
  );
  return new Map(rows.map(({ name, streams }) => [name, Number(streams)]));
}

/** Puts events of one stream aside; the first of a stream gives the reason. */
export async function park(
  client: pg.ClientBase,
  { name }: Pick<Projection, 'name'>,
  events: readonly Published[],
  reason?: string,
): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `insert into reading.parked (name, stream, version, position, reason)
     select $1, e.stream, e.version, e.position, case when e.nth = 1 then $5 end
       from unnest($2::text[], $3::int[], $4::bigint[]) with ordinality as e (stream, version, position, nth)`,
    [
      name,
      events.map(({ stream }) => stream),
      events.map(({ version }) => version),
      events.map(({ position }) => position),
      reason ?? null,
    ],
  );
}

export type Released = Readonly<{ stream: string; ok: boolean; reason?: string }>;

/**
 * Folds what is parked of a stream, or of all, with the code that runs here, and lets it flow again; what still
 * cannot be folded stays parked. The cursor is held meanwhile and passes to a new epoch, so that a live projector
 * waits, and then looks again at what is parked. Tables that only spare work are emptied: rows have come to positions
 * that they had summed up. The pool needs the rights of `kosh_projector`.
 */
export async function release(
  pool: pg.Pool,
  projection: Projection,
  stream?: string,
): Promise<readonly Released[]> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    return await transaction(client, async () => {
      await holdTables(client, projection);
      await client.query('update reading.cursors set epoch = epoch + 1 where name = $1', [projection.name]);
      const wanted = await listParked(client, projection.name);
      const released: Released[] = [];
      for (const one of wanted) {
        if (stream === undefined || one.stream === stream)
          released.push(await releaseOne(client, projection, one));
      }
      for (const table of projection.aside ?? []) {
        await client.query(`delete from ${schemaOf(projection)}.${table.name}`);
      }
      return released;
    });
  } finally {
    client.release(true);
  }
}

async function releaseOne(client: pg.PoolClient, projection: Projection, parked: Parked): Promise<Released> {
  const { name, stream, version } = parked;
  const { rows } = await client.query<{ last: string }>(
    'select max(position) as last from reading.parked where name = $1 and stream = $2',
    [name, stream],
  );
  const all = await readEventsOf(client, [stream], Number(rows[0]?.last));
  const failure = await inSavepoint(client, () =>
    foldInto(client, schemaOf(projection), projection, all.slice(version - 1)),
  );
  if (failure) return { stream, ok: false, reason: failure.message };
  await client.query('delete from reading.parked where name = $1 and stream = $2', [name, stream]);
  return { stream, ok: true };
}

/**
 * Folds each stream of a batch by itself, and parks those that cannot be folded from the event on that cannot be.
 * Answers the streams that were parked. To be called in a transaction.
 */
export async function foldApart(
  client: pg.PoolClient,
  projection: Projection,
  batch: readonly Published[],
): Promise<readonly string[]> {
  const streams = new Map<string, Published[]>();
  for (const event of batch) {
    const events = streams.get(event.stream);
    if (events) events.push(event);
    else streams.set(event.stream, [event]);
  }
  const parked: string[] = [];
  for (const [stream, events] of streams) {
    const whole = await inSavepoint(client, () => foldInto(client, schemaOf(projection), projection, events));
    if (!whole) continue;
    const { at, reason } = await foldAsFarAsPossible(client, projection, events);
    if (at === events.length) continue;
    await park(client, projection, events.slice(at), reason);
    parked.push(stream);
  }
  return parked;
}

/** Event by event, to the first that cannot be folded. */
async function foldAsFarAsPossible(
  client: pg.PoolClient,
  projection: Projection,
  events: readonly Published[],
): Promise<{ at: number; reason?: string }> {
  for (const [at, event] of events.entries()) {
    const failure = await inSavepoint(client, () =>
      foldInto(client, schemaOf(projection), projection, [event]),
    );
    if (failure) return { at, reason: failure.message };
  }
  return { at: events.length };
}

/** Nothing of `work` is left where it fails because of an event, and the failure is answered. Throws any other. */
async function inSavepoint(client: pg.ClientBase, work: () => Promise<void>): Promise<Error | undefined> {
  await client.query('savepoint one');
  try {
    await work();
    await client.query('release savepoint one');
    return undefined;
  } catch (error) {
    if (!isOfTheEvent(error) || !(error instanceof Error)) throw error;
    await client.query('rollback to savepoint one');
    return error;
  }
}
