import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { beginEpoch, readLeaves } from '#event-store';
import { KnownAtNotSettled, positionOf } from '#projections';
import {
  CheckpointFolder,
  type Epoch,
  type FirstBad,
  GENESIS,
  LogCheck,
  range,
} from '../offline/verify-offline.js';
import { firstAlteredSeal } from '../verify-log.js';
import { readFile } from './files.js';
import { type Backup, BadBackup, type Known, mustBe, type TableFile } from './manifest.js';
import type { RestoreOptions, RestoreReport } from './restore.js';
import { keptTables } from './tables.js';

type Loading = Pick<RestoreOptions, 'to' | 'known' | 'checkpoints' | 'readModels' | 'onProgress' | 'signal'>;
type Loaded = Pick<
  RestoreReport,
  keyof Epoch | 'position' | 'leftOut' | 'matched' | 'headHash' | 'checkpoints'
>;

/**
 * Fills the tables of an empty log from a backup and those that it goes on from, cuts off what is not wanted, and
 * begins another epoch: all of it or nothing, with the rights of `kosh_owner`. Throws `BadBackup` where what was loaded
 * is not whole, or not what is known of it.
 */
export async function load(
  pool: pg.Pool,
  backups: readonly [Backup, ...Backup[]],
  options: Loading,
): Promise<Loaded> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    await client.query('begin');
    const tables = await keptTables(client);
    await client.query(`truncate ${tables.map(({ name }) => name).join(', ')}`);
    const last = backups.at(-1) ?? backups[0];
    for (const { name } of last.manifest.tables) {
      await withoutIndexes(client, name, () => fill(client, name, backups, options));
      await client.query(`analyze ${name}`);
    }
    const { position: end } = last.manifest.head;
    const position = options.to === undefined ? end : await cutAt(client, last, options.to);
    const walked = await walk(client, backups, position, options);
    if (position < end) await cut(client, position);
    await putCursors(client, position, options);
    const { epoch, sharedUpTo } = await beginEpoch(client);
    options.signal?.throwIfAborted();
    await client.query('commit');
    return { position, leftOut: end - position, epoch, sharedUpTo, ...walked };
  } finally {
    client.release(true);
  }
}

/** Runs `work` while a table has neither keys nor indexes: to make them at once, at the end, takes half the time. */
async function withoutIndexes(
  client: pg.PoolClient,
  table: string,
  work: () => Promise<void>,
): Promise<void> {
  const { rows: keys } = await client.query<{ name: string; definition: string }>(
    `select quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where conrelid = $1::regclass and contype in ('p', 'u')`,
    [table],
  );
  for (const { name } of keys) await client.query(`alter table ${table} drop constraint ${name}`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
       from pg_index where indrelid = $1::regclass`,
    [table],
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await work();
  for (const { name, definition } of keys)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  for (const { definition } of indexes) await client.query(definition);
}

/** Loads the last whole copy of a table, and what was added since. */
async function fill(
  client: pg.PoolClient,
  name: string,
  backups: readonly Backup[],
  { onProgress, signal }: Loading,
): Promise<void> {
  const parts = backups.flatMap(({ folder, manifest }) =>
    manifest.tables.filter((table) => table.name === name).map((table) => ({ folder, table })),
  );
  const from = parts.findLastIndex(({ table }) => table.holds === 'all');
  const total = parts.at(-1)?.table.total ?? 0;
  let before = 0;
  for (const { folder, table } of parts.slice(Math.max(0, from))) {
    const done = before;
    await copyIn(client, join(folder, table.file), table, (rows) => {
      signal?.throwIfAborted();
      onProgress?.(name, done + rows, total);
    });
    before += table.rows;
  }
  if (before !== total)
    throw new BadBackup(`The backups have ${before} rows of ${name}, but it had ${total}.`);
  await setSequences(client, name);
}

async function copyIn(
  client: pg.PoolClient,
  path: string,
  table: TableFile,
  onRows: (rows: number) => void,
): Promise<void> {
  const { chunks, read, rows } = readFile(path);
  const into = client.query(
    copyFrom(`copy ${table.name} (${table.columns.join(', ')}) from stdin with (freeze)`),
  );
  async function* told(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      onRows(rows());
      yield chunk;
    }
  }
  await pipeline(Readable.from(told()), into);
  // Once more: the disk may have changed its mind since they were checked.
  mustBe(path, read(), table);
}

/** Columns that number themselves go on behind what was loaded. */
async function setSequences(client: pg.PoolClient, name: string): Promise<void> {
  const { rows } = await client.query<{ column: string }>(
    `select quote_ident(attname) as column from pg_attribute where attrelid = $1::regclass and attidentity <> ''`,
    [name],
  );
  for (const { column } of rows) {
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), max) from (select max(${column}) from ${name}) m where max > 0`,
      [name, column],
    );
  }
}

/**
 * Recomputes what the database now holds, as `kosh verify` does, and compares it with what is known of it. Answers the
 * positions at which it was compared, the hash at `position`, and what came of the checkpoints.
 */
async function walk(
  client: pg.PoolClient,
  backups: readonly [Backup, ...Backup[]],
  position: number,
  { known = [], checkpoints, onProgress, signal }: Loading,
): Promise<Pick<Loaded, 'matched' | 'headHash' | 'checkpoints'>> {
  const last = backups.at(-1) ?? backups[0];
  const { head, history } = last.manifest;
  const end = head.position;
  const wanted = new Map<number, Known[]>();
  for (const one of [...backups.map(({ manifest }) => manifest.head), ...known]) {
    if (one.position <= end) wanted.set(one.position, [...(wanted.get(one.position) ?? []), one]);
  }
  mustMatch(0, GENESIS, wanted);
  const check = new LogCheck(
    checkpoints && new CheckpointFolder(checkpoints.folder, checkpoints.keys, { until: end, history }),
  );
  let headHash = GENESIS;
  for await (const rows of readLeaves(client, { after: 0, upTo: Number.MAX_SAFE_INTEGER })) {
    signal?.throwIfAborted();
    for (const row of rows) {
      mustBeGood(check.next(row, row.leaf));
      mustMatch(row.position, row.hash, wanted);
      if (row.position === position) headHash = row.hash;
    }
    onProgress?.('chain', check.position, end);
  }
  mustBeGood(check.end());
  mustBeGood(await firstAlteredSeal(client));
  if (check.position !== end)
    throw new BadBackup(`The backups have ${check.position} events, but the log had ${end}.`);
  return {
    matched: [...wanted.keys()].toSorted((a, b) => a - b),
    headHash: headHash.toString('hex'),
    checkpoints: check.compared(),
  };
}

function mustBeGood(bad: FirstBad | undefined): void {
  if (!bad) return;
  const { what, expected, found } = bad;
  throw new BadBackup(
    `The log in the backup is not whole: the first bad position is ${range(bad)} (${what}): expected ${expected}, ` +
      `found ${found}.`,
  );
}

function mustMatch(position: number, found: Buffer, wanted: ReadonlyMap<number, readonly Known[]>): void {
  for (const { hash } of wanted.get(position) ?? []) {
    if (hash === found.toString('hex')) continue;
    throw new BadBackup(
      `The log in the backup is another one: position ${position} has hash ${found.toString('hex')}, ` +
        `but ${hash} is known of it.`,
    );
  }
}

/** The position that was asked for. Throws `KnownAtInvalid`, and `BadBackup` for one that the backup does not have. */
async function cutAt(client: pg.PoolClient, { folder, manifest }: Backup, to: string): Promise<number> {
  const { head, takenAt } = manifest;
  try {
    return await positionOf(client, to, { position: head.position, recordedAt: takenAt });
  } catch (error) {
    if (!(error instanceof KnownAtNotSettled)) throw error;
    throw new BadBackup(
      `${folder} ends at position ${head.position}, and was taken at ${takenAt}: it does not reach to ${to}.`,
    );
  }
}

/**
 * Leaves out what was recorded after a position. Who read whose file stays: that has happened. A process manager is
 * put back to before the first event whose consequences are cut off, so that it draws them again.
 */
async function cut(client: pg.PoolClient, position: number): Promise<void> {
  await client.query(
    `update reading.cursors c set position = least(c.position, (
       select min(cause.position) - 1
         from (select split_part(meta::json->>'causationId', '/', 1) as stream,
                      split_part(meta::json->>'causationId', '/', 2) as version
                 from log.events
                where position > $1 and meta::json->>'actor' = 'process:' || c.name) lost
         join log.events cause on cause.stream = lost.stream and cause.version::text = lost.version))`,
    [position],
  );
  await client.query(
    `with gone as (delete from vault.sealed where position > $1 returning subject)
     delete from vault.keys k where k.subject in (select subject from gone)
        and not exists (select from vault.sealed s where s.subject = k.subject and s.position <= $1)`,
    [position],
  );
  await client.query('delete from log.keys where last_position > $1', [position]);
  await client.query('delete from log.events where position > $1', [position]);
}

/**
 * Whoever held a cursor is fenced. The read models are made anew, and the relay sends all of the log under the new
 * epoch; process managers go on from where they were, since what they did is in the log.
 */
async function putCursors(client: pg.PoolClient, end: number, { readModels }: Loading): Promise<void> {
  await client.query(
    `update reading.cursors set epoch = epoch + 1,
       position = case when name = any ($2) then 0 else least(position, $1) end`,
    [end, readModels.map(({ name }) => name)],
  );
  await client.query(
    `update reading.cursors c set recorded_at = (select recorded_at from log.events e where e.position = c.position)`,
  );
  await client.query('update road.relay set epoch = epoch + 1, position = 0');
}
