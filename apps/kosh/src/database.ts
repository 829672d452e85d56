import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { connect, isMigrated, type Role } from '#event-store';

/** The database is away, not named, or not ready for this version of Kosh. */
export class NoDatabase extends Error {
  override readonly name = 'NoDatabase';
}

/** Where Kosh keeps keys and data on this machine. */
export function dataDir(): string {
  return process.env.KOSH_DATA_DIR ?? '.kosh';
}

/** `DATABASE_URL`, else the address that `npm start` leaves in the data folder while it runs. */
export async function databaseUrl(): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
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
export async function withDatabase<T>(role: Role, work: (pool: Pool) => Promise<T>): Promise<T> {
  const url = await databaseUrl();
  const pool = connect(url, role, { max: 4, applicationName: 'kosh-cli' });
  try {
    const migrated = await isMigrated(pool).catch((cause: unknown) => {
      throw new NoDatabase(`No answer from the database at ${place(url)}`, { cause });
    });
    if (!migrated)
      throw new NoDatabase(`The database at ${place(url)} is of another version: run \`kosh migrate\`.`);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** Host and database, without the password. */
function place(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
