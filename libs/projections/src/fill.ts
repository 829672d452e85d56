import { setImmediate as turn } from 'node:timers/promises';
import type pg from 'pg';
import { AS_TEXT, eventOf, moment } from '#event-store';
import { Copy } from './copy.js';
import type { Projection, Table } from './projection.js';
import { Rows } from './rows.js';
import { Streams, type Told } from './streams.js';
import { createKeys } from './tables.js';

/** Events read and written at once. */
const PAGE = 1_000;
/** Events folded at a stretch: then what was read and written meanwhile may come and go. */
const SLICE = 250;

/** New tables of a read model on their way: where they are, and what reads the log for them. */
export type Filling = Readonly<{
  client: pg.PoolClient;
  pool: pg.Pool;
  projection: Projection;
  schema: string;
  onProgress?: ((progress: FillProgress) => void) | undefined;
}>;

/** So many of `upTo` events are folded. */
export type FillProgress = Readonly<{ name: string; position: number; upTo: number }>;

/**
 * Fills the new, empty tables of a schema from the log up to a position, then makes their keys and indexes. It reads
 * one whole stream after the other: nothing of one is needed for the next, so memory does not grow with the log.
 * While a batch is folded, the one before is written and the one after is read.
 */
export async function fill(filling: Filling, upTo: number): Promise<void> {
  const { client, pool, projection, schema, onProgress } = filling;
  const [streams, rows] = [new Streams(projection), new Rows()];
  let position = 0;
  let batch = new Batch(filling);
  let written = Promise.resolve();
  for await (const page of pages(pool, upTo)) {
    for (const [index, fields] of page.entries()) {
      if (index % SLICE === 0) await turn();
      const event = told(fields);
      if (event.version === 1) {
        batch.add(rows);
        streams.forget();
        rows.clear();
      }
      streams.fold(event, rows);
    }
    await written;
    written = underWay(batch.send());
    batch = new Batch(filling);
    position += page.length;
    onProgress?.({ name: projection.name, position, upTo });
  }
  batch.add(rows);
  batch.addOnce(rows);
  await written;
  await batch.send();
  for (const table of projection.tables) await createKeys(client, schema, table);
}

/** The rows of some streams, on their way into the tables. */
class Batch {
  private readonly copies: readonly (readonly [Table, Copy])[];

  constructor(private readonly filling: Filling) {
    this.copies = filling.projection.tables.map((table) => [table, new Copy(table)]);
  }

  add(rows: Rows): void {
    for (const [table, copy] of this.copies) {
      const { put, appended } = rows.of(table);
      for (const row of put.values()) copy.add(row);
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

/** Every event up to a position, stream by stream, each in its order. One page is read ahead. */
async function* pages(pool: pg.Pool, upTo: number): AsyncGenerator<readonly Fields[]> {
  let ahead = underWay(readPage(pool, '', 0, upTo));
  for (;;) {
    const page = await ahead;
    const last = page.at(-1);
    if (!last) return;
    const [stream, version] = last;
    ahead = underWay(readPage(pool, stream, Number(version), upTo));
    yield page;
  }
}

/** Its failure is told to whoever awaits it, which may be a while later, or never where something else failed first. */
function underWay<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

type Fields = [
  stream: string,
  version: string,
  position: string,
  recordedAt: string,
  type: string,
  schemaVersion: string,
  body: string,
];

async function readPage(pool: pg.Pool, stream: string, version: number, upTo: number): Promise<Fields[]> {
  const { rows } = await pool.query<Fields>({
    name: 'by-stream',
    text: `select stream, version, position, recorded_at, type, schema_version, body from log.events
           where (stream, version) > ($1, $2) and position <= $3 order by stream, version limit ${PAGE}`,
    values: [stream, version, upTo],
    rowMode: 'array',
    types: AS_TEXT,
  });
  return rows;
}

function told([stream, version, position, recordedAt, type, schemaVersion, body]: Fields): Told {
  return {
    position: Number(position),
    stream,
    version: Number(version),
    recordedAt: moment(recordedAt),
    event: eventOf({ type, schemaVersion: Number(schemaVersion), body }),
  };
}
