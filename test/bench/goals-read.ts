import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { to as copyTo } from 'pg-copy-streams';
import { connect, copyEvents, Gatherer, head, type Published, readAll, readByStream } from '#event-store';
import { cases, population, type Projection, rebuild } from '#projections';
import { foldInto } from '../../libs/projections/src/fold-into.js';
import { ensureSchema } from '../../libs/projections/src/schema.js';
import { transaction } from '../../libs/projections/src/transaction.js';
import { inTurn, moveCursor, takeCursor } from '../../libs/projections/src/turn.js';
import { command } from './append.js';
import { delaysOf } from './follower.js';
import { type Figure, median, timed } from './measure.js';
import { drain, followed, forgetAll } from './read.js';

const REPEATS = 3;

type Pool = ReturnType<typeof connect>;

/** What a replay reads, and what a rebuild reads: a way to get it parsed, and the same by COPY as bytes. */
const READINGS: readonly Readonly<{ what: string; columns: string; parsed: typeof readByStream }>[] = [
  {
    what: 'as a replay does',
    columns: '* from log.events order by position',
    parsed: (pool, upTo) => readAll(pool, { upTo }),
  },
  {
    what: 'as a rebuild does',
    columns: `position, stream, version, type, schema_version, occurred_on, recorded_at, body
       from log.events order by stream, version`,
    parsed: readByStream,
  },
];

/** G8, G9: reading and parsing the log beside taking its bytes alone, and rebuilding two read models beside that. */
export function benchReplay(url: string): Promise<readonly Figure[]> {
  return ofProjector(url, async (pool, events) => {
    const models = [population, cases];
    const rebuilding: number[] = [];
    const reading = READINGS.map((reading) => ({ ...reading, bytes: [] as number[], whole: [] as number[] }));
    await rebuild({ projections: models, pool });
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      for (const { columns, parsed, bytes, whole } of reading) {
        bytes.push(await timed(() => bytesOf(pool, columns)));
        whole.push(await timed(() => drain(parsed(pool, events))));
      }
      rebuilding.push(await timed(() => rebuild({ projections: models, pool })));
    }
    const perSecond = (ms: readonly number[]) => (events / median(ms)) * 1_000;
    const rebuilt = perSecond(rebuilding);
    const limit = { what: 'reading and parsing', value: perSecond(reading.at(-1)?.whole ?? []) };
    return [
      ...reading.map(({ what, bytes, whole }): Figure => {
        const [value, taken] = [perSecond(whole), perSecond(bytes)];
        return {
          work: `G8: reading and parsing ${events.toLocaleString('en')} events, ${what}`,
          value,
          unit: '/s',
          limit: { what: 'COPY, bytes only', value: taken },
          goals: [{ text: '≥ 70 % of it', reached: value >= 0.7 * taken }],
        };
      }),
      {
        work: 'G9: rebuild of population ledger and case list from them',
        value: rebuilt,
        unit: '/s',
        limit,
        goals: [
          { text: '≥ 80 % of it', reached: rebuilt >= 0.8 * limit.value },
          { text: '1,000,000 in 5 s', reached: rebuilt >= 200_000 },
        ],
      },
    ];
  });
}

async function bytesOf(pool: Pool, columns: string): Promise<void> {
  const client = await pool.connect();
  try {
    let bytes = 0;
    const stream = client.query(copyTo(`copy (select ${columns}) to stdout`));
    for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.length;
    if (bytes === 0) throw new Error('The log is empty.');
  } finally {
    client.release();
  }
}

const ONE_BY_ONE = 2_000;

/** G10: the live projector beside one transaction per event, with the same fold and the same tables. */
export function benchProjecting(url: string): Promise<readonly Figure[]> {
  return ofProjector(url, async (pool, events) => {
    const runs = { live: [], one: [] } as Record<'live' | 'one', number[]>;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      await forgetAll(url);
      runs.live.push(await timed(() => followed(pool, [population], events)));
      await forgetAll(url);
      const first = await copyEvents(pool, 0, ONE_BY_ONE);
      runs.one.push(await timed(() => oneByOne(pool, population, first)));
    }
    const value = (events / median(runs.live)) * 1_000;
    const limit = { what: 'a transaction per event', value: (ONE_BY_ONE / median(runs.one)) * 1_000 };
    return [
      {
        work: 'G10: live projection of the population ledger, a backlog',
        value,
        unit: '/s',
        limit,
        goals: [{ text: '≥ 20 ×', reached: value >= 20 * limit.value }],
      },
    ];
  });
}

/** As `runProjection`, but each event is a batch. */
async function oneByOne(pool: Pool, projection: Projection, events: readonly Published[]): Promise<void> {
  const stop = new AbortController();
  await inTurn(pool, projection.name, stop.signal, async ({ client }) => {
    let cursor = await transaction(client, async () => {
      await ensureSchema(client, projection);
      return takeCursor(client, projection.name);
    });
    for (const event of events) {
      cursor = await transaction(client, async () => {
        const moved = await moveCursor(client, projection.name, cursor, event);
        await foldInto(client, `read_${projection.name}`, projection, [event]);
        return moved;
      });
    }
    stop.abort();
  });
}

const CHAIN = `
  select count(*)::int as bad from log.events e
    left join log.events before on before.position = e.position - 1
   where e.hash <> sha256('\\x03'::bytea || coalesce(before.hash, decode(repeat('00', 32), 'hex'))
           || log.leaf(e.position, e.stream, e.version, e.type, e.schema_version, e.occurred_on,
                log.moment(e.recorded_at), e.body, e.meta, e.sealed))`;

/** G13: the chain recomputed in the database. `kosh verify` trusts it less, and does it outside. */
export function benchChain(url: string): Promise<readonly Figure[]> {
  return ofProjector(url, async (pool, events) => {
    const runs: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      runs.push(
        await timed(async () => {
          const { rows } = await pool.query<{ bad: number }>(CHAIN);
          if (rows[0]?.bad !== 0) throw new Error('The chain is not whole.');
        }),
      );
    }
    const value = (events / median(runs)) * 1_000;
    return [
      {
        work: `G13: the chain of ${events.toLocaleString('en')} events recomputed in SQL`,
        value,
        unit: '/s',
        goals: [{ text: '≥ 250,000/s', reached: value >= 250_000 }],
      },
    ];
  });
}

const FOLLOWED = 2_000;
const EVERY_MS = 4;

/** G14: from the moment of recording to a reader's hands, with a command every few milliseconds. */
export async function benchFollowing(url: string): Promise<readonly Figure[]> {
  const here = await whileAppending(url, async (after, start) => delaysOf(url, after, FOLLOWED, start));
  const elsewhere = await whileAppending(url, (after, start) => delaysElsewhere(url, after, start));
  return [
    { where: 'the same process', delays: here, ms: 5 },
    { where: 'another process', delays: elsewhere, ms: 10 },
  ].map(({ where, delays: { p50Ms, p99Ms }, ms }) => ({
    work: `G14: from recording to a reader in ${where}, 1 client`,
    value: p50Ms,
    unit: 'ms',
    p50Ms,
    p99Ms,
    goals: [{ text: `p99 ≤ ${ms} ms`, reached: p99Ms <= ms }],
  }));
}

async function delaysElsewhere(url: string, after: number, onReady: () => void) {
  const script = new URL('follow.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, url, String(after), String(FOLLOWED)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === 'ready') onReady();
  }
  await ended;
  return JSON.parse(lines.at(-1) ?? '') as Awaited<ReturnType<typeof delaysOf>>;
}

/** `read` is told where the log ends, and calls back when it is ready; then one event after the other is appended. */
async function whileAppending<T>(
  url: string,
  read: (after: number, onReady: () => void) => Promise<T>,
): Promise<T> {
  const writer = connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
  const gatherer = new Gatherer(writer);
  const { position } = await head(writer);
  let appending: Promise<void> | undefined;
  const append = async () => {
    for (let sent = 0; sent < FOLLOWED; sent += 1) {
      await gatherer.append(command(1));
      await delay(EVERY_MS);
    }
  };
  const answer = await read(position, () => {
    appending = append();
  });
  await appending;
  await writer.end();
  return answer;
}

async function ofProjector<T>(url: string, work: (pool: Pool, events: number) => Promise<T>): Promise<T> {
  const pool = connect(url, 'kosh_projector', { max: 16 });
  try {
    const { position } = await head(pool);
    return await work(pool, position);
  } finally {
    await pool.end();
  }
}
