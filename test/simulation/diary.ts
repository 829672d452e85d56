import type { Projection } from '#projections';
import type { Stored } from './log.js';
import type { Postgres, Table as StoredTable } from './postgres.js';
import type { Table } from '../../libs/projections/src/projection.js';
import type { Rows } from '../../libs/projections/src/rows.js';

type Entry = { position: number; stream: string; version: number; type: string };
type Told = Readonly<{ id: string; position: number; version: number; event: Readonly<{ type: string }> }>;

const columns = { position: 'bigint', stream: 'text', version: 'integer', type: 'text' } as const;

/** A row for every event, which nobody may write twice. */
const entries: Table<Entry> = { name: 'entries', columns, key: ['position'] };
/** A row for every stream, which each of its events writes anew. */
const heads: Table<Entry> = { name: 'heads', columns, key: ['stream'] };

/** What a category's events write, each known by itself. */
function every(write: (rows: Rows, entry: Entry) => void) {
  const of =
    (category: string) =>
    ({ id, position, version, event: { type } }: Told, rows: Rows) =>
      write(rows, { position, stream: `${category}-${id}`, version, type });
  return { case: of('case'), flight: of('flight'), estimate: of('estimate') };
}

/** The smallest read models of the two kinds there are: what is wrong in their rows is wrong in how they were led. */
export const diary: Projection = {
  name: 'diary',
  tables: [entries],
  note: every((rows, entry) => rows.append(entries, entry)),
};
export const files: Projection = {
  name: 'files',
  tables: [heads],
  fold: every((rows, entry) => rows.put(heads, entry.stream, entry.version, () => entry)),
};

/** Its table, where it has been made. */
export function tableOf({ schemas }: Postgres, { name, tables }: Projection): StoredTable | undefined {
  return schemas.get(`read_${name}`)?.tables.get(tables[0]?.name ?? '');
}

/** The row of an event in the table with this key, under its key. */
export function rowOf(
  { position, stream, version, type }: Stored,
  key: readonly string[],
): [key: string, row: readonly string[]] {
  return [key[0] === 'stream' ? stream : String(position), [String(position), stream, String(version), type]];
}
