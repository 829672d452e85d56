import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#embedded';
import { connect } from '#event-store';
import { localTokens, ROLES } from '#vault';
import { AppProcess } from '../support/processes.js';
import { type Figure, load, type Timed } from './measure.js';

const FOR_MS = 5_000;
/** Before anything counts: the machine code is made. */
const WARM_UP_MS = 3_000;
const TARGET = 1_500;

/**
 * Registrations through HTTP: token, validation, rules, seal, append. The API and the callers are processes of their
 * own, as in production, but on this one machine. Beside it `select 1` by as many clients.
 */
export async function benchHttp(databaseUrl: string): Promise<readonly Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kosh-bench-'));
  const ports = await Promise.all([freePort(), freePort()]);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const apis = ports.map((port, i) => {
    const env = {
      DATABASE_URL: databaseUrl,
      KOSH_DATA_DIR: dataDir,
      KOSH_REQUESTS_PER_MINUTE: '0',
    };
    return new AppProcess('api', { ...env, PORT: String(port) }, `${urls[i]}/readyz`);
  });
  const pool = connect(databaseUrl, 'kosh_api', { max: 32 });
  try {
    for (const api of apis) await api.start();
    const tokens = await localTokens(dataDir);
    const token = await tokens.issue({ actor: 'bench', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
    const figures: Figure[] = [];
    for (const { clients, of } of [
      { clients: 1, of: urls.slice(0, 1) },
      { clients: 32, of: urls.slice(0, 1) },
      { clients: 32, of: urls },
    ]) {
      const share = clients / of.length;
      await Promise.all(of.map((url) => drive(url, token, share, WARM_UP_MS)));
      const runs = await Promise.all(of.map((url) => drive(url, token, share, FOR_MS)));
      const nothing = await load(clients, 1_000, () => pool.query('select 1'));
      const perSecond = runs.reduce((sum, run) => sum + run.perSecond, 0);
      figures.push({
        work: `registrations through HTTP, ${clients} clients, ${of.length} API process${of.length > 1 ? 'es' : ''}`,
        value: perSecond,
        unit: '/s',
        p50Ms: Math.max(...runs.map(({ p50Ms }) => p50Ms)),
        p99Ms: Math.max(...runs.map(({ p99Ms }) => p99Ms)),
        limit: { what: 'select 1', value: nothing.perSecond },
        goals: clients === 1 ? [] : [{ text: '≥ 1,500/s', reached: perSecond >= TARGET }],
      });
    }
    return figures;
  } finally {
    for (const api of apis) await api.stop();
    await pool.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function drive(url: string, token: string, clients: number, forMs: number): Promise<Timed> {
  const driver = new URL('driver.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    driver,
    url,
    token,
    String(clients),
    String(forMs),
  ]);
  return JSON.parse(stdout) as Timed;
}
