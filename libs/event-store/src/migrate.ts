import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const FOLDER = new URL('./schema/', import.meta.url);

export type Migration = Readonly<{ number: number; name: string; sql: string; sha256: string }>;

/** The numbered files of `schema/`, in order. */
export async function migrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return {
        number: Number(name.slice(0, 4)),
        name,
        sql,
        sha256: createHash('sha256').update(sql).digest('hex'),
      };
    }),
  );
}

/**
 * Applies what is missing, each file in a transaction of its own; several processes may call it at once.
 * Answers the names applied now. Throws if an applied file has changed since.
 * The login must be allowed to create roles and schemas. With `only`, no others are applied than those numbers.
 */
export async function migrate(url: string, only?: ReadonlySet<number>): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'kosh-migrate' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(5000)');
    await client.query('create schema if not exists kosh');
    await client.query(
      `create table if not exists kosh.migrations (
         number integer primary key, name text not null, sha256 text not null,
         applied_at timestamptz not null default now())`,
    );
    const applied = await client.query<{ number: number; sha256: string }>(
      'select number, sha256 from kosh.migrations',
    );
    const known = new Map(applied.rows.map((row) => [row.number, row.sha256]));
    const now: string[] = [];
    for (const migration of await migrations()) {
      const before = known.get(migration.number);
      if (before === migration.sha256 || only?.has(migration.number) === false) continue;
      if (before !== undefined) {
        throw new Error(
          `Migration ${migration.name} was applied with other contents. Restore that file; write a new one instead.`,
        );
      }
      await apply(client, migration);
      now.push(migration.name);
    }
    return now;
  } finally {
    await client.end();
  }
}

/** The first file makes the roles, as whoever logged in; all others belong to the owner. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    if (migration.number > 1) await client.query('set local role kosh_owner');
    await client.query(migration.sql);
    await client.query('insert into kosh.migrations (number, name, sha256) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${migration.name} failed; nothing of it was kept.`, { cause: error });
  }
}

/** Whether the database has exactly the migrations that this version of Kosh knows. */
export async function isMigrated(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ number: number; sha256: string }>(
    'select number, sha256 from kosh.migrations order by number',
  );
  const wanted = await migrations();
  return rows.length === wanted.length && rows.every((row, i) => row.sha256 === wanted[i]?.sha256);
}
