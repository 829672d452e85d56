import type { MigrantRegistered } from '#domain';
import { callAppend, connect, Gatherer, openStore } from '#event-store';
import { command } from './append.js';
import { requestBy } from '../support/small-agency.js';
import { type Figure, type Goal, load, median, middle, type Timed } from './measure.js';
import { openPeers, told } from './peers.js';
import { registration } from './people.js';
import { asSuperuser } from './servers.js';

const REPEATS = 3;
const FOR_MS = 2_000;
const CLIENTS = 32;
const EMMETT = 'emmett-postgresql';
const MESSAGE_DB = 'message-db';

type Way = (client: number, turn: number) => Promise<unknown>;

/** G7: reads a stream of 20 events and appends one, beside the other event stores. */
export async function benchCommands(url: string): Promise<readonly Figure[]> {
  const { store, close } = openStore(url);
  const { peers, close: closePeers } = await openPeers(url);
  const writer = writerOf(url);
  const gatherer = new Gatherer(writer);
  // Each client has its own, so that none comes between another's reading and its append.
  const streams = Array.from({ length: CLIENTS }, () => Array.from({ length: 50 }, () => command(20)));
  const streamOf = (client: number, turn: number) => streams[client]?.[turn % 50]?.events[0]?.stream ?? '';
  const event = (): MigrantRegistered => ({ type: 'MigrantRegistered', data: registration(Math.random()) });
  const ways: Record<string, Way> = {
    Kosh: (client, turn) => store.transact([recording(streamOf(client, turn), event())], requestBy()),
  };
  for (const { name, command } of peers) {
    ways[name] = (client, turn) => command(streamOf(client, turn), event());
  }
  const appends = [(one: Filling) => gatherer.append(one), ...peers.map(appendOf)];
  for (const append of appends) {
    await Promise.all(
      streams.map(async (own) => {
        for (const one of own) await append(one);
      }),
    );
  }
  const runs = await interleaved(CLIENTS, ways);
  await closePeers();
  await Promise.all([close(), writer.end()]);
  const work = `G7: read 20 events and append 1, ${CLIENTS} clients`;
  return figuresOf(work, runs, 'Kosh', [
    [4, EMMETT],
    [3, MESSAGE_DB],
  ]);
}

type Filling = ReturnType<typeof command>;

function appendOf({ append }: Awaited<ReturnType<typeof openPeers>>['peers'][number]) {
  return (one: Filling) => append(...told(one));
}

/** A command without rules, as the other stores are asked for one. */
function recording(stream: string, event: MigrantRegistered) {
  return {
    stream,
    id: stream.slice('case-'.length),
    category: 'case',
    opens: false,
    at: '',
    office: () => undefined,
    decide: () => ({ events: [event], occurredOn: [event.data.registeredOn] }),
  };
}

/** G12: what it costs that an answer is given only when the event is on the disk. */
export async function benchDurability(url: string): Promise<readonly Figure[]> {
  const safe = writerOf(url);
  const quick = writerOf(url);
  quick.on('connect', (client) => void client.query('set synchronous_commit = off'));
  const [on, off] = [new Gatherer(safe), new Gatherer(quick)];
  const runs = await interleaved(CLIENTS, {
    on: () => on.append(command(1)),
    off: () => off.append(command(1)),
  });
  await Promise.all([safe.end(), quick.end()]);
  const work = `G12: append, ${CLIENTS} clients, synchronous_commit on`;
  return figuresOf(work, runs, 'on', [[0.75, 'off']]);
}

const WAL_BYTES_MAX = 1_200;

/** G15: what one command writes to the WAL, right after a checkpoint, when pages are written whole. */
export async function benchWal(url: string): Promise<readonly Figure[]> {
  const writer = writerOf(url);
  const gatherer = new Gatherer(writer);
  const sizes: number[] = [];
  await asSuperuser(url, async (client) => {
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      await client.query('checkpoint');
      const written = async (since: string) => {
        const { rows } = await client.query<{ lsn: string; bytes: string }>(
          'select pg_current_wal_insert_lsn() as lsn, pg_current_wal_insert_lsn() - $1::pg_lsn as bytes',
          [since],
        );
        return rows[0] ?? { lsn: since, bytes: '0' };
      };
      const before = await written('0/0');
      let commands = 0;
      await load(CLIENTS, FOR_MS, async () => {
        await gatherer.append(command(1));
        commands += 1;
      });
      const { bytes } = await written(before.lsn);
      sizes.push(Number(bytes) / commands);
    }
  });
  await writer.end();
  const value = median(sizes);
  return [
    {
      work: `G15: WAL per command of one event after a checkpoint, ${CLIENTS} clients`,
      value,
      unit: 'B',
      goals: [{ text: '≤ 1.2 KB', reached: value <= WAL_BYTES_MAX }],
    },
  ];
}

const SLOW_CLIENTS = 128;
const SLOW_US = 5_000;

/** G16: a disk that takes 5 ms for a commit. */
export async function benchSlowDisk(url: string): Promise<readonly Figure[]> {
  return onSlowDisk(url, async () => {
    const pool = connect(url, 'kosh_api', { max: 32, statementTimeoutMs: 10_000 });
    const writer = writerOf(url);
    const { peers, close } = await openPeers(url);
    const gatherer = new Gatherer(writer);
    const runs = await interleaved(SLOW_CLIENTS, {
      gathered: () => gatherer.append(command(1)),
      'one call per command': () => callAppend(pool, [command(1)]),
      ...Object.fromEntries(
        peers
          .filter(({ name }) => name === EMMETT)
          .map((peer) => [peer.name, () => appendOf(peer)(command(1))]),
      ),
    });
    await close();
    await Promise.all([pool.end(), writer.end()]);
    const work = `G16: append on a disk of ${SLOW_US / 1_000} ms, ${SLOW_CLIENTS} clients`;
    return figuresOf(work, runs, 'gathered', [
      [30, 'one call per command'],
      [3, EMMETT],
    ]);
  });
}

/** Sessions that begin meanwhile wait so long before each commit, whoever else is there. */
async function onSlowDisk<T>(url: string, work: () => Promise<T>): Promise<T> {
  const { username } = new URL(url);
  const settings = [`commit_delay = ${SLOW_US}`, 'commit_siblings = 0'];
  try {
    await asSuperuser(url, async (client) => {
      for (const setting of settings) await client.query(`alter role "${username}" set ${setting}`);
    });
    return await work();
  } finally {
    await asSuperuser(url, async (client) => {
      for (const name of ['commit_delay', 'commit_siblings']) {
        await client.query(`alter role "${username}" reset ${name}`);
      }
    });
  }
}

function writerOf(url: string) {
  return connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
}

async function interleaved(
  clients: number,
  ways: Readonly<Record<string, Way>>,
): Promise<ReadonlyMap<string, Timed>> {
  const runs = new Map<string, Timed[]>();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    for (const [name, way] of Object.entries(ways)) {
      runs.set(name, [...(runs.get(name) ?? []), await load(clients, FOR_MS, way)]);
    }
  }
  return new Map([...runs].map(([name, all]) => [name, middle(all)]));
}

/** Ours beside each of the others, and what multiple of it is to be reached; those that were not measured are left out. */
function figuresOf(
  work: string,
  runs: ReadonlyMap<string, Timed>,
  ours: string,
  asked: readonly (readonly [factor: number, of: string])[],
): readonly Figure[] {
  const own = runs.get(ours);
  if (!own) throw new Error(`${ours} was not measured.`);
  const others = [...runs].filter(([name]) => name !== ours);
  return others.length === 0
    ? [{ work, value: own.perSecond, unit: '/s', p50Ms: own.p50Ms, p99Ms: own.p99Ms }]
    : others.map(([name, other], i) => {
        const goals = asked
          .filter(([, of]) => of === name)
          .map(([factor]): Goal => {
            return { text: `≥ ${factor} ×`, reached: own.perSecond >= factor * other.perSecond };
          });
        return {
          work: i === 0 ? work : '  the same',
          value: own.perSecond,
          unit: '/s',
          p50Ms: own.p50Ms,
          p99Ms: own.p99Ms,
          limit: { what: name, value: other.perSecond },
          goals,
        };
      });
}
