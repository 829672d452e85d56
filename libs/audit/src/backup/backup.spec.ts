import { execFileSync } from 'node:child_process';
import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { caseFile, intend } from '#domain';
import { connect, head, historyOf, openStore, readPage } from '#event-store';
import { READ_MODELS, rebuild } from '#projections';
import { Vault, WrongMasterKey } from '#vault';
import { emptyDatabase, type TestDatabase } from '../../../../test/support/database.js';
import { emptyFolders } from '../../../../test/support/folders.js';
import { requestBy, type SmallAgency, smallAgency } from '../../../../test/support/small-agency.js';
import { backup } from './backup.js';
import { BadBackup, type Manifest, openBackup } from './manifest.js';
import { beginAnew, NotRestorable, restore, type RestoreOptions } from './restore.js';

const MASTER_KEY = Buffer.alloc(32, 9);
/** Of someone in the small agency, who stands in the vault and nowhere else. */
const NAME = 'Zqxwv';

const emptyFolder = emptyFolders();
const databases: TestDatabase[] = [];
let agency: SmallAgency;
let owner: pg.Pool;
let auditor: pg.Pool;
let folder: string;

beforeAll(async () => {
  agency = await smallAgency();
  owner = connect(agency.url, 'kosh_owner', { applicationName: 'spec' });
  auditor = connect(agency.url, 'kosh_api', { applicationName: 'spec' });
  const projector = connect(agency.url, 'kosh_projector');
  await rebuild({ projections: READ_MODELS, pool: projector });
  await projector.end();
  await owner.query(
    `insert into audit.access (request_id, actor, role, office, action, subject, outcome)
       values (gen_random_uuid(), 'aigul', 'auditor', 'Almaty', 'read', 'case', 'ok')`,
  );
  await owner.query(`insert into road.relay values ('kosh.events', 7, 3)`);
  await owner.query(`insert into reading.cursors values ('arrivals', $1, 4)`, [agency.events]);
});

beforeEach(async () => {
  folder = join(await emptyFolder(), 'monday');
});

afterAll(async () => {
  await Promise.all([owner.end(), auditor.end()]);
  await agency.drop();
  await Promise.all(databases.map(({ drop }) => drop()));
});

describe('a backup of the agency', () => {
  it('holds all that cannot be made again, and each file can be checked without Kosh', async () => {
    const { manifest } = await taken();
    const found = manifest.tables.map(({ name, rows }) => [name, rows]);
    expect(found).toEqual([
      ['audit.access', 1],
      ['audit.checkpoints', 0],
      ['log.epochs', 1],
      ['log.events', agency.events],
      ['log.identity', 1],
      ['log.keys', expect.any(Number)],
      ['reading.cursors', READ_MODELS.length + 1],
      ['road.relay', 1],
      ['vault.keys', 2],
      ['vault.master', 1],
      ['vault.sealed', 2],
    ]);
    expect(manifest.head).toEqual(await head(owner));
    expect(manifest.digests.map(({ name }) => name)).toEqual(READ_MODELS.map(({ name }) => name));
    expect(execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder }).toString()).not.toMatch(
      /FAILED/,
    );
  });

  it('can be read by its owner only, and holds neither a name nor the master key', async () => {
    await taken();
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      expect([name, ((await stat(path)).mode & 0o777).toString(8)]).toEqual([name, '600']);
      const content = await readFile(path, 'latin1');
      for (const secret of [NAME, MASTER_KEY.toString('hex'), MASTER_KEY.toString('base64')])
        expect(content).not.toContain(secret);
    }
    expect(((await stat(folder)).mode & 0o777).toString(8)).toBe('700');
  });

  it('is the same bytes when nothing has happened since', async () => {
    const monday = await taken();
    const again = await taken(`${folder}-again`);
    expect(again.manifest.tables).toEqual(monday.manifest.tables);
  });

  it('never goes into a folder that is there, and leaves none behind where it fails', async () => {
    await mkdir(folder);
    await expect(taken()).rejects.toThrow('is there already');
    const signal = AbortSignal.abort(new Error('Interrupted.'));
    await expect(backup({ pool: owner, folder: `${folder}-2`, signal })).rejects.toThrow('Interrupted');
    expect(await readdir(join(folder, '..'))).toEqual(['monday']);
  });
});

describe('a restore', () => {
  it('puts everything back, verified, under another epoch', async () => {
    const { manifest } = await taken();
    const { url } = await database();
    const report = await back(url);
    expect(report).toMatchObject({
      ok: true,
      position: agency.events,
      leftOut: 0,
      matched: [agency.events],
      headHash: manifest.head.hash,
      checkpoints: null,
      readModels: READ_MODELS.map(({ name }) => ({ name, atBackup: { position: agency.events, ok: true } })),
    });
    const restored = connect(url, 'kosh_owner');
    expect(await readPage(restored, 0)).toEqual(await readPage(owner, 0));
    for (const table of ['log.keys', 'vault.keys', 'vault.sealed', 'audit.access', 'log.identity'])
      expect(await rowsOf(restored, table)).toEqual(await rowsOf(owner, table));
    const before = await historyOf(owner);
    expect(await historyOf(restored)).toEqual({ ...before, epoch: report.epoch, sharedUpTo: agency.events });
    expect(report.epoch).toBeGreaterThan(before.epoch);
    await restored.end();
  });

  it('fences whoever held a cursor: relay from the start, read models anew, processes from where they were', async () => {
    await taken();
    const { url } = await database();
    await back(url);
    const restored = connect(url, 'kosh_owner');
    expect(await rowsOf(restored, 'road.relay')).toEqual([{ name: 'kosh.events', position: '0', epoch: 4 }]);
    const { rows } = await restored.query(
      `select position, epoch from reading.cursors where name = 'arrivals'`,
    );
    expect(rows).toEqual([{ position: `${agency.events}`, epoch: 5 }]);
    await restored.end();
  });

  it('lets the one who has the master key read, and no other; and the agency goes on', async () => {
    await taken();
    const { url } = await database();
    await back(url);
    const { store, pool, close } = openStore(url);
    await expect(Vault.open(pool, Buffer.alloc(32, 8))).rejects.toBeInstanceOf(WrongMasterKey);
    const vault = await Vault.open(pool, MASTER_KEY);
    const { rows } = await pool.query<{ sealed: Buffer }>(
      'select sealed from log.events where sealed is not null',
    );
    expect(await vault.openSealed(rows[0]?.sealed ?? Buffer.alloc(0))).toEqual({ names: [{ full: NAME }] });
    const receipt = await store.transact([moved(agency.refugee, '1998-03-01')], requestBy());
    expect(receipt.position).toBe(agency.events + 1);
    await pool.query(
      `insert into audit.access (request_id, actor, role, office, action, subject, outcome)
         values (gen_random_uuid(), 'aigul', 'auditor', 'Almaty', 'read', 'case', 'ok')`,
    );
    await close();
  });

  it('can be backed up and put back again, under a still later epoch', async () => {
    await taken();
    const first = await database();
    const { epoch } = await back(first.url);
    const pool = connect(first.url, 'kosh_owner');
    await backup({ pool, folder: `${folder}-2` });
    await pool.end();
    const second = await database();
    expect((await back(second.url, { folder: `${folder}-2` })).epoch).toBeGreaterThan(epoch);
    // The first backup knows nothing of the second epoch, and yet is put back under a third.
    const third = await database();
    expect((await back(third.url)).epoch).toBeGreaterThan(epoch);
  });

  it('takes hashes that were kept elsewhere, and refuses another log', async () => {
    await taken();
    const [, second] = await readPage(owner, 0, 2);
    const right = { position: 2, hash: second?.hash.toString('hex') ?? '' };
    const { url } = await database();
    const wrong = { ...right, hash: 'ab'.repeat(32) };
    await expect(back(url, { known: [wrong] })).rejects.toThrow(
      'The log in the backup is another one: position 2',
    );
    expect(await back(url, { known: [right] })).toMatchObject({ ok: true, matched: [2, agency.events] });
  });
});

describe('a damaged backup is refused before anything is touched', () => {
  const DAMAGE: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
    ['a byte was flipped', flipped, /SHA-256|not as it was written/],
    [
      'the end is missing',
      async (path) => truncate(path, (await stat(path)).size - 1),
      /bytes|not as it was written/,
    ],
    ['something was added', (path) => appendFile(path, '\n'), /bytes|not as it was written/],
  ];

  it.each(DAMAGE)('where %s, whichever file it is in', async (_, damage, says) => {
    await taken();
    const { url } = await database();
    const names = await readdir(folder);
    for (const name of names) {
      const path = join(folder, name);
      if ((await stat(path)).size === 0) continue;
      await copyFile(path, `${folder}-${name}`);
      await damage(path);
      const refused = await back(url).catch((error: unknown) => error);
      expect([name, refused]).toEqual([name, expect.any(BadBackup)]);
      expect(String(refused)).toMatch(new RegExp(`${name.replace('.', '\\.')}.*(${says.source})`));
      await copyFile(`${folder}-${name}`, path);
    }
    expect(names).toHaveLength(13);
    expect(await schemasOf(url)).toEqual([]);
  });

  it('where a file is missing, or all of it', async () => {
    const { url } = await database();
    await expect(back(url)).rejects.toThrow(/manifest\.json cannot be read/);
  });

  it('where a later version took it', async () => {
    await taken();
    const text = await readFile(join(folder, 'manifest.json'), 'utf8');
    const manifest = JSON.parse(text) as Manifest;
    const later = { number: 9_999, name: '9999_later.sql', sha256: '00' };
    await rewritten(JSON.stringify({ ...manifest, migrations: [...manifest.migrations, later] }));
    const { url } = await database();
    await expect(back(url)).rejects.toThrow('9999_later.sql');
  });
});

describe('a database that cannot take it', () => {
  it('has a log already', async () => {
    await taken();
    await expect(back(agency.url)).rejects.toThrow('There are rows in log.events');
  });

  it('is in use', async () => {
    await taken();
    const { url } = await database();
    const api = new pg.Client({ connectionString: url, application_name: 'kosh-relay' });
    await api.connect();
    await expect(back(url)).rejects.toThrow(NotRestorable);
    await api.end();
  });
});

describe('a restore that is ended half-way', () => {
  it('has loaded nothing, and begins again as if it had not been', async () => {
    await taken();
    const { url } = await database();
    for (const at of ['log.events', 'vault.sealed', 'chain']) {
      const stop = new AbortController();
      const onProgress = (what: string) => {
        if (what === at) stop.abort(new Error(`Ended at ${at}.`));
      };
      // Each step looks whether it shall end before it begins.
      await expect(back(url, { onProgress, signal: stop.signal })).rejects.toThrow(`Ended at ${at}`);
      const client = new pg.Client(url);
      await client.connect();
      expect(await rowsOf(client, 'log.events')).toEqual([]);
      await client.end();
    }
    expect(await back(url)).toMatchObject({ ok: true, position: agency.events });
  });
});

describe('backups that go on from one another', () => {
  let other: SmallAgency;
  let pool: pg.Pool;

  beforeEach(async () => {
    other = await smallAgency();
    databases.push(other);
    pool = connect(other.url, 'kosh_owner', { applicationName: 'spec' });
  });

  const go = async (name: string, since?: string) =>
    backup({ pool, folder: join(folder, '..', name), ...(since && { since: join(folder, '..', since) }) });

  it('are together what the agency has, and a day costs what it recorded', async () => {
    await go('monday');
    await worked(other, 2);
    const tuesday = await go('tuesday', 'monday');
    await worked(other, 1);
    const wednesday = await go('wednesday', 'tuesday');
    const events = ({ manifest }: typeof tuesday) =>
      manifest.tables.find(({ name }) => name === 'log.events')?.rows;
    expect([tuesday, wednesday].map(events)).toEqual([2, 1]);
    const { url } = await database();
    const report = await back(url, { folder: wednesday.folder });
    expect(report).toMatchObject({ ok: true, position: other.events + 3 });
    expect(report.matched).toEqual([other.events, other.events + 2, other.events + 3]);
    const restored = connect(url, 'kosh_owner');
    for (const table of ['log.events', 'log.keys', 'vault.keys', 'vault.sealed'])
      expect(await rowsOf(restored, table)).toEqual(await rowsOf(pool, table));
    await restored.end();
    await pool.end();
  });

  it('do not bring back who was erased meanwhile, nor a key under an older master key', async () => {
    await go('monday');
    await pool.query('delete from vault.sealed where subject = $1', [other.refugee]);
    await pool.query('delete from vault.keys where subject = $1', [other.refugee]);
    await pool.query(`update vault.keys set wrapped = '\\x00'`);
    await worked(other, 1);
    const { folder: tuesday } = await go('tuesday', 'monday');
    const { url } = await database();
    expect(await back(url, { folder: tuesday })).toMatchObject({ ok: true, position: other.events + 1 });
    const restored = connect(url, 'kosh_owner');
    const keys = await rowsOf(restored, 'vault.keys');
    expect(keys).toEqual(await rowsOf(pool, 'vault.keys'));
    expect(keys).toHaveLength(1);
    await restored.end();
    await pool.end();
  });

  it('refuse to go on where the log is not the one of before', async () => {
    await go('monday');
    const elsewhere = join(await emptyFolder(), 'tuesday');
    await expect(backup({ pool, folder: elsewhere, since: folder })).rejects.toThrow('beside');
    await pool.query(`update log.events set hash = '\\x00' where position = $1`, [other.events]);
    await expect(go('tuesday', 'monday')).rejects.toThrow(`position ${other.events} has changed`);
    await pool.query('insert into log.epochs values (2, 1, now())');
    await expect(go('tuesday', 'monday')).rejects.toThrow('put back from a backup');
    await pool.query('update log.identity set id = gen_random_uuid()');
    await expect(go('tuesday', 'monday')).rejects.toThrow('another log');
    await pool.end();
  });

  it('are refused where one in between is missing, or is another', async () => {
    await go('monday');
    await worked(other, 1);
    await go('tuesday', 'monday');
    await worked(other, 1);
    const { folder: wednesday } = await go('wednesday', 'tuesday');
    const { url } = await database();
    await cp(join(folder, '..', 'monday'), join(folder, '..', 'tuesday'), { recursive: true });
    await expect(back(url, { folder: wednesday })).rejects.toThrow(
      /tuesday is not the backup that .*wednesday/,
    );
    await pool.end();
  });
});

describe('a database that Postgres itself put back', () => {
  it('goes on under another epoch, and the relay sends all of it again', async () => {
    await taken();
    const { url } = await database();
    const { epoch } = await back(url);
    const restored = connect(url, 'kosh_owner', { applicationName: 'spec' });
    await restored.query('update road.relay set position = 9');
    const next = await beginAnew(url);
    expect(next.epoch).toBeGreaterThan(epoch);
    expect(await historyOf(restored)).toMatchObject({ ...next, sharedUpTo: agency.events });
    expect(await rowsOf(restored, 'road.relay')).toEqual([{ name: 'kosh.events', position: '0', epoch: 5 }]);
    await restored.end();
  });

  it('is left as it is while somebody uses it', async () => {
    const api = new pg.Client({ connectionString: agency.url, application_name: 'kosh-kosh_api' });
    await api.connect();
    await expect(beginAnew(agency.url)).rejects.toThrow('in use by kosh-kosh_api');
    await api.end();
    expect(await historyOf(owner)).toMatchObject({ epoch: 1, sharedUpTo: null });
  });
});

describe('a restore to a point in time', () => {
  it('leaves out what was recorded after a position, with its keys and what was sealed', async () => {
    await taken();
    const { url } = await database();
    // Position 4: someone was registered, and moved; the returnee, with sealed details, comes after.
    const report = await back(url, { to: '4' });
    expect(report).toMatchObject({ ok: true, position: 4, leftOut: agency.events - 4 });
    expect(report.readModels.map(({ position, atBackup }) => [position, atBackup])).toEqual(
      READ_MODELS.map(() => [4, null]),
    );
    const restored = connect(url, 'kosh_owner');
    expect(await readPage(restored, 0)).toEqual(await readPage(owner, 0, 4));
    expect(await rowsOf(restored, 'vault.sealed')).toHaveLength(1);
    expect(await rowsOf(restored, 'vault.keys')).toHaveLength(1);
    const { rows } = await restored.query(
      'select max(last_position) as last, count(*) as keys from log.keys',
    );
    expect(rows).toEqual([{ last: '4', keys: '4' }]);
    expect(await rowsOf(restored, 'audit.access')).toHaveLength(1);
    expect(await historyOf(restored)).toMatchObject({ sharedUpTo: 4 });
    await restored.end();
  });

  it('takes a moment, up to that of the backup itself', async () => {
    const { manifest } = await taken();
    const [, , third, fourth] = await readPage(owner, 0, 4);
    const { url } = await database();
    const moment = third?.recordedAt ?? '';
    // What was recorded in the same millisecond is as old.
    const last = fourth?.recordedAt === moment ? 4 : 3;
    expect((await back(url, { to: moment })).position).toBe(last);
    const later = await database();
    expect((await back(later.url, { to: manifest.takenAt })).position).toBe(agency.events);
  });

  it.each([
    ['1000000', /does not reach to 1000000/],
    ['2126-01-01T00:00:00Z', /does not reach/],
    ['yesterday', /Give a position of the log/],
  ])('refuses %s, and loads nothing', async (to, says) => {
    await taken();
    const { url } = await database();
    await expect(back(url, { to })).rejects.toThrow(says);
    expect(await back(url)).toMatchObject({ ok: true });
  });

  it('puts a process back to before the event whose consequences are cut off', async () => {
    const other = await smallAgency();
    databases.push(other);
    const pool = connect(other.url, 'kosh_owner', { applicationName: 'spec' });
    const landing = other.events;
    const [landed] = await readPage(pool, landing - 1, 1);
    const cause = `${landed?.stream}/${landed?.version}`;
    await worked(other, 1); // Somebody else, between the landing and what follows from it.
    const { store, close } = openStore(other.url);
    await store.transact([moved(other.refugee, '1998-04-01')], {
      ...requestBy(),
      actor: 'process:arrivals',
      causationId: cause,
    });
    await close();
    await pool.query(`insert into reading.cursors values ('arrivals', $1, 1)`, [landing + 2]);
    await backup({ pool, folder });
    const { url } = await database();
    await back(url, { to: String(landing + 1) });
    const restored = connect(url, 'kosh_owner');
    const { rows } = await restored.query(`select position from reading.cursors where name = 'arrivals'`);
    expect(rows).toEqual([{ position: `${landing - 1}` }]);
    await Promise.all([restored.end(), pool.end()]);
  });
});

async function taken(into = folder) {
  return backup({ pool: owner, folder: into, digests: { pool: auditor, of: READ_MODELS } });
}

async function back(url: string, options: Partial<RestoreOptions> = {}) {
  return restore({ url, folder, readModels: READ_MODELS, ...options });
}

async function database(): Promise<TestDatabase> {
  const made = await emptyDatabase();
  databases.push(made);
  return made;
}

async function flipped(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** A manifest with other contents, and the sum that belongs to it. */
async function rewritten(manifest: string): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), manifest);
  const sums = execFileSync('sh', ['-c', 'sha256sum *.copy manifest.json'], { cwd: folder });
  await writeFile(join(folder, 'SHA256SUMS'), sums);
  expect((await openBackup(folder)).folder).toBe(folder);
}

async function rowsOf(db: Pick<pg.Pool, 'query'>, table: string): Promise<readonly object[]> {
  return (await db.query<object>(`select * from ${table} t order by t::text`)).rows;
}

async function schemasOf(url: string): Promise<readonly string[]> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname in ('kosh', 'log', 'vault')`,
  );
  await client.end();
  return rows.map(({ name }) => name);
}

/** The agency records so many things more, some of them sealed. */
async function worked({ url, refugee }: SmallAgency, times: number): Promise<void> {
  const { store, close } = openStore(url);
  for (let i = 0; i < times; i += 1) await store.transact([moved(refugee, `1998-03-0${i + 1}`)], requestBy());
  await close();
}

let regions = 0;

function moved(refugee: string, relocatedOn: string) {
  const elsewhere = ['KZ-75', 'KZ-63', 'KZ-27', 'KZ-31', 'KZ-35', 'KZ-39', 'KZ-43', 'KZ-47', 'KZ-55'];
  const region = elsewhere[(regions += 1) % elsewhere.length] ?? '';
  return intend(caseFile, refugee, {
    type: 'Relocate',
    data: { region, relocatedOn, today: '1998-07-01' },
  });
}
