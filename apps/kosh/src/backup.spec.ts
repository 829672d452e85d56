import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { caseFile, intend } from '#domain';
import { openStore } from '#event-store';
import { emptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { emptyFolders } from '../../../test/support/folders.js';
import { type SmallAgency, smallAgency } from '../../../test/support/small-agency.js';

const MAIN = new URL('../../../dist/apps/kosh/src/main.js', import.meta.url).pathname;
const MASTER_KEY = Buffer.alloc(32, 9).toString('base64');
const FOLLOWED_WITHIN_MS = 20_000;

const emptyFolder = emptyFolders();
const databases: TestDatabase[] = [];
let agency: SmallAgency;
let dataDir: string;
let folder: string;

beforeAll(async () => {
  agency = await smallAgency();
  databases.push(agency);
  dataDir = await emptyFolder();
  folder = join(await emptyFolder(), 'monday');
  await kosh(['rebuild']);
});

afterAll(async () => {
  await Promise.all(databases.map(({ drop }) => drop()));
});

describe('kosh backup', () => {
  it('says what it wrote, and that the master key is not in it', async () => {
    const { code, out } = await kosh(['backup', folder]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/14 events, .* up to position 14 of epoch 1\.\n.*hash [0-9a-f]{64}/),
    ]);
    expect(out).toContain('The master key is not in it');
  });

  it('is asked wrongly for a folder that is there', async () => {
    const { code, out } = await kosh(['backup', folder, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: 'no-backup' } }]);
  });

  it('follows the agency: what it records is backed up while it works, and put back', async () => {
    const row = join(folder, '..', 'week');
    const following = start(['backup', row, '--follow', '--every', '1']);
    await until(() => existsSync(row));
    await recordMove('KZ-63');
    await until(() => existsSync(`${row}.000001`));
    following.kill('SIGINT');
    await once(following, 'exit');
    expect(following.exitCode).toBe(0);

    await recordMove('KZ-27');
    const again = start(['backup', row, '--follow', '--every', '1']);
    await until(() => existsSync(`${row}.000002`));
    again.kill('SIGTERM');
    await once(again, 'exit');

    const { url } = await database();
    const { code, out } = await kosh(['restore', `${row}.000002`, '--database', url, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { position: agency.events + 2, masterKey: null }]);
  });

  it.each([
    ['backup', '--follow', '--every', '90'],
    ['backup', '--follow', '--since', 'monday'],
  ])('is asked wrongly with %s %s %s %s', async (verb, ...options) => {
    expect(await kosh([verb, join(folder, '..', 'never'), ...options])).toMatchObject({ code: 2 });
  });
});

describe('kosh restore', () => {
  it('says what it put back, what it is known by, and whether the master key of this machine opens it', async () => {
    const { url } = await database();
    const { code, out } = await kosh(['restore', folder, '--database', url], { KOSH_MASTER_KEY: MASTER_KEY });
    expect(code).toBe(0);
    expect(out).toContain('The log is back up to position 14.');
    expect(out).toMatch(/It is whole; the last event has hash [0-9a-f]{64}/);
    expect(out).toMatch(/population +│ +14 │ [0-9a-f]{16} │ the same, at 14/);
    expect(out).toContain('The master key of this machine opens the vault.');
    expect(await kosh(['verify'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
  });

  it('warns of another master key', async () => {
    const { url } = await database();
    const other = Buffer.alloc(32, 8).toString('base64');
    const { out } = await kosh(['restore', folder, '--database', url], { KOSH_MASTER_KEY: other });
    expect(out).toContain('does NOT open the vault');
  });

  it.each([
    ['a database that is not empty', () => agency.url, [], 2, 'not-restorable'],
    ['a moment that is none', async () => (await database()).url, ['--to', 'noon'], 2, 'not-a-moment'],
    ['a hash that is none', async () => (await database()).url, ['--known', '3:abc'], 2, 'asked-wrongly'],
    [
      'a log that is another',
      async () => (await database()).url,
      ['--known', `3:${'ab'.repeat(32)}`],
      1,
      'bad-backup',
    ],
  ] as const)('refuses %s', async (_, urlOf, options, exitCode, error) => {
    const { code, out } = await kosh(['restore', folder, '--database', await urlOf(), ...options, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([exitCode, { error: { code: error } }]);
  });

  it('names the file that was altered, and exits with 1', async () => {
    await writeFile(join(folder, 'log.keys.copy'), '');
    const { url } = await database();
    const { code, err } = await kosh(['restore', folder, '--database', url]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/log\.keys\.copy has 0 bytes, but \d+ were written/),
    ]);
  });
});

describe('kosh epoch', () => {
  it('says which history this is, and begins another after Postgres itself was put back', async () => {
    const { url } = await database();
    const env = { DATABASE_URL: url };
    await kosh(['migrate'], env);
    expect(await kosh(['epoch'], env)).toMatchObject({ code: 0, out: 'epoch 1\n' });
    const { code, out } = await kosh(['epoch', '--begin'], env);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^epoch \d{13}; all epochs share the log up to position 0/),
    ]);
  });
});

describe('kosh replay --at', () => {
  it('says that the read models are what the log gives', async () => {
    await kosh(['rebuild']);
    const { code, out } = await kosh(['replay', '--at', 'live', '--diff']);
    expect([code, out]).toEqual([0, expect.stringMatching(/cases: live at position 16, .* the same rows/)]);
    expect(await kosh(['replay', 'drop'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('replay_population'),
    });
  });

  it('tells what has changed since then, and why', async () => {
    const { code, out } = await kosh([
      'replay',
      '--at',
      '14',
      '--into',
      'then',
      '--model',
      'cases',
      '--diff',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/region: live KZ-27, replayed KZ-71/);
    expect(out).toMatch(/15 MigrantRelocated of case-.*: Moved to/);
    expect(await kosh(['replay', 'drop', 'then', '--json'])).toMatchObject({ code: 0 });
  });

  it.each([
    [['--diff'], 'asked-wrongly'],
    [['--at', '3', '--known-at', '3'], 'asked-wrongly'],
    [['--at', '3', '--model', 'people'], 'asked-wrongly'],
    [['--at', 'yesterday'], 'not-a-moment'],
    [['--at', '1000000'], 'known-at-not-settled'],
    [['--at', '3', '--into', 'log.x'], 'no-replay'],
    [['drop', 'never'], 'no-replay'],
  ])('is asked wrongly with %j', async (options, error) => {
    const { code, out } = await kosh(['replay', ...options, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: error } }]);
  });
});

async function recordMove(region: string): Promise<void> {
  const { store, close } = openStore(agency.url);
  const data = { region, relocatedOn: '1998-03-01', today: '1998-07-01' };
  const key = `move to ${region}`;
  await store.transact([intend(caseFile, agency.refugee, { type: 'Relocate', data })], {
    actor: 'registrar',
    office: 'Almaty',
    scope: 'nation',
    key,
    fingerprint: Buffer.alloc(32),
    correlationId: key,
    causationId: key,
  });
  await close();
}

async function database(): Promise<TestDatabase> {
  const made = await emptyDatabase();
  databases.push(made);
  return made;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + FOLLOWED_WITHIN_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Not within ${FOLLOWED_WITHIN_MS} ms.`);
    await delay(20);
  }
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: agency.url, KOSH_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function kosh(args: readonly string[], env?: Readonly<Record<string, string>>) {
  const child = start(args, env);
  const [stdout, stderr] = [child.stdout, child.stderr];
  if (!stdout || !stderr) throw new Error('Its output is piped.');
  const [out, err] = await Promise.all([text(stdout), text(stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, err };
}
