import type pg from 'pg';
import { canonical } from '#event-store';
import { FoldFailed } from './fold-failed.js';
import type { Projection, Row, SqlType, Table } from './projection.js';
import type { Rows } from './rows.js';

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
    const { put, appended, once } = rows.of(table);
    for (const [make, onConflict] of [
      [() => Array.from(put.values(), (row) => row()), upsert],
      [() => appended, ''],
      [() => [...once.values()], 'on conflict do nothing'],
    ] as const) {
      const values = made(name, table, make);
      if (values.length > 0) await insert(client, schema, table, values, onConflict);
    }
  }
}

/** The rows by column, as Postgres reads them; none where there are no rows. */
function made(
  name: string,
  table: Table,
  make: () => readonly Row[],
): readonly (readonly (string | null)[])[] {
  try {
    const rows = make();
    if (rows.length === 0) return [];
    return entries(table).map(([column, type]) => rows.map((row) => encode(type, row[column])));
  } catch (error) {
    throw new FoldFailed(name, undefined, error);
  }
}

async function insert(
  client: pg.ClientBase,
  schema: string,
  table: Table,
  values: readonly (readonly (string | null)[])[],
  onConflict: string,
): Promise<void> {
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

export type Column = readonly [name: string, type: SqlType];

export function entries(table: Table): readonly Column[] {
  return Object.entries(table.columns);
}

function casts(types: readonly string[]): string {
  return types.map((type, i) => `$${i + 1}::${type}`).join(', ');
}

function sqlType(type: SqlType): string {
  return type === 'json' ? 'text' : type;
}

/** The value of a column as Postgres reads it. */
export function encode(type: SqlType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && type !== 'json' ? value : canonical(value);
}
