import type { Row, Table } from './projection.js';

type Written<R> = Readonly<{
  /** Under their key: the last one counts. */
  put: Map<string, R>;
  appended: R[];
}>;

/** What folding writes into each table: rows that replace the one with their key, and rows that are only added. */
export class Rows {
  private readonly tables = new Map<string, Written<Row>>();

  put<R extends Row>(table: Table<R>, row: NoInfer<R>): void {
    const key = table.key.map((column) => row[column]).join('\t');
    this.of(table).put.set(key, row);
  }

  append<R extends Row>(table: Table<R>, row: NoInfer<R>): void {
    this.of(table).appended.push(row);
  }

  clear(): void {
    for (const { put, appended } of this.tables.values()) {
      put.clear();
      appended.length = 0;
    }
  }

  of<R extends Row>({ name }: Table<R>): Written<R> {
    let written = this.tables.get(name);
    if (!written) {
      written = { put: new Map(), appended: [] };
      this.tables.set(name, written);
    }
    // Only rows of this very table come under its name.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return written as unknown as Written<R>;
  }
}
