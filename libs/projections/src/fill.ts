import type pg from 'pg';
import { readByStream } from '#event-store';
import { Copy } from './copy.js';
import { FoldFailed } from './fold-failed.js';
import type { Pace } from './pace.js';
import type { Projection, Table } from './projection.js';
import { Rows } from './rows.js';
import { Streams } from './streams.js';
import { createKeys } from './tables.js';

/** Rows written at once. */
const BATCH = 8_000;

/** New tables of a read model on their way: where they are, and what reads the log for them. */
export type Filling = Readonly<{
  client: pg.PoolClient;
  pool: pg.Pool;
  projection: Projection;
  schema: string;
  onProgress?: ((progress: FillProgress) => void) | undefined;
  /** At full speed unless told. */
  pace?: Pace | undefined;
}>;

/** So many of `upTo` events are folded. */
export type FillProgress = Readonly<{ name: string; position: number; upTo: number }>;

/**
 * Fills the new, empty tables of a schema from the log up to a position, then makes their keys and indexes. It reads
 * one whole stream after the other: nothing of one is needed for the next, so memory does not grow with the log.
 * While a batch is folded, the one before is written and the next events are read. Throws `FoldFailed`.
 */
export async function fill(filling: Filling, upTo: number): Promise<void> {
  const { client, pool, projection, schema, onProgress, pace } = filling;
  const [streams, rows] = [new Streams(projection), new Rows()];
  let position = 0;
  let batch = new Batch(filling);
  let written = Promise.resolve();
  for await (const events of readByStream(pool, upTo)) {
    for (const event of events) {
      if (event.version === 1) {
        batch.add(rows);
        streams.forget();
        rows.clear();
      }
      try {
        streams.fold(event, rows);
      } catch (error) {
        throw new FoldFailed(projection.name, event, error);
      }
    }
    position += events.length;
    onProgress?.({ name: projection.name, position, upTo });
    await pace?.();
    if (batch.size < BATCH) continue;
    await written;
    written = underWay(batch.send());
    batch = new Batch(filling);
  }
  batch.add(rows);
  batch.addOnce(rows);
  await written;
  await batch.send();
  for (const table of projection.tables) await createKeys(client, schema, table);
}

/** The rows of some streams, on their way into the tables. */
class Batch {
  /** How many rows it has. */
  size = 0;
  private readonly copies: readonly (readonly [Table, Copy])[];

  constructor(private readonly filling: Filling) {
    this.copies = filling.projection.tables.map((table) => [table, new Copy(table)]);
  }

  add(rows: Rows): void {
    for (const [table, copy] of this.copies) {
      const { put, appended } = rows.of(table);
      this.size += put.size + appended.length;
      for (const make of put.values()) copy.add(make());
      for (const row of appended) copy.add(row);
    }
  }

  /** At the end, since any stream may have asked for the same one. */
  addOnce(rows: Rows): void {
    for (const [table, copy] of this.copies) {
      for (const row of rows.of(table).once.values()) copy.add(row);
    }
  }

  async send(): Promise<void> {
    const { client, schema } = this.filling;
    for (const [, copy] of this.copies) await copy.send(client, schema);
  }
}

/** Its failure is told to whoever awaits it, which may be a while later, or never where something else failed first. */
function underWay<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
