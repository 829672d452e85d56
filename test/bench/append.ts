import { v7 as uuidv7 } from 'uuid';
import { type Append, callAppend, canonical, connect, Gatherer } from '#event-store';
import { type Figure, load, middle, type Timed } from './measure.js';
import { registration } from './people.js';

const REPEATS = 3;
const FOR_MS = 2_000;
const SHAPES = [
  { clients: 1, events: 1 },
  { clients: 8, events: 1 },
  { clients: 32, events: 1 },
  { clients: 8, events: 10 },
  { clients: 32, events: 10 },
  { clients: 8, events: 100 },
] as const;

/**
 * The append as the product does it, beside the same function called once per command, and beside a bare INSERT of
 * the same row (no lock, no hash, no key) from the same process and as many connections. Interleaved.
 */
export async function benchAppend(url: string): Promise<readonly Figure[]> {
  const pool = connect(url, 'kosh_api', { max: 32, statementTimeoutMs: 10_000 });
  const writer = connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
  const owner = connect(url, 'kosh_owner', { max: 32 });
  await owner.query('create schema if not exists bench');
  await owner.query('create table if not exists bench.events (like log.events including all)');
  await owner.query('create sequence if not exists bench.positions');
  const gatherer = new Gatherer(writer);
  const ways = {
    gathered: (append: Append) => gatherer.append(append),
    'one call per command': (append: Append) => callAppend(pool, [append]),
    'one INSERT per command': (append: Append) => insert(owner, append),
  };
  const figures: Figure[] = [];
  for (const { clients, events } of SHAPES) {
    const runs: Record<string, Timed[]> = {};
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const [way, send] of Object.entries(ways)) {
        (runs[way] ??= []).push(await load(clients, FOR_MS, () => send(command(events))));
      }
    }
    const of = (way: keyof typeof ways) => middle(runs[way] ?? []);
    const [gathered, alone, plain] = [
      of('gathered'),
      of('one call per command'),
      of('one INSERT per command'),
    ];
    const isTarget = clients === 32 && events === 1;
    const work = `append, ${clients} clients × ${events} events: commands`;
    figures.push({
      work,
      value: gathered.perSecond,
      unit: '/s',
      p50Ms: gathered.p50Ms,
      p99Ms: gathered.p99Ms,
      limit: { what: 'one INSERT per command', value: plain.perSecond },
      ...(isTarget && { target: '≥ 1.5 × INSERT', reached: gathered.perSecond >= 1.5 * plain.perSecond }),
    });
    figures.push({
      work: `  the same, one call per command`,
      value: alone.perSecond,
      unit: '/s',
      p50Ms: alone.p50Ms,
      p99Ms: alone.p99Ms,
      limit: { what: 'one INSERT per command', value: plain.perSecond },
      ...(isTarget && { target: 'gathered ≥ 6 ×', reached: gathered.perSecond >= 6 * alone.perSecond }),
    });
  }
  await Promise.all([pool, writer, owner].map((one) => one.end()));
  return figures;
}

function command(count: number): Append {
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
