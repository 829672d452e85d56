import type pg from 'pg';
import { type Published, readEventsOf } from '#event-store';
import { folding } from './fold-failed.js';
import type { Projection } from './projection.js';
import { Rows } from './rows.js';
import { Streams } from './streams.js';
import { write } from './tables.js';

/**
 * Folds a batch in memory, over what the log says of its streams before, and writes what that changed. Throws
 * `FoldFailed` where an event is to blame.
 */
export async function foldInto(
  client: pg.PoolClient,
  schema: string,
  projection: Projection,
  batch: readonly Published[],
): Promise<void> {
  const streams = new Streams(projection);
  const past = await pastOf(client, batch, streams);
  const rows = new Rows();
  for (const event of past) folding(projection.name, event, () => streams.recall(event));
  for (const event of batch) folding(projection.name, event, () => streams.fold(event, rows));
  await write(client, schema, projection, rows);
}

/** The events, before the batch, of the streams that go on in it. */
async function pastOf(
  client: pg.PoolClient,
  batch: readonly Published[],
  streams: Streams,
): Promise<readonly Published[]> {
  const [opened, resumed] = [new Set<string>(), new Set<string>()];
  for (const { stream, version } of batch) {
    if (!streams.folds(stream)) continue;
    if (version === 1) opened.add(stream);
    else if (!opened.has(stream)) resumed.add(stream);
  }
  if (resumed.size === 0) return [];
  const before = (batch[0]?.position ?? 1) - 1;
  return readEventsOf(client, [...resumed], before);
}
