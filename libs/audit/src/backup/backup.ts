import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { GENESIS, head, historyOf, readPage } from '#event-store';
import { digest, type Projection } from '#projections';
import { syncFolder, writeFile } from './files.js';
import {
  type Backup,
  FORMAT,
  type Known,
  MANIFEST,
  type Manifest,
  nameOf,
  NOTE,
  openBackup,
  SUMS,
  sumsOf,
  type TableFile,
} from './manifest.js';
import { type KeptTable, keptTables } from './tables.js';

/** The backup was not taken, and nothing was written. The message says why and what to do. */
export class NoBackup extends Error {
  override readonly name = 'NoBackup';
}

export type BackupOptions = Readonly<{
  /** With the rights of `kosh_owner`: nobody else may read all of it. */
  pool: pg.Pool;
  /** A new folder. It appears whole, or not at all. */
  folder: string;
  /** The backup before, beside which it is put: then only what was added is written. */
  since?: string | undefined;
  /** Whose digests are kept, to be compared with after a restore; `pool` with the rights of `kosh_api`. */
  digests?: Readonly<{ pool: pg.Pool; of: readonly Projection[] }>;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}>;

/**
 * Writes all that cannot be made again, as of one moment, while others go on writing. Throws `NoBackup`, and
 * `BadBackup` where the one before cannot be used.
 */
export async function backup(options: BackupOptions): Promise<Backup> {
  const { pool, folder } = options;
  if (await exists(folder)) throw new NoBackup(`${folder} is there already. A backup takes a new folder.`);
  const since = options.since === undefined ? undefined : await before(options.since, folder);
  // Before the snapshot, so that no read model is ahead of the log that is backed up.
  const digests = options.digests ? await digestsOf(options.digests) : [];
  const draft = `${resolve(folder)}.draft-${randomBytes(4).toString('hex')}`;
  await fs.mkdir(draft, { recursive: true, mode: 0o700 });
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    await client.query('begin isolation level repeatable read read only');
    const seen = await look(client);
    if (since) await mustGoOn(client, since, seen);
    const tables: TableFile[] = [];
    for (const table of await keptTables(client)) {
      tables.push(await writeTable(client, draft, table, { options, since, upTo: seen.head.position }));
    }
    const link = since ? { folder: nameOf(since), manifest: since.sha256 } : null;
    await writeManifest(draft, {
      format: FORMAT,
      note: NOTE,
      takenAt: new Date().toISOString(),
      ...seen,
      since: link,
      tables,
      digests,
    });
    await fs.rename(draft, folder);
    await syncFolder(dirname(resolve(folder)));
    return await openBackup(folder);
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true });
    throw error;
  } finally {
    client.release(true);
  }
}

/** Whether anything was recorded since, of events or of who read whose file. Needs the rights of `kosh_owner`. */
export async function hasGrown(pool: pg.Pool, { manifest }: Backup): Promise<boolean> {
  const { rows } = await pool.query<{ position: string; reads: string }>(
    `select (select coalesce(max(position), 0) from log.events) as position,
            (select count(*) from audit.access) as reads`,
  );
  const reads = manifest.tables.find(({ name }) => name === 'audit.access')?.total;
  return Number(rows[0]?.position) !== manifest.head.position || Number(rows[0]?.reads) !== reads;
}

type Seen = Pick<Manifest, 'history' | 'head' | 'migrations' | 'server'>;

async function look(client: pg.PoolClient): Promise<Seen> {
  const { position, hash, recordedAt } = await head(client);
  const { rows: migrations } = await client.query<Manifest['migrations'][number]>(
    'select number, name, sha256 from kosh.migrations order by number',
  );
  const { rows } = await client.query<Manifest['server']>(
    `select current_setting('server_version') as version, system_identifier::text as cluster,
            pg_current_snapshot()::text as snapshot
       from pg_control_system()`,
  );
  const [server] = rows;
  if (!server) throw new Error('The server does not say which one it is.');
  const history = await historyOf(client);
  return {
    history,
    head: { position, hash: hash ?? GENESIS.toString('hex'), recordedAt },
    migrations,
    server,
  };
}

/** The backup before, as the folder of the next one can name it. */
async function before(folder: string, next: string): Promise<Backup> {
  const since = await openBackup(folder);
  if (dirname(since.folder) !== dirname(resolve(next))) {
    throw new NoBackup(`${next} must be put beside ${folder}, the backup that it goes on from.`);
  }
  return since;
}

/** Throws `NoBackup` unless the log is the one of that backup, grown. */
async function mustGoOn(client: pg.PoolClient, { folder, manifest }: Backup, seen: Seen): Promise<void> {
  const anew = (why: string) =>
    new NoBackup(`${why} since ${folder}. Take a whole backup: leave --since out.`);
  const { history, server, migrations, head } = manifest;
  if (history.logId !== seen.history.logId) throw anew('The database has another log');
  if (history.epoch !== seen.history.epoch) throw anew('The log was put back from a backup');
  if (server.cluster !== seen.server.cluster) throw anew('The log has moved to another server');
  const applied = (list: Manifest['migrations']) =>
    list.map(({ number, sha256 }) => `${number} ${sha256}`).join();
  if (applied(migrations) !== applied(seen.migrations)) throw anew('Migrations were applied');
  const { hash } = await linkAt(client, head.position);
  if (hash !== head.hash) throw anew(`The log is not whole: position ${head.position} has changed`);
}

async function linkAt(client: pg.PoolClient, position: number): Promise<Known> {
  const [row] = position === 0 ? [] : await readPage(client, position - 1, 1);
  return { position, hash: (row?.hash ?? GENESIS).toString('hex') };
}

type Writing = Readonly<{ options: BackupOptions; since: Backup | undefined; upTo: number }>;

async function writeTable(
  client: pg.PoolClient,
  folder: string,
  table: KeptTable,
  { options: { onProgress, signal }, since, upTo }: Writing,
): Promise<TableFile> {
  const { name, columns } = table;
  const { where, holds, total } = await rowsOf(client, table, since, upTo);
  const file = `${name}.copy`;
  const copy = client.query(
    copyTo(
      `copy (select ${columns.join(', ')} from ${name} t where ${where} order by ${table.order}) to stdout`,
    ),
  );
  const written = await writeFile(folder, file, copy as AsyncIterable<Buffer>, (rows) => {
    signal?.throwIfAborted();
    onProgress?.(name, rows, total);
  });
  return { name, file, columns, holds, total, ...written };
}

type Rows = Pick<TableFile, 'holds' | 'total'> & { where: string };

/**
 * Which rows of a table go into the backup. Events are never changed, which their chain proves, so those behind the
 * last position will do. Of another table only those that the backup before did not see, if all that it had are still
 * what they were; where any was changed or removed, as when someone was erased, the whole table takes the place of
 * what the backups before have of it, and nothing that was erased comes back.
 */
async function rowsOf(
  client: pg.PoolClient,
  { name }: KeptTable,
  since: Backup | undefined,
  upTo: number,
): Promise<Rows> {
  if (name === 'log.events') {
    const after = since?.manifest.head.position ?? 0;
    return { where: `t.position > ${after}`, holds: since ? 'added' : 'all', total: upTo };
  }
  const wasSeen = since && seenBy(since.manifest.server.snapshot);
  const { rows } = await client.query<{ total: string; kept: string }>(
    `select count(*) as total, count(*) filter (where ${wasSeen ?? 'false'}) as kept from ${name} t`,
  );
  const [total, kept] = [Number(rows[0]?.total), Number(rows[0]?.kept)];
  const had = since?.manifest.tables.find((table) => table.name === name)?.total;
  return wasSeen !== undefined && kept === had
    ? { where: `not ${wasSeen}`, holds: 'added', total }
    : { where: 'true', holds: 'all', total };
}

/**
 * Whether a snapshot saw the row as it is now. A row names the transaction that wrote it by the lower half of its
 * number; the upper half is that of the present, unless the lower half is still to come.
 */
function seenBy(snapshot: string): string {
  if (!/^[\d:,]+$/.test(snapshot)) throw new TypeError(`${snapshot} is not a snapshot.`);
  const now = 'pg_snapshot_xmax(pg_current_snapshot())::text::bigint';
  const writer = `(${now} - ((${now} - t.xmin::text::bigint) & 4294967295))::text::xid8`;
  return `pg_visible_in_snapshot(${writer}, '${snapshot}'::pg_snapshot)`;
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const { sha256 } = await writeFile(folder, MANIFEST, [text]);
  await writeFile(folder, SUMS, [Buffer.from(sumsOf(manifest, sha256))]);
  await syncFolder(folder);
}

/** Of those that a projector has begun: they have a cursor from then on, and tables from soon after. */
async function digestsOf({ pool, of }: NonNullable<BackupOptions['digests']>): Promise<Manifest['digests']> {
  const { rows } = await pool.query<{ name: string }>(
    `select name from reading.cursors where to_regnamespace('read_' || name) is not null`,
  );
  const names = new Set(rows.map(({ name }) => name));
  const digests: Manifest['digests'][number][] = [];
  for (const projection of of.filter(({ name }) => names.has(name))) {
    digests.push({ name: projection.name, ...(await digest(pool, projection)) });
  }
  return digests;
}

async function exists(path: string): Promise<boolean> {
  return fs.lstat(path).then(
    () => true,
    () => false,
  );
}
