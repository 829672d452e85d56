import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agency } from '../../../libs/audit/test/agency.js';
import { rechained } from '../../../libs/audit/test/paper-log.js';

const MAIN = new URL('../../../dist/apps/kosh/src/main.js', import.meta.url).pathname;
const EVENTS = 45;

let agency: Agency;

beforeEach(async () => {
  agency = await Agency.open();
  await agency.record(EVENTS);
  await agency.sign({ every: { events: 10, ms: 600_000 } });
});

afterEach(() => agency.close());

describe('kosh verify', () => {
  it('compares with the checkpoints of this machine, and says how far they reach', async () => {
    await agency.record(3);
    const { code, out } = await kosh(['verify']);
    expect([code, out]).toEqual([0, expect.stringContaining('The log is whole: 48 events')]);
    expect(out).toContain('5 signed checkpoints agree, the last of 45 events; the 3 after it');
  });

  it('says so where there is nothing to compare with', async () => {
    await rm(agency.folder, { recursive: true });
    const { code, out } = await kosh(['verify']);
    expect([code, out]).toEqual([0, expect.stringContaining('No checkpoint was compared')]);
  });

  it('compares with checkpoints and a key that were kept elsewhere', async () => {
    const elsewhere = join(agency.dataDir, 'elsewhere');
    await rename(agency.folder, elsewhere);
    const key = (await readFile(join(elsewhere, 'key.pub'), 'utf8')).trim();
    for (const named of [key, join(elsewhere, 'key.pub')]) {
      const { code, out } = await kosh(['verify', '--checkpoints', elsewhere, '--key', named, '--json']);
      expect([code, JSON.parse(out)]).toMatchObject([
        0,
        { ok: true, checkpoints: { matched: 5, signedUpTo: 45 } },
      ]);
    }
  });

  it('sees a removed end, and a history that was rewritten with the key of the database', async () => {
    const rows = await agency.rows();
    await agency.write(rows.slice(0, 40));
    expect(await kosh(['verify'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('The first bad position is 41 (position)'),
    });
    await agency.write(
      rechained(
        rows.map((row) => (row.position < 17 ? row : { ...row, meta: '{}' })),
        17,
      ),
    );
    await agency.intruder.query('truncate log.keys, audit.nodes, audit.checkpoints');
    expect(await kosh(['verify'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('The first bad position is 17 (leaf)'),
    });
  });

  it('reads only what is new since the last time, if it is told to, and says what it did not read', async () => {
    const first = await kosh(['verify', '--since-last']);
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('All of it was read')]);
    await agency.record(5);
    await agency.sign();
    const { code, out } = await kosh(['verify', '--since-last']);
    expect([code, out]).toEqual([0, expect.stringContaining('The log is whole: 50 events')]);
    expect(out).toContain(
      'Read from position 46 on. What is before was verified here earlier, and was NOT read',
    );
    expect(out).toContain('1 signed checkpoints agree, the last of 50 events');

    // What it does not read it does not see. What it reads, it does; and a full reading sees both.
    await agency.intruder.query(`update log.events set meta = '{}' where position = 3`);
    expect((await kosh(['verify', '--since-last'])).code).toBe(0);
    await agency.record(5);
    await agency.intruder.query(`update log.events set meta = '{}' where position = 53`);
    const since = await kosh(['verify', '--since-last', '--json']);
    expect([since.code, JSON.parse(since.out)]).toMatchObject([
      1,
      { readFrom: 51, firstBad: { position: 53 } },
    ]);
    const full = await kosh(['verify', '--json']);
    expect([full.code, JSON.parse(full.out)]).toMatchObject([1, { readFrom: 1, firstBad: { position: 3 } }]);
  });

  it('reads all of it where the tree of the last time is gone, or is not what was signed', async () => {
    await kosh(['verify']);
    await agency.intruder.query(`update audit.nodes set hash = sha256('x')`);
    const { out } = await kosh(['verify', '--since-last', '--json']);
    expect(JSON.parse(out)).toMatchObject({ ok: true, readFrom: 1 });
  });

  it.each([
    ['verify --checkpoints /nowhere', 'There is no checkpoint in /nowhere'],
    ['verify --key nobody', '--key is a file such as key.pub'],
    ['verify --receipt receipt.json', 'A receipt takes --offline or --proof'],
    ['verify --until 3', '--until takes --offline'],
    ['verify --offline /nowhere', 'There is no file /nowhere'],
    ['verify --offline /nowhere --since-last', '--since-last is for the log in its database'],
    ['verify --proof /nowhere', 'A proof takes --key'],
    ['dump --up-to last', 'Give a position'],
  ])('%s is asked wrongly', async (args, why) => {
    const { code, out, err } = await kosh(args.split(' '));
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(why)]);
  });
});

describe('kosh dump', () => {
  it('writes what can be verified without the database', async () => {
    const file = join(agency.dataDir, 'dump.ndjson');
    expect(await kosh(['dump', file])).toEqual({ code: 0, out: '', err: `${EVENTS} events in ${file}\n` });
    const against = ['--checkpoints', agency.folder, '--key', join(agency.folder, 'key.pub')];
    const nowhere = { DATABASE_URL: 'postgres://kosh:hush@127.0.0.1:1/kosh' };
    const { code, out } = await kosh(['verify', '--offline', file, ...against], nowhere);
    expect([code, out]).toEqual([0, expect.stringContaining('5 signed checkpoints agree, the last of 45')]);
    expect(await readdir(agency.dataDir)).not.toContain('dump.ndjson.part');

    await writeFile(file, (await readFile(file, 'utf8')).replace('registrar-1', 'registrar-2'));
    const found = await kosh(['verify', '--offline', file, ...against, '--json'], nowhere);
    expect([found.code, JSON.parse(found.out)]).toMatchObject([1, { ok: false, firstBad: { what: 'hash' } }]);
  });

  it('writes to stdout unless told, and no more than is asked for', async () => {
    const { code, out } = await kosh(['dump', '--up-to', '7']);
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { position: number }).position),
    ).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const file = join(agency.dataDir, 'seven.ndjson');
    expect(JSON.parse((await kosh(['dump', file, '--up-to', '7', '--json'])).out)).toEqual({
      file,
      events: 7,
    });
  });
});

it('kosh dump --json is asked wrongly without a file: there is no room for both on stdout', async () => {
  const { code, out } = await kosh(['dump', '--json']);
  expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: 'asked-wrongly' } }]);
});

describe('kosh checkpoint-key', () => {
  it('prints the key that signs', async () => {
    const key = (await readFile(join(agency.folder, 'key.pub'), 'utf8')).trim();
    expect(await kosh(['checkpoint-key'])).toEqual({ code: 0, out: `${key}\n`, err: '' });
    expect(JSON.parse((await kosh(['checkpoint-key', '--json'])).out)).toEqual({ key, keys: [key] });
  });

  it('says what to do where there is none', async () => {
    await rm(agency.folder, { recursive: true });
    expect(await kosh(['checkpoint-key'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('start the relay, or set KOSH_CHECKPOINT_DIR'),
    });
  });
});

async function kosh(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: agency.url, KOSH_DATA_DIR: agency.dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, err };
}
