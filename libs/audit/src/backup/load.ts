import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { beginEpoch, chain as link, GENESIS, leaf, readRows } from '#event-store';
import { KnownAtNotSettled, positionOf } from '#projections';
import { readFile } from './files.js';
import { type Backup, BadBackup, type Known, mustBe, type TableFile } from './manifest.js';
import type { RestoreOptions, RestoreReport } from './restore.js';
import { keptTables } from './tables.js';

type Loading = Pick<RestoreOptions, 'to' | 'known' | 'readModels' | 'onProgress' | 'signal'>;
type Loaded = Pick<RestoreReport, 'position' | 'leftOut' | 'epoch' | 'matched'>;

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
    for (const { name } of last.manifest.tables) await fill(client, name, backups, options);
    const matched = await walk(client, backups, options);
    const { position: end } = last.manifest.head;
    const position = options.to === undefined ? end : await cutAt(client, last, options.to);
    if (position < end) await cut(client, position);
    await putCursors(client, position, options);
    const epoch = await beginEpoch(client);
    options.signal?.throwIfAborted();
    await client.query('commit');
    await client.query('analyze');
    return { position, leftOut: end - position, epoch, matched };
  } finally {
    client.release(true);
  }
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
  const into = client.query(copyFrom(`copy ${table.name} (${table.columns.join(', ')}) from stdin`));
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

/** Recomputes the chain of what the database now holds, and compares it with what is known of it. */
async function walk(
  client: pg.PoolClient,
  backups: readonly [Backup, ...Backup[]],
  { known = [], onProgress, signal }: Loading,
): Promise<readonly number[]> {
  const heads = backups.map(({ manifest }) => manifest.head);
  const end = Math.max(...heads.map(({ position }) => position));
  const expected = [...heads, ...known].filter(({ position }) => position <= end);
  const wanted = new Map<number, Known[]>();
  for (const one of expected) wanted.set(one.position, [...(wanted.get(one.position) ?? []), one]);
  let [position, hash] = [0, GENESIS];
  mustMatch(position, hash, wanted);
  for await (const rows of readRows(client)) {
    signal?.throwIfAborted();
    for (const row of rows) {
      position += 1;
      hash = link(hash, leaf(row));
      if (row.position !== position || !row.hash.equals(hash)) {
        throw new BadBackup(
          `The log in the backup is not whole: position ${position} does not fit the chain.`,
        );
      }
      mustMatch(position, hash, wanted);
    }
    onProgress?.('chain', position, end);
  }
  if (position !== end) throw new BadBackup(`The backups have ${position} events, but the log had ${end}.`);
  return [...wanted.keys()].toSorted((a, b) => a - b);
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
