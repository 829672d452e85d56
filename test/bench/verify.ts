import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerOffline, dump, parseKeys, proveInclusion, readKeys, verify } from '#audit';
import { connect, readLeaves } from '#event-store';
import { startNotary } from '../../apps/relay/src/notary.js';
import { fill, threeMore } from './fill.js';
import { type Figure, load, timed } from './measure.js';

const EVENTS = 1_000_000;
const SECONDS_MAX = 10;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** A million events signed, verified in the database and out of it, and proven one by one. */
export async function benchVerify(url: string): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kosh-bench-'));
  const pool = connect(url, 'kosh_api', { max: 4 });
  try {
    await fill(url, EVENTS / 4, threeMore);
    const signing = await timed(() => signAll(url, folder));
    const keys = parseKeys((await readKeys(folder)) ?? '');
    const checkpoints = { folder, keys };
    const reading = await timed(() => drain(readLeaves(pool, { after: 0, upTo: EVENTS })));
    const verifying = await timed(() => verify(pool, { checkpoints }));
    const file = join(folder, 'dump.ndjson');
    await pipeline(Readable.from(dump(pool)), createWriteStream(file));
    const offline = await timed(() =>
      answerOffline({ dump: file, checkpoints: folder, key: join(folder, 'key.pub') }),
    );
    const proving = await load(1, 3_000, (_, turn) =>
      proveInclusion(pool, keys, 1 + ((turn * 7_919) % EVENTS)),
    );
    const limit = { what: 'COPY out and hash each', value: perSecond(reading) };
    return [
      figure('sign, a checkpoint after every 1,000', signing, limit),
      figure('kosh verify, with its 1,000 checkpoints', verifying, limit, true),
      figure('kosh verify --offline, of a dump', offline, limit),
      { work: 'proof of inclusion in a million', value: proving.p50Ms, unit: 'ms', ...proving },
    ];
  } finally {
    await pool.end();
    await rm(folder, { recursive: true });
  }
}

function figure(work: string, ms: number, limit: Figure['limit'], isGoal = false): Figure {
  const seconds = ms / 1_000;
  const text = `1,000,000 in ${SECONDS_MAX} s (${seconds.toFixed(1)} s)`;
  return {
    work,
    value: perSecond(ms),
    unit: '/s',
    ...(limit && { limit }),
    ...(isGoal && { goals: [{ text, reached: seconds <= SECONDS_MAX }] }),
  };
}

function perSecond(ms: number): number {
  return (EVENTS / ms) * 1_000;
}

async function signAll(databaseUrl: string, folder: string): Promise<void> {
  const notary = { folder, key: { dataDir: folder }, rowsPerSecond: 0 };
  const { state, close } = await startNotary({ databaseUrl, notary, log: silent });
  while (state() !== 'signing') await new Promise((resolve) => setTimeout(resolve, 10));
  await close();
}

async function drain(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const batch of batches) if (!batch) throw new Error('An empty batch.');
}
