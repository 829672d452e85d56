import type { Need, Row, Table } from './projection.js';

/** The rows of one table in memory: kept ones under their key, which of these were put, and appended ones. */
type Held<R> = Readonly<{ kept: Map<string, R | undefined>; put: Set<string>; appended: R[] }>;

/**
 * What a fold sees of its tables: rows kept under their key, which it may replace, and rows that it only appends.
 * `whole` says that the tables were empty at the start: a row that is not here is nowhere, and none has to be loaded.
 */
export class Rows {
  private readonly tables = new Map<string, Held<Row>>();

  constructor(private readonly whole: boolean) {}

  get<R extends Row>(table: Table<R>, ...key: (string | number)[]): R | undefined {
    const { kept } = this.of(table);
    const at = textOf(key);
    if (!this.whole && !kept.has(at)) {
      throw new Error(`fold() asked for the row ${at} of ${table.name}, which needs() did not name.`);
    }
    return kept.get(at);
  }

  put<R extends Row>(table: Table<R>, row: NoInfer<R>): void {
    const { kept, put } = this.of(table);
    const at = keyOf(table, row);
    kept.set(at, row);
    put.add(at);
  }

  append<R extends Row>(table: Table<R>, row: NoInfer<R>): void {
    this.of(table).appended.push(row);
  }

  /** Makes known what a table has under the wanted keys: the rows found, and nothing under the others. */
  load(table: Table, wanted: readonly Need[], found: readonly Row[]): void {
    const { kept } = this.of(table);
    for (const [, ...key] of wanted) kept.set(textOf(key), undefined);
    for (const row of found) kept.set(keyOf(table, row), row);
  }

  /** The rows that were put, each as it is now. */
  changed<R extends Row>(table: Table<R>): readonly R[] {
    const { kept, put } = this.of(table);
    return [...put].map((at) => kept.get(at)).filter((row) => row !== undefined);
  }

  /** The rows appended since the last call. */
  takeAppended<R extends Row>(table: Table<R>): readonly R[] {
    return this.of(table).appended.splice(0);
  }

  /** How many rows are kept in memory. */
  get size(): number {
    return [...this.tables.values()].reduce((sum, { kept }) => sum + kept.size, 0);
  }

  private of<R extends Row>({ name }: Table<R>): Held<R> {
    const held = this.tables.get(name) ?? { kept: new Map(), put: new Set(), appended: [] };
    this.tables.set(name, held);
    // Only rows of this very table come under its name.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return held as unknown as Held<R>;
  }
}

function keyOf(table: Table, row: Row): string {
  return textOf(table.key.map((column) => row[column]));
}

function textOf(key: readonly unknown[]): string {
  return key.join('\t');
}
