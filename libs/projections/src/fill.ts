import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { type Published, readByStream } from '#event-store';
import { Copy } from './copy.js';
import { folding } from './fold-failed.js';
import type { Pace } from './pace.js';
import type { Projection, Table } from './projection.js';
import { Rows } from './rows.js';
import { Streams } from './streams.js';
import { createKeys } from './tables.js';

/** Rows written at once. */
const BATCH = 8_000;
/** Events folded at once: then the connections are heard, or the rows under way would wait for the fold. */
const BREATH = 32;

/** New tables of read models on their way: where they are, and what reads the log for them. */
export type Filling = Readonly<{
  client: pg.PoolClient;
  pool: pg.Pool;
  targets: readonly Target[];
  onProgress?: ((progress: FillProgress) => void) | undefined;
  /** At full speed unless told. */
  pace?: Pace | undefined;
}>;

/** A read model, and the schema of its new tables. */
export type Target = Readonly<{ projection: Projection; schema: string }>;

/** So many of `upTo` events are folded; `name` is that of the read model, or of all of them. */
export type FillProgress = Readonly<{ name: string; position: number; upTo: number }>;

/**
 * Fills the new, empty tables of read models from the log up to a position, then makes their keys and indexes. It reads
 * the log once for all of them, and one whole stream after the other: nothing of one is needed for the next, so memory
 * does not grow with the log. While a batch is folded, the one before is written and the next events are read. Throws
 * `FoldFailed`.
 */
export async function fill(filling: Filling, upTo: number): Promise<void> {
  const { client, pool, targets, onProgress, pace } = filling;
  const parts = targets.map((target) => new Part(target));
  const name = targets.map(({ projection }) => projection.name).join(', ');
  let position = 0;
  let written = Promise.resolve();
  for await (const events of readByStream(pool, upTo)) {
    for (let from = 0; from < events.length; from += BREATH) {
      for (const event of events.slice(from, from + BREATH)) {
        for (const part of parts) part.fold(event);
      }
      await setImmediate();
    }
    position += events.length;
    onProgress?.({ name, position, upTo });
    await pace?.();
    if (parts.reduce((sum, { size }) => sum + size, 0) < BATCH) continue;
    await written;
    const batch = parts.map((part) => part.take());
    written = underWay(sendAll(client, batch));
  }
  await written;
  const rest = parts.map((part) => part.takeLast());
  await sendAll(client, rest);
  for (const { projection, schema } of targets) {
    for (const table of projection.tables) await createKeys(client, schema, table);
  }
}

/** Rows that are ready for the tables of a schema. */
type Ready = Readonly<{ schema: string; copies: readonly Copy[] }>;

async function sendAll(client: pg.ClientBase, batch: readonly Ready[]): Promise<void> {
  for (const { schema, copies } of batch) {
    for (const copy of copies) await copy.send(client, schema);
  }
}

/** One of the read models: the stream that it is at, and the rows that are not on their way yet. */
class Part {
  /** How many rows are ready. */
  size = 0;
  private readonly streams: Streams;
  private readonly rows = new Rows();
  private tables: readonly (readonly [Table, Copy])[] = [];

  constructor(private readonly target: Target) {
    this.streams = new Streams(target.projection);
    this.begin();
  }

  fold(event: Published): void {
    if (event.version === 1) this.endStream();
    folding(this.target.projection.name, event, () => this.streams.fold(event, this.rows));
  }

  /** What is ready; the stream that may go on is not. */
  take(): Ready {
    const ready = { schema: this.target.schema, copies: this.tables.map(([, copy]) => copy) };
    this.begin();
    return ready;
  }

  /** All that is left, and what any stream may have asked for as another did. */
  takeLast(): Ready {
    this.endStream();
    for (const [table, copy] of this.tables) {
      for (const row of this.rows.of(table).once.values()) copy.add(row);
    }
    return this.take();
  }

  private begin(): void {
    this.size = 0;
    this.tables = this.target.projection.tables.map((table) => [table, new Copy(table)]);
  }

  private endStream(): void {
    for (const [table, copy] of this.tables) {
      const { put, appended } = this.rows.of(table);
      const rows = put.size + appended.length;
      if (rows === 0) continue;
      this.size += rows;
      folding(this.target.projection.name, undefined, () => {
        for (const make of put.values()) copy.add(make());
        for (const row of appended) copy.add(row);
      });
    }
    this.streams.forget();
    this.rows.clear();
  }
}

/** Its failure is told to whoever awaits it, which may be a while later, or never where something else failed first. */
function underWay<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
