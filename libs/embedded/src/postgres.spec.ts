import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { discardPostgres, type Postgres, startPostgres } from './index.js';

let folder: string;
let dataDir: string;
let pidFile: string;
let running: Postgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kosh-embedded-'));
  dataDir = join(folder, 'postgres');
  pidFile = join(dataDir, 'cluster/postmaster.pid');
  chmodSync(folder, 0o755);
  running = await startPostgres({ dataDir });
});

afterAll(async () => {
  await running.stop();
  await discardPostgres(dataDir);
  rmSync(folder, { recursive: true, force: true });
});

describe('a Postgres of our own', () => {
  it('sorts alike on every machine, checks its pages, and asks for a password', async () => {
    const settings = `select datlocprovider, pg_encoding_to_char(encoding) as encoding,
      current_setting('data_checksums') as checksums, current_setting('TimeZone') as zone
      from pg_database where datname = current_database()`;
    expect(await ask(running.url, settings)).toEqual([
      { datlocprovider: expect.stringMatching(/^[bc]$/), encoding: 'UTF8', checksums: 'on', zone: 'UTC' },
    ]);
    expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
    await expect(ask(running.url.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow('password');
  });

  it('refuses to serve data that are being served, and names the Kosh to be ended, not its database', async () => {
    const refusal = `served already, by the Kosh that is process ${process.pid}.`;
    await Promise.all([
      expect(startPostgres({ dataDir })).rejects.toThrow(refusal),
      expect(discardPostgres(dataDir)).rejects.toThrow(refusal),
    ]);
  });

  it('keeps what was written when it is stopped and started again', async () => {
    await ask(running.url, 'create table kept as select 42 as answer');
    await running.stop();
    running = await startPostgres({ dataDir });
    expect(await ask(running.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('takes another port when the wanted one is occupied, and says so', async () => {
    await running.stop();
    const { server, port } = await occupyPort();
    const said: string[] = [];
    running = await startPostgres({ dataDir, port, log: (message) => said.push(message) });
    server.close();
    expect(said[0]).toContain(`Port ${port} is taken`);
    expect(await ask(running.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.each([
    ['a process that is dead', Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }))],
    ['a process that is no Postgres', process.pid],
  ])('starts although the pid file of a power cut names %s', async (_, pid) => {
    await running.stop();
    writeFileSync(pidFile, `${pid}\n${dataDir}/cluster\n`);
    running = await startPostgres({ dataDir });
    expect(await ask(running.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('says what the server said when it cannot start', async () => {
    await running.stop();
    const settings = join(dataDir, 'cluster/postgresql.auto.conf');
    writeFileSync(settings, 'shared_buffers = much\n');
    await expect(startPostgres({ dataDir })).rejects.toThrow('invalid value for parameter "shared_buffers"');
    writeFileSync(settings, '');
    running = await startPostgres({ dataDir });
  });

  it('ends with a parent that is killed, and its data can be served again', async () => {
    await running.stop();
    const build = new URL('../../../dist/libs/embedded/src/index.js', import.meta.url).href;
    const script = `const { startPostgres } = await import(${JSON.stringify(build)});
      console.log((await startPostgres({ dataDir: ${JSON.stringify(dataDir)} })).pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    running = await startPostgres({ dataDir });
    expect(await ask(running.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function occupyPort(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
}
