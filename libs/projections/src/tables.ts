import type pg from 'pg';
import { encode, entries, sqlType } from './columns.js';
import { Copy } from './copy.js';
import { folding } from './fold-failed.js';
import type { Projection, Row, Table } from './projection.js';
import type { Rows } from './rows.js';

/** Rows for which an INSERT takes fewer round trips; more of them are quicker by COPY. */
const FEW = 100;

/** Makes an empty table, without its key and indexes: those are built when it is filled. */
export async function createTable(client: pg.ClientBase, schema: string, table: Table): Promise<void> {
  const columns = entries(table).map(([name, type]) => `${name} ${sqlType(type)}`);
  await client.query(`create table ${schema}.${table.name} (${columns.join(', ')})`);
}

/** To be called in a transaction. */
export async function createKeys(client: pg.ClientBase, schema: string, table: Table): Promise<void> {
  await client.query(`alter table ${schema}.${table.name} add primary key (${table.key.join(', ')})`);
  for (const index of table.indexes ?? []) {
    await client.query(`create index on ${schema}.${table.name} ${index}`);
  }
  // A tenth of the usual sample is enough for sums, and takes a tenth of the time.
  await client.query('set local default_statistics_target = 10');
  await client.query(`analyze ${schema}.${table.name}`);
}

/**
 * Writes what folding a batch has left, one statement per table and way of writing. Throws `FoldFailed` where a row
 * cannot be made.
 */
export async function write(
  client: pg.ClientBase,
  schema: string,
  { name, tables }: Pick<Projection, 'name' | 'tables'>,
  rows: Rows,
): Promise<void> {
  for (const table of tables) {
    const others = Object.keys(table.columns).filter((column) => !table.key.includes(column));
    const set = others.map((column) => `${column} = excluded.${column}`);
    const upsert = `on conflict (${table.key.join(', ')}) do update set ${set.join(', ')}`;
    const { put, fresh, appended, once } = rows.of(table);
    const insertAll = (some: readonly Row[], onConflict: string) => {
      const values = folding(name, undefined, () => byColumn(table, some));
      return insert(client, schema, table, values, onConflict);
    };
    const made = folding(name, undefined, () => Array.from(put, ([key, make]) => [key, make()] as const));
    const added = [...made.filter(([key]) => fresh.has(key)).map(([, row]) => row), ...appended];
    const replaced = made.filter(([key]) => !fresh.has(key)).map(([, row]) => row);
    await insertAll(replaced, upsert);
    if (added.length <= FEW) await insertAll(added, '');
    else await folding(name, undefined, () => copyOf(table, added)).send(client, schema);
    await insertAll([...once.values()], 'on conflict do nothing');
  }
}

function copyOf(table: Table, rows: readonly Row[]): Copy {
  const copy = new Copy(table);
  for (const row of rows) copy.add(row);
  return copy;
}

type Columns = readonly (readonly (string | null)[])[];

/** The values of each column, as Postgres reads them. */
function byColumn(table: Table, rows: readonly Row[]): Columns {
  return entries(table).map(([name, type]) => rows.map((row) => encode(type, row[name])));
}

async function insert(
  client: pg.ClientBase,
  schema: string,
  table: Table,
  values: Columns,
  onConflict: string,
): Promise<void> {
  if (values[0]?.length === 0) return;
  const columns = entries(table);
  const types = columns.map(([, type]) => `${sqlType(type)}[]`);
  await client.query(
    `insert into ${schema}.${table.name} (${columns.map(([name]) => name).join(', ')})
     select * from unnest(${casts(types)}) ${onConflict}`,
    [...values],
  );
}

/** The object of a `json` column. */
export function stored<T>(text: string): T {
  // A projection wrote the column from this very type.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as T;
}

function casts(types: readonly string[]): string {
  return types.map((type, i) => `$${i + 1}::${type}`).join(', ');
}
