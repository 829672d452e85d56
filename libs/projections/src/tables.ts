import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { canonical, moment } from '#event-store';
import type { Need, Row, SqlType, Table } from './projection.js';
import type { Rows } from './rows.js';

/** Every column as the text that Postgres sends; `decode` makes our values of it. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };
const CHUNK_CHARACTERS = 65_536;

/** Makes an empty table, without its key and indexes: those are built when it is filled. */
export async function createTable(client: pg.ClientBase, schema: string, table: Table): Promise<void> {
  const columns = entries(table).map(([name, type]) => `${name} ${sqlType(type)}`);
  await client.query(`create table ${schema}.${table.name} (${columns.join(', ')})`);
}

export async function createKeys(client: pg.ClientBase, schema: string, table: Table): Promise<void> {
  await client.query(`alter table ${schema}.${table.name} add primary key (${table.key.join(', ')})`);
  for (const index of table.indexes ?? []) {
    await client.query(`create index on ${schema}.${table.name} ${index}`);
  }
  await client.query(`analyze ${schema}.${table.name}`);
}

/** Reads the wanted rows, one statement per table. */
export async function load(
  client: pg.ClientBase,
  schema: string,
  wanted: readonly Need[],
  rows: Rows,
): Promise<void> {
  for (const table of new Set(wanted.map(([name]) => name))) {
    const needs = wanted.filter(([name]) => name === table);
    const columns = entries(table);
    const keys = table.key.map((name) => `${sqlType(typeOf(table, name))}[]`);
    const { rows: found } = await client.query<(string | null)[]>({
      text: `select ${columns.map(([name]) => name).join(', ')} from ${schema}.${table.name}
             join (select distinct * from unnest(${casts(keys)}) as k (${table.key.join(', ')})) as wanted
             using (${table.key.join(', ')})`,
      values: table.key.map((_, i) => needs.map((need) => need[i + 1])),
      rowMode: 'array',
      types: AS_TEXT,
    });
    rows.load(
      table,
      needs,
      found.map((values) => decodeRow(columns, values)),
    );
  }
}

/** Writes what a batch changed and appended, one statement per table and kind. */
export async function write(
  client: pg.ClientBase,
  schema: string,
  tables: readonly Table[],
  rows: Rows,
): Promise<void> {
  for (const table of tables) {
    const others = Object.keys(table.columns).filter((name) => !table.key.includes(name));
    const set = others.map((name) => `${name} = excluded.${name}`);
    const upsert = `on conflict (${table.key.join(', ')}) do update set ${set.join(', ')}`;
    await insert(client, schema, table, rows.changed(table), upsert);
    await insert(client, schema, table, rows.takeAppended(table), '');
  }
}

async function insert(
  client: pg.ClientBase,
  schema: string,
  table: Table,
  rows: readonly Row[],
  onConflict: string,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = entries(table);
  const types = columns.map(([, type]) => `${sqlType(type)}[]`);
  await client.query(
    `insert into ${schema}.${table.name} (${columns.map(([name]) => name).join(', ')})
     select * from unnest(${casts(types)}) ${onConflict}`,
    columns.map(([name, type]) => rows.map((row) => encode(type, row[name]))),
  );
}

/** Writes rows by COPY, the fastest way into a table. */
export async function copyIn(
  client: pg.ClientBase,
  schema: string,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = entries(table);
  const names = columns.map(([name]) => name).join(', ');
  const copy = client.query(copyFrom(`copy ${schema}.${table.name} (${names}) from stdin`));
  await pipeline(Readable.from(chunks(columns, rows)), copy);
}

function* chunks(columns: readonly Column[], rows: readonly Row[]): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += `${columns.map(([name, type]) => copyText(encode(type, row[name]))).join('\t')}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function copyText(value: string | null): string {
  return value === null
    ? '\\N'
    : value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}

/** The object of a `json` column. */
export function stored<T>(text: string): T {
  // A projection wrote the column from this very type.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as T;
}

type Column = readonly [name: string, type: SqlType];

function entries(table: Table): readonly Column[] {
  return Object.entries(table.columns);
}

function typeOf(table: Table, column: string): SqlType {
  const type = table.columns[column];
  if (type === undefined) throw new Error(`The table ${table.name} has no column ${column}.`);
  return type;
}

function casts(types: readonly string[]): string {
  return types.map((type, i) => `$${i + 1}::${type}`).join(', ');
}

function sqlType(type: SqlType): string {
  return type === 'json' ? 'text' : type;
}

function encode(type: SqlType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return type !== 'json' && typeof value === 'string' ? value : canonical(value);
}

function decodeRow(columns: readonly Column[], values: readonly (string | null)[]): Row {
  return Object.fromEntries(columns.map(([name, type], i) => [name, decode(type, values[i] ?? null)]));
}

function decode(type: SqlType, text: string | null): unknown {
  if (text === null) return null;
  switch (type) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return Number(text);
    case 'boolean':
      return text === 't';
    case 'json':
      return stored<unknown>(text);
    case 'timestamptz':
      return moment(text);
    case 'date':
    case 'text':
    case 'uuid':
      return text;
  }
}
