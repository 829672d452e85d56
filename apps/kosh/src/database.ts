import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { connect, isMigrated, type Role } from '#event-store';
import { databaseUrlFrom, mustBeRight } from '#running';

/** The database is away, not named, or not ready for this version of Kosh. */
export class NoDatabase extends Error {
  override readonly name = 'NoDatabase';
}

/** Where Kosh keeps keys and data on this machine. */
export function dataDir(): string {
  return process.env.KOSH_DATA_DIR || '.kosh';
}

/** Whether a Kosh was ever started with this data folder; if not, what to do. */
export function missingDataDir(): string | undefined {
  if (existsSync(dataDir())) return undefined;
  return (
    `There is no Kosh here: no folder ${resolve(dataDir())}. ` +
    'Start one in this folder (npm start), or name its data folder in KOSH_DATA_DIR.'
  );
}

/**
 * `DATABASE_URL`, else the address that `npm start` leaves in the data folder. Throws `BadSettings` where that
 * is no address of a Postgres, `NoDatabase` where there is none.
 */
export async function databaseUrl(): Promise<string> {
  if (process.env.DATABASE_URL) {
    const reasons: string[] = [];
    const url = databaseUrlFrom(process.env, reasons);
    mustBeRight(reasons);
    return url;
  }
  const path = join(dataDir(), 'database-url');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw new NoDatabase(
      `Which database? Set DATABASE_URL, or start Kosh in this folder (npm start): there is no ${path}.`,
    );
  }
}

/** Works with the rights of `role`, on a database that has every migration. */
export async function withDatabase<T>(role: Role, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const url = await databaseUrl();
  const pool = connect(url, role, { max: 4, applicationName: 'kosh-cli' });
  try {
    const migrated = await isMigrated(pool).catch((cause: unknown) => {
      if (isNew(cause)) return false;
      throw noAnswer(url, cause);
    });
    if (!migrated)
      throw new NoDatabase(`The database at ${place(url)} is of another version: run \`kosh migrate\`.`);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** Throws `NoDatabase` if the database does not let us in. */
export async function mustAnswer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw noAnswer(url, cause);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Kosh has never been here: neither its tables (42P01) nor its roles (22023: there is no such role). */
function isNew(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['42P01', '22023'].includes(error.code ?? '');
}

function noAnswer(url: string, cause: unknown): NoDatabase {
  const remedy = process.env.DATABASE_URL
    ? 'Start the database that DATABASE_URL names, or mend that.'
    : `Start Kosh (npm start), whose data are in ${dataDir()}.`;
  return new NoDatabase(`${remedy} There is no answer from the database at ${place(url)}`, { cause });
}

/** Host and database, without the password. */
function place(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
