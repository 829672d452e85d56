import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#embedded';
import { localTokens, ROLES } from '#vault';
import { AppProcess } from '../support/processes.js';
import type { Timed } from './measure.js';

export type Apis = Readonly<{
  /** Each a process of its own. */
  processes: readonly AppProcess[];
  urls: readonly string[];
  /** Of someone who may do everything. */
  token: string;
}>;

/** What `work` finds at API processes of one database, started as in production but on this machine. */
export async function ofApis<T>(
  { databaseUrl, count, nodeOptions = [] }: { databaseUrl: string; count: number; nodeOptions?: string[] },
  work: (apis: Apis) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kosh-bench-'));
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const processes = ports.map((port, i) => {
    const env = {
      DATABASE_URL: databaseUrl,
      KOSH_DATA_DIR: dataDir,
      KOSH_REQUESTS_PER_MINUTE: '0',
      NODE_OPTIONS: '--max-semi-space-size=64',
    };
    return new AppProcess('api', { ...env, PORT: String(port) }, `${urls[i]}/readyz`, nodeOptions);
  });
  try {
    for (const api of processes) await api.start();
    const tokens = await localTokens(dataDir);
    const token = await tokens.issue({ actor: 'bench', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
    return await work({ processes, urls, token });
  } finally {
    for (const api of processes) await api.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Registrations by so many clients in all, by one process of callers for each of `urls`. */
export async function drive(
  urls: readonly string[],
  token: string,
  clients: number,
  forMs: number,
): Promise<Timed> {
  const driver = new URL('driver.js', import.meta.url).pathname;
  const share = String(clients / urls.length);
  const runs = await Promise.all(
    urls.map(async (url) => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        driver,
        url,
        token,
        share,
        String(forMs),
      ]);
      return JSON.parse(stdout) as Timed;
    }),
  );
  return {
    perSecond: runs.reduce((sum, run) => sum + run.perSecond, 0),
    p50Ms: Math.max(...runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...runs.map(({ p99Ms }) => p99Ms)),
  };
}
