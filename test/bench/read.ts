import { connect, head, readAll, readRows } from '#event-store';
import { population, populationReport, READ_MODELS, rebuild } from '#projections';
import { fill, threeMore } from './fill.js';
import { type Figure, load, median, timed } from './measure.js';

const REPEATS = 3;
const SMALL = 50_000;
const CASES = 200_000;

/** Rebuild of 200,000 events, and the population report over 200,000 cases, each beside its limit. */
export async function benchReading(url: string): Promise<readonly Figure[]> {
  const pool = connect(url, 'kosh_projector', { max: 6 });
  try {
    await fill(url, SMALL, threeMore);
    const rebuilding = await benchRebuild(pool);
    await fill(url, CASES - SMALL);
    await rebuild({ projection: population, pool });
    return [...rebuilding, ...(await benchReport(pool))];
  } finally {
    await pool.end();
  }
}

async function benchRebuild(pool: ReturnType<typeof connect>): Promise<readonly Figure[]> {
  const { position: events } = await head(pool);
  const perSecond = (ms: number) => (events / ms) * 1_000;
  const runs = { parsed: [] as number[], bytes: [] as number[], ledger: [] as number[], all: [] as number[] };
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    runs.bytes.push(await timed(() => drain(readRows(pool))));
    runs.parsed.push(await timed(() => drain(readAll(pool))));
    runs.ledger.push(await timed(() => rebuild({ projection: population, pool })));
    runs.all.push(
      await timed(async () => {
        for (const projection of READ_MODELS) await rebuild({ projection, pool });
      }),
    );
  }
  const limit = { what: 'COPY out and parse', value: perSecond(median(runs.parsed)) };
  const ledger = perSecond(median(runs.ledger));
  return [
    {
      work: `read ${events} events by COPY, unparsed`,
      value: perSecond(median(runs.bytes)),
      unit: '/s',
      limit,
    },
    {
      work: `rebuild of the population ledger, ${events} events`,
      value: ledger,
      unit: '/s',
      limit,
      target: '≥ 100,000/s',
      reached: ledger >= 100_000,
    },
    {
      work: 'rebuild of all read models, one after another',
      value: perSecond(median(runs.all)),
      unit: '/s',
      limit,
    },
  ];
}

async function drain(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const batch of batches) if (!batch) throw new Error('An empty batch.');
}

async function benchReport(pool: ReturnType<typeof connect>): Promise<readonly Figure[]> {
  const { position } = await head(pool);
  const ask = () => populationReport(pool, { by: ['placeFled', 'status'], validOn: '1998-12-31', position });
  await ask();
  const report = await load(1, 5_000, ask);
  const nothing = await load(1, 1_000, () => pool.query('select 1'));
  return [
    {
      work: `population by origin and status, ${CASES.toLocaleString('en')} cases`,
      value: report.p50Ms,
      unit: 'ms',
      p50Ms: report.p50Ms,
      p99Ms: report.p99Ms,
      limit: { what: 'select 1', value: nothing.p50Ms },
      target: '< 150 ms',
      reached: report.p50Ms < 150,
    },
  ];
}
