import { connect, head, LogSource, readAll, readByStream, readRows } from '#event-store';
import {
  keepSubtotals,
  population,
  populationReport,
  type Projection,
  READ_MODELS,
  rebuild,
  runProjection,
} from '#projections';
import { fill, threeMore } from './fill.js';
import { type Figure, load, median, timed } from './measure.js';

type Pool = ReturnType<typeof connect>;

const REPEATS = 3;
const CASES = 50_000;
const CASES_REPORTED = 200_000;

/** Reading, rebuilding and following a log of 200,000 events, and the population report over 200,000 cases. */
export async function benchReading(url: string): Promise<readonly Figure[]> {
  const pool = connect(url, 'kosh_projector', { max: 16 });
  try {
    await fill(url, CASES, threeMore);
    await settle(url);
    // Before anything counts: the machine code is made.
    await rebuild({ projections: [population], pool });
    const { position: events } = await head(pool);
    const perSecond = (runs: readonly number[]) => (events / median(runs)) * 1_000;
    const runs = { bytes: [], parsed: [], byStream: [], ledger: [], backlog: [] } as Record<string, number[]>;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      runs['bytes']?.push(await timed(() => drain(readRows(pool))));
      runs['parsed']?.push(await timed(() => drain(readAll(pool))));
      runs['byStream']?.push(await timed(() => drain(readByStream(pool, events))));
      runs['ledger']?.push(await timed(() => rebuild({ projections: [population], pool })));
      await forgetAll(url);
      runs['backlog']?.push(await timed(() => followed(pool, READ_MODELS, events)));
    }
    const of = (name: string) => perSecond(runs[name] ?? []);
    const limit = { what: 'COPY out and parse', value: of('parsed') };
    const ledger = of('ledger');
    const backlog = of('backlog');
    const count = events.toLocaleString('en');
    const figures: Figure[] = [
      { work: `read ${count} events by COPY, unparsed`, value: of('bytes'), unit: '/s', limit },
      {
        work: `read and parse them stream by stream, as a rebuild does`,
        value: of('byStream'),
        unit: '/s',
        limit,
      },
      {
        work: `rebuild of the population ledger, ${count} events`,
        value: ledger,
        unit: '/s',
        limit,
        goals: [{ text: '≥ 100,000/s', reached: ledger >= 100_000 }],
      },
      {
        work: `live projection of a backlog, all read models, ${count} events`,
        value: backlog,
        unit: '/s',
        limit,
        goals: [{ text: '≥ 60,000/s', reached: backlog >= 60_000 }],
      },
    ];
    await fill(url, CASES_REPORTED - CASES);
    await rebuild({ projections: [population], pool });
    return [...figures, await benchReport(pool)];
  } finally {
    await pool.end();
  }
}

/** Rebuilding all read models from a million events, and the report over a million cases. */
export async function benchMillion(url: string): Promise<readonly Figure[]> {
  const pool = connect(url, 'kosh_projector', { max: 16 });
  try {
    await fill(url, 250_000, threeMore);
    await settle(url);
    const { position: events } = await head(pool);
    const parsed = await timed(() => drain(readByStream(pool, events)));
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100);
    const rebuilt = await timed(async () => {
      await rebuild({ projections: READ_MODELS, pool });
    });
    clearInterval(watch);
    const value = (events / rebuilt) * 1_000;
    const limit = { what: 'read and parse stream by stream', value: (events / parsed) * 1_000 };
    const megabytes = Math.round(peak / 1e6);
    const figures: Figure[] = [
      {
        work: `rebuild of all read models, ${events.toLocaleString('en')} events, ${megabytes} MB at most`,
        value,
        unit: '/s',
        limit,
        goals: [
          { text: '≥ 150,000/s', reached: value >= 150_000 },
          { text: '≥ 60 % of reading', reached: value >= 0.6 * limit.value },
          { text: '< 512 MB', reached: megabytes < 512 },
        ],
      },
    ];
    await fill(url, 750_000);
    const { position } = await head(pool);
    await rebuild({ projections: [population], pool });
    await subtotalsMade(pool, position);
    const ask = (by: 'status' | 'ageBand', validOn: string, at: number) => () =>
      populationReport(pool, { by: ['placeFled', by], validOn, position: at });
    const today = new Date().toISOString().slice(0, 10);
    for (const [what, question, ms] of [
      ['today, by origin and status', ask('status', today, position), 100],
      ['today, by origin and age', ask('ageBand', today, position), 100],
      ['on 1996-07-17, by origin and status', ask('status', '1996-07-17', position), 300],
      ['on 1996-07-17 as known at two thirds', ask('status', '1996-07-17', Math.round(position / 1.5)), 300],
      ['on 1996-07-17, by origin and age', ask('ageBand', '1996-07-17', position), 300],
    ] as const) {
      await question();
      const { p50Ms, p99Ms } = await load(1, 3_000, question);
      figures.push({
        work: `population of 1,000,000 cases ${what}`,
        value: p50Ms,
        unit: 'ms',
        p50Ms,
        p99Ms,
        goals: [{ text: `≤ ${ms} ms`, reached: p50Ms <= ms }],
      });
    }
    return figures;
  } finally {
    await pool.end();
  }
}

async function benchReport(pool: Pool): Promise<Figure> {
  const { position } = await head(pool);
  const ask = () => populationReport(pool, { by: ['placeFled', 'status'], validOn: '1998-12-31', position });
  await ask();
  const report = await load(1, 5_000, ask);
  const nothing = await load(1, 1_000, () => pool.query('select 1'));
  return {
    work: `population by origin and status, ${CASES_REPORTED.toLocaleString('en')} cases, from plain rows`,
    value: report.p50Ms,
    unit: 'ms',
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
    limit: { what: 'select 1', value: nothing.p50Ms },
    goals: [{ text: '< 150 ms', reached: report.p50Ms < 150 }],
  };
}

/** As a log is that was not written this very minute: autovacuum has come by. */
export async function settle(url: string): Promise<void> {
  const owner = connect(url, 'kosh_owner', { max: 1 });
  await owner.query('vacuum (analyze) log.events');
  await owner.end();
}

/** As if no projector had ever run. */
export async function forgetAll(url: string): Promise<void> {
  const owner = connect(url, 'kosh_projector', { max: 1 });
  for (const { name } of READ_MODELS) await owner.query(`drop schema if exists read_${name} cascade`);
  await owner.query('delete from reading.cursors');
  await owner.end();
}

/** One process follows the log with all of them until each has come to its end. */
export async function followed(pool: Pool, projections: readonly Projection[], end: number): Promise<void> {
  const stop = new AbortController();
  const [source, arrived] = [new LogSource(pool), new Set<string>()];
  await Promise.all(
    projections.map((projection) =>
      runProjection({
        projection,
        pool,
        source,
        signal: stop.signal,
        onProgress({ name, position }) {
          if (position >= end) arrived.add(name);
          if (arrived.size === projections.length) stop.abort();
        },
      }),
    ),
  );
}

export async function subtotalsMade(pool: Pool, end: number): Promise<void> {
  const stop = new AbortController();
  const onMade = (position: number) => {
    if (position + 50_000 > end) stop.abort();
  };
  await keepSubtotals({ pool, signal: stop.signal, onMade });
}

export async function drain(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const batch of batches) if (!batch) throw new Error('An empty batch.');
}
