import type { Row, Table } from './projection.js';

type Written<R> = Readonly<{
  /** Under their key: the last one counts, and only that one is made. */
  put: Map<string, () => R>;
  /** The keys of those that replace nothing, since their stream has begun here. */
  fresh: Set<string>;
  appended: R[];
  /** Under their key, which says all that the row does. */
  once: Map<string, R>;
}>;

/** What folding writes into each table: rows that replace the one with their key, are added, or may be there already. */
export class Rows {
  private readonly tables = new Map<string, Written<Row>>();

  /** The row of a stream, under its id, as it is from this version on. */
  put<R extends Row>(table: Table<R>, key: string, version: number, row: () => NoInfer<R>): void {
    const { put, fresh } = this.of(table);
    put.set(key, row);
    if (version === 1) fresh.add(key);
  }

  append<R extends Row>(table: Table<R>, row: NoInfer<R>): void {
    this.of(table).appended.push(row);
  }

  /** A row that says the same whenever it is written: it is left as it is where it has been written before. */
  once<R extends Row>(table: Table<R>, key: string, row: NoInfer<R>): void {
    this.of(table).once.set(key, row);
  }

  /** Forgets what was put and appended. */
  clear(): void {
    for (const { put, fresh, appended } of this.tables.values()) {
      // A map that is cleared gets new memory, even an empty one, and a rebuild comes here after every stream.
      if (put.size > 0) put.clear();
      if (fresh.size > 0) fresh.clear();
      if (appended.length > 0) appended.length = 0;
    }
  }

  of<R extends Row>({ name }: Table<R>): Written<R> {
    let written = this.tables.get(name);
    if (!written) {
      written = { put: new Map(), fresh: new Set(), appended: [], once: new Map() };
      this.tables.set(name, written);
    }
    // Only rows of this very table come under its name.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return written as unknown as Written<R>;
  }
}
