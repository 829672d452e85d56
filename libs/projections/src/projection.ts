import type { Rows } from './rows.js';
import type { Category, Change, Noted } from './streams.js';

/** How a column is kept. `json` is an object as canonical JSON text, so that equal objects are equal bytes. */
export type SqlType =
  'bigint' | 'boolean' | 'date' | 'integer' | 'json' | 'smallint' | 'text' | 'timestamptz' | 'uuid';

export type Row = Readonly<Record<string, unknown>>;

export type Table<R extends Row = Row> = {
  readonly name: string;
  readonly columns: Readonly<Record<keyof R & string, SqlType>>;
  readonly key: readonly (keyof R & string)[];
  /** Further indexes, as Postgres reads them behind `create index on <table>`. */
  readonly indexes?: readonly string[];
  /** Of a table whose rows serve those of another and tell of no event themselves: which, and the column in both. */
  readonly usedBy?: Readonly<{ table: string; by: keyof R & string }>;
};

/**
 * A read model: tables in the schema `read_<name>`, and what each event of a category writes into them. It sees the
 * stream before and after the event and nothing else, so that its rows are a function of the log: live, rebuild, replay
 * and tests all call it, and no row holds a clock, a sequence or a random value.
 */
export type Projection = Readonly<{
  name: string;
  tables: readonly Table[];
  /** Tables beside them that only spare work: a rebuild leaves them empty, and they are no part of the digest. */
  aside?: readonly Table[];
  fold?: Readonly<{ [C in Category]?: (change: Change<C>, rows: Rows) => void }>;
  /** The same from the event alone: what its stream was before need not be read for it. */
  note?: Readonly<{ [C in Category]?: (event: Noted<C>, rows: Rows) => void }>;
}>;

export function schemaOf({ name }: Pick<Projection, 'name'>): string {
  return `read_${name}`;
}
