import pg from 'pg';
import { beginEpoch, connect, migrate, migrations } from '#event-store';
import { type Digest, digest, type FillProgress, type Projection, rebuild, replayDigest } from '#projections';
import type { CheckpointsReport, Epoch } from '../offline/verify-offline.js';
import type { LogOptions } from '../verify-log.js';
import { load } from './load.js';
import { type Backup, BadBackup, checkFile, type Known, openChain } from './manifest.js';

/** The database cannot take a backup. The message says why and what to do. */
export class NotRestorable extends Error {
  override readonly name = 'NotRestorable';
}

export type RestoreOptions = Readonly<{
  /** Of an empty database. The login must be allowed to create roles and schemas, as for `migrate`. */
  url: string;
  /** A backup; those that it goes on from lie beside it. */
  folder: string;
  /** A position or a moment in RFC 3339: what was recorded after it is left out. All there is unless told. */
  to?: string | undefined;
  /** Hashes of the log that were kept elsewhere: of receipts, of checkpoints, or written down. */
  known?: readonly Known[];
  /** Signed checkpoints that were kept elsewhere. */
  checkpoints?: LogOptions['checkpoints'];
  readModels: readonly Projection[];
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}>;

/** A read model, made anew, beside what it came to when a backup last told of it, where that was. */
export type RestoredModel = Digest &
  Readonly<{ name: string; atBackup: Readonly<{ position: number; ok: boolean }> | null }>;

/** With the epoch under which the log goes on. */
export type RestoreReport = Epoch &
  Readonly<{
    ok: boolean;
    /** The last event that was put back. */
    position: number;
    /** Events of the backup that were left out. */
    leftOut: number;
    /** Positions at which the log is what was known of it: heads of backups, and hashes kept elsewhere. */
    matched: readonly number[];
    /** The hash of the last event that was put back, in hex. */
    headHash: string;
    /** What came of the checkpoints up to the end of the backup; null where none were given. */
    checkpoints: CheckpointsReport | null;
    readModels: readonly RestoredModel[];
    seconds: number;
  }>;

/**
 * Puts a log back from a backup, verifies it, and makes its read models anew. What it loads is one transaction, so
 * that a restore which is ended half-way leaves an empty log, and may begin again. The log goes on under another
 * epoch. Throws `BadBackup` before anything is touched, and `NotRestorable`.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { url, folder, onProgress, signal, readModels } = options;
  const startedAt = performance.now();
  const chain = await openChain(folder);
  await mustBeWhole(chain, options);
  await mustBeReadable(chain);
  return alone(url, async (client) => {
    await mustBeEmpty(client);
    await migrate(url, numbersOf(chain));
    const loaded = await loadInto(chain, options);
    await migrate(url);
    const projector = connect(url, 'kosh_projector', { max: 3, applicationName: OWN_NAME });
    const auditor = connect(url, 'kosh_api', { max: 3, applicationName: OWN_NAME });
    try {
      const told = ({ name, position, upTo }: FillProgress) => {
        signal?.throwIfAborted();
        onProgress?.(name, position, upTo);
      };
      await rebuild({ projections: readModels, pool: projector, onProgress: told });
      const made: RestoredModel[] = [];
      for (const projection of readModels) {
        made.push(await compared(auditor, chain, projection, told));
      }
      const faults = loaded.checkpoints?.faults ?? [];
      const ok = faults.length === 0 && made.every(({ atBackup }) => atBackup?.ok !== false);
      const seconds = Math.round(performance.now() - startedAt) / 1_000;
      return { ok, ...loaded, readModels: made, seconds };
    } finally {
      await Promise.all([projector.end(), auditor.end()]);
    }
  });
}

async function loadInto(chain: readonly [Backup, ...Backup[]], options: RestoreOptions) {
  const pool = connect(options.url, 'kosh_owner', { max: 1, applicationName: OWN_NAME });
  try {
    return await load(pool, chain, options);
  } finally {
    await pool.end();
  }
}

/**
 * Begins another epoch for a database that Postgres itself has put back, from a base backup and its WAL: its log is the
 * log, and its read models are at their cursors. Nobody may be connected. Throws `NotRestorable`.
 */
export async function beginAnew(url: string): Promise<Epoch> {
  return alone(url, async (client) => {
    await client.query('begin');
    await client.query('set local role kosh_owner');
    await client.query('update reading.cursors set epoch = epoch + 1');
    await client.query('update road.relay set epoch = epoch + 1, position = 0');
    const epoch = await beginEpoch(client);
    await client.query('commit');
    return epoch;
  });
}

const OWN_NAME = 'kosh-restore';
/** Whoever is being killed has left by then. */
const WAIT = '10s';

/** Runs `work` while nobody else restores into the database or uses it. */
async function alone<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: OWN_NAME });
  client.on('error', () => undefined); // The statement under way tells it.
  await client.connect();
  try {
    await client.query(`set lock_timeout = '${WAIT}'`);
    await client.query('select pg_advisory_lock(5003)').catch((cause: unknown) => {
      throw new NotRestorable('Somebody else restores into this database', { cause });
    });
    await mustBeUnused(client);
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Whoever is connected would write under the epoch before. */
async function mustBeUnused(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct application_name as name from pg_stat_activity
      where datname = current_database() and application_name like 'kosh-%' and application_name <> $1 order by 1`,
    [OWN_NAME],
  );
  if (rows.length === 0) return;
  throw new NotRestorable(
    `The database is in use by ${rows.map(({ name }) => name).join(', ')}: stop api, relay and projector first.`,
  );
}

async function mustBeEmpty(client: pg.Client): Promise<void> {
  const { rows: made } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) name where to_regclass(name) is not null`,
    [['log.events', 'log.keys', 'vault.keys', 'vault.sealed', 'audit.access']],
  );
  for (const { name } of made) {
    const { rows } = await client.query<{ full: boolean }>(`select exists (select from ${name}) as full`);
    if (!rows[0]?.full) continue;
    throw new NotRestorable(`There are rows in ${name}. Restore into an empty database: create another one.`);
  }
}

async function mustBeWhole(chain: readonly Backup[], { onProgress, signal }: RestoreOptions): Promise<void> {
  const total = chain.flatMap(({ manifest }) => manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  for (const one of chain) {
    for (const table of one.manifest.tables) {
      await checkFile(one, table, (rows) => {
        signal?.throwIfAborted();
        onProgress?.('files', done + rows, total);
      });
      done += table.rows;
    }
  }
}

/** All of a chain have the same migrations. */
async function mustBeReadable(chain: readonly [Backup, ...Backup[]]): Promise<void> {
  const known = new Map((await migrations()).map(({ number, sha256 }) => [number, sha256]));
  for (const { number, name, sha256 } of chain[0].manifest.migrations) {
    if (known.get(number) === sha256) continue;
    throw new BadBackup(
      `The backup was taken with migration ${name}, which this Kosh does not have: restore it with the version that ` +
        'took it, or a later one.',
    );
  }
}

function numbersOf([{ manifest }]: readonly [Backup, ...Backup[]]): ReadonlySet<number> {
  return new Set(manifest.migrations.map(({ number }) => number));
}

async function compared(
  pool: pg.Pool,
  chain: readonly Backup[],
  projection: Projection,
  onProgress: (progress: FillProgress) => void,
): Promise<RestoredModel> {
  const now = await digest(pool, projection);
  const { name } = projection;
  const atBackup = chain
    .flatMap(({ manifest }) => manifest.digests)
    .findLast((one) => one.name === name && one.position <= now.position);
  if (!atBackup) return { name, ...now, atBackup: null };
  const { position } = atBackup;
  // What was added to a backup tells of no digests, so that adding is quick.
  const same = position === now.position ? now : await replayDigest(pool, projection, position, onProgress);
  return { name, ...now, atBackup: { position, ok: same.digest === atBackup.digest } };
}
