import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { localTokens } from '#vault';
import { emptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { registration } from '../../../test/support/people.js';
import { Caller } from '../../../test/support/stack.js';
import { environment, typed } from './start.js';
import { startSystem, type System } from './system.js';

const ROOT = new URL('../../..', import.meta.url).pathname;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kosh-standalone-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the settings of the whole in one process', () => {
  it.each(['start', 'demo'])('are judged by %s before anything is started or removed', async (verb) => {
    const { code, out, err } = await run(process.execPath, ['dist/apps/standalone/src/main.js', verb], {
      PORT: 'abc',
      RELAY_PORT: 'def',
      KOSH_READ_MODELS: 'censuses',
      KOSH_MODE: 'test',
      KOSH_DATA_DIR: folder,
    });
    expect({ code, out, left: await readdir(folder) }).toEqual({ code: 78, out: '', left: [] });
    for (const name of ['PORT', 'RELAY_PORT', 'KOSH_READ_MODELS', 'KOSH_MODE']) {
      expect(err.split('\n').filter((line) => line.trim().startsWith(`${name} is`))).toHaveLength(1);
    }
    expect(err).not.toMatch(/DATABASE_URL|KAFKA_BROKERS/);
  });
});

describe('the master key', () => {
  it.each([
    ['short', 'KOSH_MASTER_KEY', 'short', /KOSH_MASTER_KEY is not 32 bytes.*openssl rand/],
    ['missing', 'KOSH_MASTER_KEY_FILE', '/nowhere/key', /KOSH_MASTER_KEY_FILE names \/nowhere\/key/],
    ['malformed', 'KOSH_MASTER_KEY_FILE', 'key', /KOSH_MASTER_KEY_FILE \(\S+\) is not 32 bytes/],
  ])('that is %s is refused before anything is started', async (_, name, value, says) => {
    const key = join(folder, 'key');
    await writeFile(key, 'short', { mode: 0o600 });
    const data = join(folder, 'data');
    const env = { [name]: value === 'key' ? key : value, KOSH_DATA_DIR: data };
    const { code, out, err } = await run(
      process.execPath,
      ['dist/apps/standalone/src/main.js', 'start'],
      env,
    );
    expect({ code, out, left: await readdir(folder) }).toEqual({ code: 78, out: '', left: ['key'] });
    expect(err).toMatch(says);
  });
});

it('an empty PORT is none, and a setting that nothing reads is told', async () => {
  const before = { ...process.env };
  const said: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  try {
    process.env['PORT'] = '';
    process.env['KOSH_DATADIR'] = 'x';
    process.stderr.write = (text) => said.push(String(text)) > 0;
    expect(Number((await environment())['PORT'])).toBeGreaterThan(0);
  } finally {
    process.stderr.write = write;
    process.env = before;
  }
  expect(said.join('')).toMatch(/KOSH_DATADIR .*KOSH_DATA_DIR/);
});

describe('npm start, whose database', () => {
  const command = ['dist/apps/standalone/src/main.js', 'start'];
  const env = { PATH: process.env['PATH'], KAFKA_BROKERS: '127.0.0.1:1', PORT: '0' };

  it('is served already, names the Kosh to be ended; and when that database dies, ends with 1 and says why', async () => {
    const options = { cwd: ROOT, env: { ...env, KOSH_DATA_DIR: folder } };
    const kosh = spawn(process.execPath, command, options);
    const err = text(kosh.stderr);
    for await (const line of createInterface({ input: kosh.stdout })) if (line.includes('To stop')) break;
    kosh.stdout.resume();

    const second = await run(process.execPath, command, {
      ...env,
      PATH: env.PATH ?? '',
      KOSH_DATA_DIR: folder,
    });
    expect([second.code, second.err]).toEqual([
      1,
      expect.stringContaining(`by the Kosh that is process ${kosh.pid}.`),
    ]);

    const pidFile = await readFile(join(folder, 'postgres/cluster/postmaster.pid'), 'utf8');
    process.kill(Number(pidFile.split('\n', 1)[0]), 'SIGKILL');
    if (kosh.exitCode === null) await once(kosh, 'exit');
    expect([kosh.exitCode, await err]).toEqual([
      1,
      expect.stringMatching(/Postgres has ended \(SIGKILL\), and Kosh stops with it/),
    ]);
  }, 60_000);
});

describe('the whole in one process', () => {
  let database: TestDatabase;
  let system: System;

  const start = async (env: Readonly<Record<string, string>>) => {
    const settings = { DATABASE_URL: database.url, PORT: '0', LOG_LEVEL: 'silent', ...env };
    system = await startSystem(folder, settings, () => undefined);
  };

  beforeEach(async () => {
    database = await emptyDatabase();
  });
  afterEach(async () => {
    await system.stop();
    await database.drop();
  });

  it('is degraded, but ready, while Kafka is away, and records what it is told', async () => {
    await start({ KAFKA_BROKERS: '127.0.0.1:1' });
    const answers = new Set<string>();
    while (!answers.has('200 degraded')) {
      const response = await fetch(`${system.url}/readyz`);
      const { status, checks } = (await response.json()) as { status: string; checks: { relay: string } };
      expect(checks.relay).toBe(status);
      answers.add(`${response.status} ${status}`);
    }
    expect([...answers].filter((answer) => !['200 ok', '200 degraded'].includes(answer))).toEqual([]);
    const { issue } = await localTokens(folder);
    const roles = ['registrar'] as const;
    const token = await issue({ actor: 'aigul', office: 'Almaty', roles, ttlSeconds: 600 });
    await new Caller(system.url, token).did('/cases', registration());
  });

  it('signs what it records, also where there is no Kafka', async () => {
    const libs = process.env.KOSH_KAFKA_LIBS;
    process.env.KOSH_KAFKA_LIBS = folder; // In which there is none.
    await start({});
    expect(system.brokers).toBeUndefined();
    const { issue } = await localTokens(folder);
    const token = await issue({ actor: 'aigul', office: 'Almaty', roles: ['registrar'], ttlSeconds: 600 });
    await new Caller(system.url, token).did('/cases', registration());
    await system.stop();
    expect((await readdir(join(folder, 'checkpoints'))).toSorted()).toEqual([
      '0000000000000001.checkpoint',
      '0000000000000001.leaves',
      'key.pub',
    ]);
    process.env.KOSH_KAFKA_LIBS = libs;
    if (libs === undefined) delete process.env.KOSH_KAFKA_LIBS;
    await start({ KAFKA_BROKERS: '127.0.0.1:1' });
  });

  it('is found by the command that it prints, whatever its data folder', async () => {
    await start({ KAFKA_BROKERS: '127.0.0.1:1' });
    const { code, out } = await run('sh', ['-c', `${typed(folder, 'verify')} --json`], {});
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, events: 0 }]);
    expect(typed('.kosh', 'verify')).toBe('npx kosh verify');
    expect(typed('my data', 'verify')).toBe("KOSH_DATA_DIR='my data' npx kosh verify");
  });
});

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH, HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, err };
}
