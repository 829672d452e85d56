import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { migrate } from '#event-store';

export type TestDatabase = Readonly<{
  /** As a superuser: `connect(url, role)` narrows it. */
  url: string;
  drop: () => Promise<void>;
}>;

/** The address of the test server, as its superuser; that of `database`, if one is named. */
export function adminUrl(database?: string): string {
  const url = process.env.KOSH_TEST_DATABASE_URL;
  if (url === undefined) throw new Error('No test server: run the specs by Jest, whose setup starts one.');
  const address = new URL(url);
  if (database !== undefined) address.pathname = `/${database}`;
  return address.href;
}

/** A migrated database of one's own: a copy of a template that the first caller of the run makes. */
export async function freshDatabase(): Promise<TestDatabase> {
  const template = templateOfRun();
  await asAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock(5002)');
    const made = await admin.query('select from pg_database where datname = $1 and datistemplate', [
      template,
    ]);
    if (made.rows.length > 0) return;
    await admin.query(`drop database if exists ${template} with (force)`);
    await admin.query(`create database ${template}`);
    await migrate(adminUrl(template));
    await admin.query(`alter database ${template} with is_template true`);
  });
  return create((admin, name) => [
    admin.query(`create database ${name} template ${template}`),
    // Rights on a database are not copied with it.
    admin.query(`grant create on database ${name} to kosh_owner, kosh_projector`),
  ]);
}

/** A database with nothing in it. */
export function emptyDatabase(): Promise<TestDatabase> {
  return create((admin, name) => [admin.query(`create database ${name}`)]);
}

/** At the end of a run, where the server outlives it. */
export async function dropTemplate(): Promise<void> {
  const template = templateOfRun();
  await asAdmin(async (admin) => {
    const made = await admin.query('select from pg_database where datname = $1', [template]);
    if (made.rows.length > 0) await admin.query(`alter database ${template} with is_template false`);
    await admin.query(`drop database if exists ${template} with (force)`);
  });
}

/** Another run on the same server may have other migrations. */
function templateOfRun(): string {
  return `kosh_template_${process.env.KOSH_TEST_RUN}`;
}

async function create(how: (admin: pg.Client, name: string) => Promise<unknown>[]): Promise<TestDatabase> {
  const name = `kosh_${uuidv7().replaceAll('-', '')}`;
  await asAdmin((admin) => Promise.all(how(admin, name)));
  const drop = () => asAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`));
  return { url: adminUrl(name), drop };
}

async function asAdmin(work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client(adminUrl());
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
