import { v7 as uuidv7 } from 'uuid';
import { caseFile, intend } from '#domain';
import { connect, type EventStore, Gatherer, head, openStore } from '#event-store';
import { cases, listCases, population, populationReport, rebuild } from '#projections';
import { command } from './append.js';
import { requestBy } from '../support/small-agency.js';
import { fill, threeMoreHere } from './fill.js';
import { type Figure, type Goal, load, median, timed } from './measure.js';
import { settle, subtotalsMade } from './read.js';
import { asSuperuser, ofDatabase } from './servers.js';

const SIZES = [10_000, 1_000_000, 5_000_000] as const;
const REPEATS = 3;
const FOR_MS = 1_500;
const COST_MAX = 1.3;
const RATE_MIN = 0.85;
/** Before a subtotal is due none is made. */
const SUBTOTAL_EVERY = 50_000;
/** Files that are worked on, spread over the log: as many at each size, so that each grows as much. */
const FILES = 2_500;
const REGIONS = ['KZ-75', 'KZ-19', 'KZ-61', 'KZ-35', 'KZ-31', 'KZ-63'];

type Grown = Readonly<{
  events: number;
  files: readonly string[];
  gatherer: Gatherer;
  store: EventStore;
  pool: ReturnType<typeof connect>;
  close: () => Promise<unknown>;
}>;

type Work = Readonly<{
  name: string;
  clients: number;
  call: (grown: Grown) => () => Promise<unknown>;
  /** G11 asks more of it. */
  isG11?: true;
}>;

const WORKS: readonly Work[] = [
  {
    name: 'append, 32 clients',
    clients: 32,
    isG11: true,
    call:
      ({ gatherer }) =>
      () =>
        gatherer.append(command(1)),
  },
  {
    name: 'command on a file that is there, 32 clients',
    clients: 32,
    call:
      ({ store, files }) =>
      () =>
        store.transact([intend(caseFile, oneOf(files), relocation())], requestBy()),
  },
  {
    name: 'read of one file, 1 client',
    clients: 1,
    isG11: true,
    call:
      ({ store, files }) =>
      () =>
        store.read(`case-${oneOf(files)}`),
  },
  {
    name: 'population today by origin and status',
    clients: 1,
    call:
      ({ pool, events: position }) =>
      () =>
        populationReport(pool, { by: ['placeFled', 'status'], validOn: today(), position }),
  },
  {
    name: 'a page of the case list by office and status',
    clients: 1,
    call:
      ({ pool }) =>
      () =>
        listCases(pool, { office: 'Almaty', status: 'asylum-seeker' }, { limit: 50 }),
  },
];

/**
 * What an operation costs in logs of several sizes, interleaved. The rounds themselves add events to each log, some
 * ten thousand in all.
 */
export async function benchGrowth(say: (line: string) => void): Promise<readonly Figure[]> {
  return withSizes(SIZES, say, async (databases) => {
    const rates = new Map<Work, number[][]>(WORKS.map((work) => [work, databases.map(() => [])]));
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const work of WORKS) {
        for (const [i, grown] of databases.entries()) {
          const call = work.call(grown);
          await call();
          const { perSecond } = await load(work.clients, FOR_MS, call);
          rates.get(work)?.[i]?.push(perSecond);
        }
      }
      say(`  round ${repeat + 1} of ${REPEATS}`);
    }
    return WORKS.flatMap((work) => figuresOf(work, (rates.get(work) ?? []).map(median)));
  });
}

function figuresOf({ name, isG11 }: Work, rates: readonly number[]): readonly Figure[] {
  const [smallest = Number.NaN] = rates;
  return rates.map((value, i) => {
    const cost = smallest / value;
    const goals: Goal[] = [{ text: `≤ ${COST_MAX} × the cost`, reached: cost <= COST_MAX }];
    if (isG11) goals.push({ text: `G11: ≥ ${RATE_MIN} × the rate`, reached: value >= RATE_MIN * smallest });
    return {
      work: `${name}, ${inWords(SIZES[i])} events: cost ${cost.toFixed(2)} × of the smallest`,
      value,
      unit: '/s',
      limit: { what: `at ${inWords(SIZES[0])} events`, value: smallest },
      goals: i === 0 ? [] : goals,
    };
  });
}

/** One database after the other is filled; all of them are there while `work` is done. */
async function withSizes(
  [size, ...rest]: readonly number[],
  say: (line: string) => void,
  work: (databases: readonly Grown[]) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  if (size === undefined) return work([]);
  return ofDatabase(async (url) => {
    const grown = await grow(url, size, say);
    try {
      return await withSizes(rest, say, (others) => work([grown, ...others]));
    } finally {
      await grown.close();
    }
  });
}

async function grow(url: string, size: number, say: (line: string) => void): Promise<Grown> {
  const step = Math.max(size / 10, 500_000);
  let told = step;
  const filling = await timed(() =>
    fill(url, size / 4, threeMoreHere, (files) => {
      if (files * 4 < told) return;
      say(`  ${inWords(files * 4)} of ${inWords(size)} events`);
      told += step;
    }),
  );
  await settle(url);
  const projector = connect(url, 'kosh_projector', { max: 4 });
  const { position: events } = await head(projector);
  const making = await timed(async () => {
    await rebuild({ projections: [population, cases], pool: projector });
    if (events >= SUBTOTAL_EVERY) await subtotalsMade(projector, events);
  });
  await projector.end();
  say(`  ${inWords(size)} events: filled in ${inSeconds(filling)}, read models in ${inSeconds(making)}`);
  // What was written stays out of the way of what is measured.
  await asSuperuser(url, async (client) => {
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
  });
  const { store, pool, close } = openStore(url);
  const writer = connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
  return {
    events,
    files: await filesOf(pool, events),
    gatherer: new Gatherer(writer),
    store,
    pool,
    close: () => Promise.all([close(), writer.end()]),
  };
}

/** Ids of files, evenly from the whole log, whose events stand in fours. */
async function filesOf(pool: Grown['pool'], events: number): Promise<readonly string[]> {
  const { rows } = await pool.query<{ stream: string }>(
    'select stream from generate_series(1, $1::bigint, $2::bigint) p join log.events on position = p',
    [events, Math.floor(events / 4 / FILES) * 4],
  );
  return rows.map(({ stream }) => stream.slice('case-'.length));
}

function relocation() {
  return {
    type: 'Relocate',
    data: { region: oneOf(REGIONS), relocatedOn: '1999-03-01', today: today() },
  } as const;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function oneOf(items: readonly string[]): string {
  return items[Math.floor(Math.random() * items.length)] ?? uuidv7();
}

function inWords(count: number | undefined): string {
  return (count ?? 0).toLocaleString('en');
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
