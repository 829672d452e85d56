import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#embedded';
import { connect, head } from '#event-store';
import { READ_MODELS } from '#projections';
import { AppProcess } from '../support/processes.js';
import { drive, ofApis } from './apis.js';
import { fill, threeMore } from './fill.js';
import { type Figure, median, middle, timed } from './measure.js';
import { forgetAll, settle } from './read.js';

const REPEATS = 3;
const CLIENTS = 64;
const FOR_MS = 4_000;
const WARM_UP_MS = 3_000;
const CASES = 50_000;
const LOOK_MS = 10;
const SHARE_MIN = 0.95;

const NAMES = READ_MODELS.map(({ name }) => name);
/** Each list is one process's. The first read model, the ledger, has most to do. */
const TOGETHER = [NAMES];
const SPREADS = [[NAMES.slice(0, 1), NAMES.slice(1)], NAMES.map((name) => [name])];

/** Work shared out among processes: they must not slow one another. */
export async function benchSpread(url: string): Promise<readonly Figure[]> {
  return [...(await benchProjectors(url)), await benchApis(url)];
}

/** All read models in one projector process, and spread over several, from nothing to the end of the log. */
async function benchProjectors(url: string): Promise<readonly Figure[]> {
  await fill(url, CASES, threeMore);
  await settle(url);
  const pool = connect(url, 'kosh_projector', { max: 2 });
  try {
    const { position: end } = await head(pool);
    const ways = [TOGETHER, ...SPREADS].map((shares) => ({ shares, runs: [] as number[] }));
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const { shares, runs } of ways) runs.push(await caughtUp(url, pool, end, shares));
    }
    const [together = Number.NaN, ...spread] = ways.map(({ runs }) => (end / median(runs)) * 1_000);
    return spread.map((value, i) => ({
      work: `a backlog of ${end.toLocaleString('en')} events, ${NAMES.length} read models in ${SPREADS[i]?.length} processes`,
      value,
      unit: '/s',
      limit: { what: 'in one process', value: together },
      goals: [{ text: `≥ ${SHARE_MIN} × together`, reached: value >= SHARE_MIN * together }],
    }));
  } finally {
    await pool.end();
  }
}

/** Milliseconds until all read models are at the end, from when all processes stand ready. */
async function caughtUp(
  url: string,
  pool: ReturnType<typeof connect>,
  end: number,
  shares: readonly (readonly string[])[],
): Promise<number> {
  await forgetAll(url);
  const release = await heldBack(pool);
  const processes = await Promise.all(shares.map((names) => projectorOf(url, names)));
  try {
    for (const one of processes) await one.start();
    return await timed(async () => {
      await release();
      while ((await arrived(pool, end)) < NAMES.length) await delay(LOOK_MS);
    });
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
  }
}

/** Holds each read model's turn, so that every process stands by until this is released. */
async function heldBack(pool: ReturnType<typeof connect>): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query(
    `select pg_advisory_lock(hashtextextended('kosh reader ' || name, 0)) from unnest($1::text[]) name`,
    [NAMES],
  );
  return async () => {
    await client.query('select pg_advisory_unlock_all()');
    client.release();
  };
}

async function projectorOf(databaseUrl: string, names: readonly string[]): Promise<AppProcess> {
  const port = await freePort();
  const env = {
    DATABASE_URL: databaseUrl,
    KOSH_READ_MODELS: names.join(','),
    KOSH_PROCESSES: 'none',
    NODE_OPTIONS: '--max-semi-space-size=64',
    PROJECTOR_PORT: String(port),
  };
  return new AppProcess('projector', env, `http://127.0.0.1:${port}/readyz`);
}

async function arrived(pool: ReturnType<typeof connect>, end: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int from reading.cursors where position >= $1 and name = any($2)`,
    [end, NAMES],
  );
  return rows[0]?.count ?? 0;
}

/** One API process, and two that share its callers. There are as many callers' processes each time. */
async function benchApis(databaseUrl: string): Promise<Figure> {
  return ofApis({ databaseUrl, count: 2 }, async ({ urls, token }) => {
    const [first = ''] = urls;
    const [alone, both] = [[first, first], urls];
    await drive(both, token, CLIENTS, WARM_UP_MS);
    const runs = { alone: [], both: [] } as Record<'alone' | 'both', Awaited<ReturnType<typeof drive>>[]>;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      runs.alone.push(await drive(alone, token, CLIENTS, FOR_MS));
      runs.both.push(await drive(both, token, CLIENTS, FOR_MS));
    }
    const { perSecond: value, p50Ms, p99Ms } = middle(runs.both);
    const limit = { what: 'one', value: middle(runs.alone).perSecond };
    return {
      work: `registrations through HTTP, ${CLIENTS} clients, two API processes`,
      value,
      unit: '/s',
      p50Ms,
      p99Ms,
      limit,
      goals: [{ text: `≥ ${SHARE_MIN} × one`, reached: value >= SHARE_MIN * limit.value }],
    };
  });
}
