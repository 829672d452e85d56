import type pg from 'pg';
import { pause } from '#event-store';
import { population } from './population.js';
import { schemaOf } from './projection.js';
import { holdingTables } from './schema.js';
import { transaction } from './transaction.js';

/** Positions from one subtotal to the next: a report adds the rows of so many to it, which takes some 20 ms. */
const EVERY = 50_000;
/** Of the older ones every tenth stays: a report as known long ago adds ten times as many rows. */
const KEPT = 10;
const LOOK_MS = 5_000;

export type SubtotalOptions = Readonly<{
  /** With the rights of `kosh_projector`. */
  pool: pg.Pool;
  signal: AbortSignal;
  /** Positions between two of them, 50,000 unless told. */
  every?: number;
  onMade?: (position: number) => void;
}>;

/**
 * Sums the ledger up as it grows, beside the projector and without holding it up, so that a report need not read all
 * of it. Of several processes one does it. Returns when aborted; throws what the database throws.
 */
export async function keepSubtotals({ pool, signal, every = EVERY, onMade }: SubtotalOptions): Promise<void> {
  while (!signal.aborted) {
    const made = await withClient(pool, (client) => makeSubtotal(client, every));
    if (made === undefined) await pause(LOOK_MS, signal);
    else onMade?.(made);
  }
}

/** Makes the next subtotal where one is due: answers its position, or undefined. */
async function makeSubtotal(client: pg.PoolClient, every: number): Promise<number | undefined> {
  return holdingTables(client, population, async () => {
    const schema = schemaOf(population);
    const { rows } = await client.query<{ reached: string }>(
      `select position as reached from reading.cursors where name = $1 and to_regclass($2) is not null`,
      [population.name, `${schema}.subtotals`],
    );
    const reached = Number(rows[0]?.reached ?? 0);
    if (reached < every) return undefined;
    const last = await lastOf(client, schema);
    // After a rebuild those that are kept come first, one by one: reports as known long ago are quick again too.
    const keptNext = last - (last % (KEPT * every)) + KEPT * every;
    const position = Math.min(keptNext, reached - (reached % every));
    if (position <= last) return undefined;
    // A report on a day adds up the rows of its month, so these must be quick to find. Live, this index costs little;
    // a rebuild makes the ledger without it.
    await client.query(`create index if not exists ledger_valid_on on ${schema}.ledger (valid_on)`);
    return transaction(client, async () => {
      const locked = await client.query<{ held: boolean }>(
        `select pg_try_advisory_xact_lock(hashtextextended('kosh subtotals', 0)) as held`,
      );
      if (!locked.rows[0]?.held || (await lastOf(client, schema)) !== last) return undefined;
      await sumUp(client, schema, last, position);
      await thinOut(client, schema, last, KEPT * every);
      return position;
    });
  });
}

async function lastOf(client: pg.ClientBase, schema: string): Promise<number> {
  const { rows } = await client.query<{ last: string | null }>(
    `select max(position) as last from ${schema}.subtotals`,
  );
  return Number(rows[0]?.last ?? 0);
}

/** The former subtotal and the rows since. */
async function sumUp(client: pg.ClientBase, schema: string, last: number, position: number): Promise<void> {
  const since = `from ${schema}.ledger where position > $1 and position <= $2`;
  await client.query(
    `insert into ${schema}.sums (position, by_age, span, kind, birth_year, persons)
     select $2, by_age, span, kind, birth_year, sum(persons) from (
       select by_age, span, kind, birth_year, persons from ${schema}.sums where position = $1
       union all
       select false, date_trunc('month', valid_on)::date, kind, 0, persons ${since}
       union all
       select true, date_trunc('year', valid_on)::date, kind, coalesce(birth_year, -1), persons ${since}) as parts
     group by by_age, span, kind, birth_year having sum(persons) <> 0`,
    [last, position],
  );
  await client.query(`insert into ${schema}.subtotals values ($1)`, [position]);
}

/**
 * The position of the first subtotal that is not the sum of the rows it covers; undefined where all are. It adds up the
 * ledger once: from each subtotal to the next, the sums must grow by what lies between. Needs the rights of `kosh_api`.
 */
export async function firstWrongSubtotal(pool: pg.Pool): Promise<number | undefined> {
  const schema = schemaOf(population);
  const { rows } = await withClient(pool, (client) =>
    holdingTables(client, population, () =>
      client.query<{ position: string | null }>(
        `with kept as (
           select position, lag(position, 1, 0::bigint) over (order by position) as before from ${schema}.subtotals),
         parts as (
           select position, by_age, span, kind, birth_year, persons from ${schema}.sums
           union all
           select kept.position, by_age, span, kind, birth_year, -persons
             from kept join ${schema}.sums on sums.position = kept.before
           union all
           select kept.position, by_age, date_trunc(case when by_age then 'year' else 'month' end, valid_on)::date, kind,
                  case when by_age then coalesce(birth_year, -1) else 0 end, -persons
             from kept join ${schema}.ledger on ledger.position > kept.before and ledger.position <= kept.position
                  cross join (values (true), (false)) as kinds (by_age))
         select min(position) as position from (
           select position from parts group by position, by_age, span, kind, birth_year having sum(persons) <> 0) wrong`,
      ),
    ),
  );
  const position = rows[0]?.position ?? null;
  return position === null ? undefined : Number(position);
}

async function thinOut(
  client: pg.ClientBase,
  schema: string,
  last: number,
  keptEvery: number,
): Promise<void> {
  const older = `${schema}.subtotals where position < $1 and position % $2 <> 0`;
  const values = [last, keptEvery];
  await client.query(`delete from ${schema}.sums where position in (select position from ${older})`, values);
  await client.query(`delete from ${older}`, values);
}

async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    return await work(client);
  } finally {
    client.release(true); // It may hold a lock.
  }
}
