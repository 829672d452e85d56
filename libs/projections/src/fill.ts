import type pg from 'pg';
import { type Published, published, readRows } from '#event-store';
import type { Projection } from './projection.js';
import { Rows } from './rows.js';
import { foldInto } from './run.js';
import { copyIn, createKeys } from './tables.js';

/** More rows than this are not kept in memory: the rest of the log is then folded batch by batch, as live. */
const KEPT_MAX = 500_000;
const BATCH = 5_000;

/** New tables of a read model on their way: where they are, and what reads the log for them. */
export type Filling = Readonly<{
  client: pg.ClientBase;
  pool: pg.Pool;
  projection: Projection;
  schema: string;
  onProgress?: ((progress: FillProgress) => void) | undefined;
  keptMax?: number;
  batch?: number;
}>;

export type FillProgress = Readonly<{ name: string; position: number; upTo: number }>;

/**
 * Fills the new, empty tables of a schema from the log up to a position: one COPY out, the fold in memory, COPY in
 * (appended rows on the way, kept ones at the end), then keys and indexes.
 */
export async function fill(filling: Filling, upTo: number): Promise<void> {
  const { client, projection, schema, keptMax = KEPT_MAX } = filling;
  const rows = new Rows(true);
  let position = 0;
  for await (const batch of batches(filling, 0, upTo)) {
    for (const event of batch) projection.fold(event, rows);
    for (const table of projection.tables) await copyIn(client, schema, table, rows.takeAppended(table));
    position = report(filling, batch, upTo);
    if (rows.size > keptMax) break;
  }
  for (const table of projection.tables) {
    await copyIn(client, schema, table, rows.changed(table));
    await createKeys(client, schema, table);
  }
  await catchUp(filling, position, upTo);
}

/** Folds a range of the log into tables that have their keys. */
export async function catchUp(filling: Filling, after: number, upTo: number): Promise<void> {
  const { client, projection, schema } = filling;
  if (after >= upTo) return;
  for await (const batch of batches(filling, after, upTo)) {
    await foldInto(client, schema, projection, batch);
    report(filling, batch, upTo);
  }
}

function report({ projection, onProgress }: Filling, batch: readonly Published[], upTo: number): number {
  const position = batch.at(-1)?.position ?? 0;
  onProgress?.({ name: projection.name, position, upTo });
  return position;
}

/** A range of the log in batches of one size, the last one apart. */
async function* batches(
  { pool, batch: size = BATCH }: Filling,
  after: number,
  upTo: number,
): AsyncGenerator<readonly Published[]> {
  let batch: Published[] = [];
  for await (const page of readRows(pool, { after, upTo })) {
    for (const row of page) {
      batch.push(published(row));
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
