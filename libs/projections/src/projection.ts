import type { Published } from '#event-store';
import type { Rows } from './rows.js';

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
};

/** A table and the values of its key, in the key's order. */
export type Need = readonly [table: Table, ...key: (string | number)[]];

/**
 * A read model: tables in the schema `read_<name>`, and the one pure function that fills them. Live, rebuild, replay
 * and tests all call it, event by event in position order; rows hold no clock, sequence or random value.
 */
export type Projection = Readonly<{
  name: string;
  tables: readonly Table[];
  /** The kept rows that folding this event may look at: known from the event alone. */
  needs: (event: Published) => readonly Need[];
  fold: (event: Published, rows: Rows) => void;
}>;

export function schemaOf({ name }: Pick<Projection, 'name'>): string {
  return `read_${name}`;
}
