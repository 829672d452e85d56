import { v7 as uuidv7 } from 'uuid';
import { type Append, callAppend, canonical, connect, Gatherer } from '#event-store';
import { type Figure, type Goal, load, middle, type Timed } from './measure.js';
import { openPeers, told } from './peers.js';
import { registration } from './people.js';

const REPEATS = 3;
const FOR_MS = 2_000;
const SHAPES = [
  { clients: 1, events: 1 },
  { clients: 8, events: 1 },
  { clients: 32, events: 1 },
  { clients: 128, events: 1 },
  { clients: 8, events: 10 },
  { clients: 32, events: 10 },
  { clients: 8, events: 100 },
] as const;
type Shape = (typeof SHAPES)[number];

const GATHERED = 'gathered';
const ALONE = 'one call per command';
const INSERT = 'one INSERT per command';
const EMMETT = 'emmett-postgresql';

type Way = (append: Append) => Promise<unknown>;

/**
 * The append as the product does it, beside the same function called once per command, a bare INSERT of the same row
 * (no lock, no hash, no key) from the same process and as many connections, and other event stores where they are
 * installed. Interleaved.
 */
export async function benchAppend(url: string): Promise<readonly Figure[]> {
  const pool = connect(url, 'kosh_api', { max: 32, statementTimeoutMs: 10_000 });
  const writer = connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
  const owner = connect(url, 'kosh_owner', { max: 32 });
  await owner.query('create schema if not exists bench');
  await owner.query('create table if not exists bench.events (like log.events including all)');
  await owner.query('create sequence if not exists bench.positions');
  const gatherer = new Gatherer(writer);
  const { peers, close } = await openPeers(url);
  const ways: Readonly<Record<string, Way>> = {
    [GATHERED]: (append) => gatherer.append(append),
    [ALONE]: (append) => callAppend(pool, [append]),
    [INSERT]: (append) => insert(owner, append),
    ...Object.fromEntries(peers.map(({ name, append }) => [name, (one: Append) => append(...told(one))])),
  };
  const figures: Figure[] = [];
  for (const shape of SHAPES) {
    const runs: Record<string, Timed[]> = {};
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const [way, send] of Object.entries(ways)) {
        (runs[way] ??= []).push(await load(shape.clients, FOR_MS, () => send(command(shape.events))));
      }
    }
    figures.push(...figuresOf(shape, new Map(Object.entries(runs).map(([way, all]) => [way, middle(all)]))));
  }
  await close();
  await Promise.all([pool, writer, owner].map((one) => one.end()));
  return figures;
}

function figuresOf(shape: Shape, runs: ReadonlyMap<string, Timed>): readonly Figure[] {
  const figure = (work: string, way: string, goals: readonly Goal[]): Figure => {
    const { perSecond: value, p50Ms, p99Ms } = runs.get(way) ?? NOTHING;
    const limit = { what: INSERT, value: runs.get(INSERT)?.perSecond ?? Number.NaN };
    return { work, value, unit: '/s', p50Ms, p99Ms, limit, goals };
  };
  const { clients, events } = shape;
  const others = [...runs.keys()].filter((way) => way !== GATHERED && way !== INSERT);
  return [
    figure(`append, ${clients} clients × ${events} events: commands`, GATHERED, goalsOf(shape, runs)),
    ...others.map((way) => figure(`  the same, ${way}`, way, [])),
  ];
}

const NOTHING: Timed = { perSecond: Number.NaN, p50Ms: Number.NaN, p99Ms: Number.NaN };

/** What the append is to reach, by clients and events. */
function goalsOf({ clients, events }: Shape, runs: ReadonlyMap<string, Timed>): readonly Goal[] {
  const of = (way: string) => runs.get(way) ?? NOTHING;
  const [gathered, plain, emmett] = [of(GATHERED), of(INSERT), of(EMMETT)];
  const times = (factor: number, way: string): Goal => ({
    text: `≥ ${factor} × ${way === INSERT ? 'INSERT' : way === EMMETT ? 'Emmett' : way}`,
    reached: gathered.perSecond >= factor * of(way).perSecond,
  });
  const goals: Readonly<Record<string, readonly Goal[]>> = {
    '1 1': [
      { text: 'p50 within 0.2 ms of INSERT', reached: gathered.p50Ms <= plain.p50Ms + 0.2 },
      times(1.2, EMMETT),
    ],
    '8 1': [times(3, EMMETT)],
    '32 1': [
      times(2, INSERT),
      times(6, ALONE),
      { text: 'p99 ≤ 12 ms', reached: gathered.p99Ms <= 12 },
      times(7, EMMETT),
    ],
    '128 1': [
      times(2, INSERT),
      times(7, EMMETT),
      { text: 'p99 ≤ 1/5 of Emmett', reached: gathered.p99Ms <= emmett.p99Ms / 5 },
    ],
    '8 100': [times(1.7, EMMETT)],
  };
  const asked = goals[`${clients} ${events}`] ?? [];
  return runs.has(EMMETT) ? asked : asked.filter(({ text }) => !text.includes('Emmett'));
}

/** Starts a file of so many events. */
export function command(count: number): Append {
  const stream = `case-${uuidv7()}`;
  const event = {
    stream,
    type: 'MigrantRegistered',
    schemaVersion: 1,
    occurredOn: '1997-05-02',
    body: canonical(registration(Math.random())),
  };
  return {
    actor: 'bench',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32),
    meta: `{"actor":"bench","commandId":"${uuidv7()}"}`,
    targets: [{ stream, version: 0 }],
    events: Array.from({ length: count }, () => event),
  };
}

async function insert(pool: ReturnType<typeof connect>, { meta, events }: Append): Promise<void> {
  await pool.query({
    name: 'insert',
    text: `insert into bench.events
           select nextval('bench.positions'), stream, o, type, 1, '1997-05-02', clock_timestamp(), body, $4, null,
                  decode(repeat('00', 32), 'hex')
             from unnest($1::text[], $2::text[], $3::text[]) with ordinality u(stream, type, body, o)`,
    values: [
      events.map(({ stream }) => stream),
      events.map(({ type }) => type),
      events.map(({ body }) => body),
      meta,
    ],
  });
}
