import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import {
  type Append,
  connect,
  Gatherer,
  OutcomeUnknown,
  type Outcome,
  readPage,
  readStreams,
  Unavailable,
} from './index.js';

let database: TestDatabase;
let pool: pg.Pool;
let writers: pg.Pool[];
let office: Gatherer;
let elsewhere: Gatherer;

beforeAll(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_api');
  writers = [1, 2].map(() => connect(database.url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 }));
  [office, elsewhere] = writers.map((writer) => new Gatherer(writer)) as [Gatherer, Gatherer];
});

afterAll(async () => {
  await Promise.all([pool, ...writers].map((one) => one.end()));
  await database.drop();
});

const stream = () => `case-${uuidv7()}`;

/** A death recorded in one stream, or in several; `version` is what each must be at. */
function death(
  streams: string | readonly string[],
  version: number | readonly number[],
  more: Partial<Append> = {},
) {
  const names = [streams].flat();
  const versions = [version].flat();
  return {
    actor: 'registrar-1',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32, 1),
    meta: '{}',
    targets: names.map((name, i) => ({ stream: name, version: versions[i] ?? 0 })),
    events: names.map((name) => ({
      stream: name,
      type: 'MigrantDied',
      schemaVersion: 1,
      occurredOn: '1997-05',
      body: '{"diedOn":"1997-05"}',
    })),
    ...more,
  } satisfies Append;
}

const statuses = (outcomes: readonly Outcome[]) => outcomes.map(({ status }) => status);

describe('a key', () => {
  it('sent five times in one batch gives one event and one receipt', async () => {
    const command = death(stream(), 0);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => office.append(command)));
    expect(statuses(outcomes)).toEqual(['written', ...Array<string>(4).fill('duplicate')]);
    expect(new Set(outcomes.map((outcome) => JSON.stringify({ ...outcome, status: '' }))).size).toBe(1);
    expect(await readStreams(pool, [command.targets[0]?.stream ?? ''])).toHaveLength(1);
  });

  it('sent to two processes at once gives one event and one receipt', async () => {
    const command = death(stream(), 0);
    const outcomes = await Promise.all(
      [office, elsewhere, office, elsewhere].map((to) => to.append(command)),
    );
    expect(statuses(outcomes).toSorted()).toEqual(['duplicate', 'duplicate', 'duplicate', 'written']);
    expect(new Set(outcomes.map((outcome) => JSON.stringify({ ...outcome, status: '' }))).size).toBe(1);
    expect(await readStreams(pool, [command.targets[0]?.stream ?? ''])).toHaveLength(1);
  });

  it('is looked up before the version: a repetition is no conflict', async () => {
    const command = death(stream(), 0);
    const first = await office.append(command);
    expect(await office.append(command)).toEqual({ ...first, status: 'duplicate' });
  });

  it('used for something else is told apart, in the same batch and later', async () => {
    const command = death(stream(), 0);
    const other = { ...death(stream(), 0), key: command.key, fingerprint: Buffer.alloc(32, 2) };
    const outcomes = await Promise.all([office.append(command), office.append(other)]);
    expect(statuses(outcomes)).toEqual(['written', 'key-reused']);
    expect(await office.append(other)).toEqual({ status: 'key-reused' });
  });

  it('belongs to its actor', async () => {
    const command = death(stream(), 0);
    const other = { ...death(stream(), 0), key: command.key, actor: 'registrar-2' };
    expect(statuses(await Promise.all([office.append(command), office.append(other)]))).toEqual([
      'written',
      'written',
    ]);
  });

  it('of a refused command is free again', async () => {
    const taken = stream();
    await office.append(death(taken, 0));
    const stale = death(taken, 0);
    const right = { ...stale, targets: [{ stream: taken, version: 1 }] };
    expect(statuses(await Promise.all([stale, right, right].map((one) => office.append(one))))).toEqual([
      'conflict',
      'written',
      'duplicate',
    ]);
  });
});

describe('a batch', () => {
  it('of 500 commands with a stale one loses only that one', async () => {
    const taken = stream();
    await office.append(death(taken, 0));
    const commands = Array.from({ length: 500 }, (_, i) =>
      i === 250 ? death(taken, 0) : death(stream(), 0),
    );
    const outcomes = await Promise.all(commands.map((command) => office.append(command)));
    expect(outcomes[250]).toEqual({ status: 'conflict', version: 1 });
    expect(outcomes.filter(({ status }) => status === 'written')).toHaveLength(499);
  });

  it('that the server refuses is sent one by one, so that only the culprit fails', async () => {
    const good = Array.from({ length: 20 }, () => death(stream(), 0));
    const one = death(stream(), 0);
    const huge = {
      ...one,
      events: one.events.map((event) => ({ ...event, body: `"${'x'.repeat(70_000)}"` })),
    };
    const results = await Promise.allSettled(
      [...good, huge, ...good].map((command) => office.append(command)),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(results[20]).toMatchObject({ status: 'rejected', reason: { name: 'BatchRefused' } });
  });

  it('lets a stream go on from its own new version', async () => {
    const name = stream();
    const outcomes = await Promise.all([0, 1, 2].map((version) => office.append(death(name, version))));
    expect(outcomes.map((outcome) => ('version' in outcome ? outcome.version : 0))).toEqual([1, 2, 3]);
  });

  it('is one call, and a crowd two, of which the second is made ready while the first is under way', async () => {
    let calls = 0;
    const gatherer = new Gatherer(writers[0] as pg.Pool, () => (calls += 1));
    const together = (count: number) =>
      Promise.all(Array.from({ length: count }, () => gatherer.append(death(stream(), 0))));
    expect((await together(31)).every(({ status }) => status === 'written')).toBe(true);
    expect(calls).toBe(1);
    expect((await together(32)).every(({ status }) => status === 'written')).toBe(true);
    expect(calls).toBe(3);
  });

  it('of more than 2,000 waiting commands is shed at once', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 2_050 }, () => office.append(death(stream(), 0))),
    );
    const shed = results.filter((result) => result.status === 'rejected');
    expect(shed).toHaveLength(50);
    expect(shed.every(({ reason }) => reason instanceof Unavailable)).toBe(true);
  });
});

describe('a version', () => {
  it('«must not exist» on a stream that exists is a conflict', async () => {
    const name = stream();
    await office.append(death(name, 0));
    expect(await office.append(death(name, 0))).toEqual({ status: 'conflict', version: 1 });
  });

  it('that is stale for one of two streams keeps both unwritten', async () => {
    const [fresh, taken] = [stream(), stream()];
    await office.append(death(taken, 0));
    expect(await office.append(death([fresh, taken], [0, 0]))).toEqual({ status: 'conflict', version: 1 });
    expect(await readStreams(pool, [fresh])).toHaveLength(0);
    expect(await readStreams(pool, [taken])).toHaveLength(1);
  });

  it('has one winner among 64 racers', async () => {
    const name = stream();
    const racers = Array.from({ length: 64 }, (_, i) => (i % 2 ? office : elsewhere).append(death(name, 0)));
    const outcomes = await Promise.all(racers);
    expect(outcomes.filter(({ status }) => status === 'written')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'conflict')).toHaveLength(63);
    expect(await readStreams(pool, [name])).toHaveLength(1);
  });
});

describe('when the answer does not come', () => {
  /** Someone holds the log's lock while `during` runs, so that an append is under way and cannot end. */
  async function whileLocked<T>(during: () => Promise<T>): Promise<T> {
    const holder = await pool.connect();
    await holder.query('select pg_advisory_lock(5001)');
    try {
      return await during();
    } finally {
      await holder.query('select pg_advisory_unlock(5001)');
      holder.release();
    }
  }

  const WAITING = `from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`;

  /** Returns when a session waits for the log's lock, and does so much with it. */
  async function onceOneWaits(select: string): Promise<void> {
    const administrator = new pg.Client(database.url);
    await administrator.connect();
    for (let found = 0; found === 0;) found = (await administrator.query(`${select} ${WAITING}`)).rows.length;
    await administrator.end();
  }

  /** A way to the database that can break, as a cable does: nobody says goodbye. */
  async function brittle(to: string) {
    const { hostname, port } = new URL(to);
    const sockets: Socket[] = [];
    let carries: () => void = () => undefined;
    const carrying = new Promise<void>((resolve) => {
      carries = resolve;
    });
    const server = createServer((near) => {
      const far = connectSocket(Number(port), hostname);
      near.on('data', (bytes) => {
        if (bytes.includes('log.append')) setTimeout(carries, 50);
      });
      near.on('error', () => undefined).pipe(far);
      far.on('error', () => undefined).pipe(near);
      sockets.push(near, far);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(to);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const breakAll = () => {
      sockets.forEach((socket) => socket.resetAndDestroy());
      server.close();
    };
    return { url: url.href, carrying, break: breakAll };
  }

  it('because the connection ended, the outcome is unknown, and the same key learns it', async () => {
    const command = death(stream(), 0);
    await whileLocked(async () => {
      const pending = office.append(command).catch((error: unknown) => error);
      // As an administrator or a failing network would.
      await onceOneWaits('select pg_terminate_backend(pid)');
      expect(await pending).toBeInstanceOf(OutcomeUnknown);
    });
    expect((await office.append(command)).status).toMatch(/written|duplicate/);
    expect((await office.append(command)).status).toBe('duplicate');
    expect(await readStreams(pool, [command.targets[0]?.stream ?? ''])).toHaveLength(1);
  });

  it('because the network broke, the outcome is unknown, and the process goes on', async () => {
    const network = await brittle(database.url);
    const writer = connect(network.url, 'kosh_api', { max: 1, statementTimeoutMs: 5_000 });
    const command = death(stream(), 0);
    await whileLocked(async () => {
      const pending = new Gatherer(writer).append(command).catch((error: unknown) => error);
      await network.carrying;
      network.break();
      expect(await pending).toBeInstanceOf(OutcomeUnknown);
    });
    await writer.end();
    expect((await office.append(command)).status).toMatch(/written|duplicate/);
  });

  it('because the server gave up in time, nothing was written', async () => {
    const impatient = connect(database.url, 'kosh_api', { max: 1, statementTimeoutMs: 100 });
    const command = death(stream(), 0);
    await whileLocked(async () => {
      await expect(new Gatherer(impatient).append(command)).rejects.toBeInstanceOf(Unavailable);
    });
    await impatient.end();
    expect(await readStreams(pool, [command.targets[0]?.stream ?? ''])).toHaveLength(0);
  });

  it('because it waited 3 s behind a call that hung, nothing was written', async () => {
    const [first, late] = [death(stream(), 0), death(stream(), 0)];
    const clock = jest.spyOn(performance, 'now');
    const answers = await whileLocked(async () => {
      const ahead = office.append(first);
      await onceOneWaits('select pid');
      const behind = office.append(late).catch((error: unknown) => error);
      clock.mockReturnValue(performance.now() + 3_001);
      return { ahead, behind };
    });
    expect(await answers.behind).toBeInstanceOf(Unavailable);
    expect((await answers.ahead).status).toBe('written');
    clock.mockRestore();
    expect(await readStreams(pool, [late.targets[0]?.stream ?? ''])).toHaveLength(0);
  });

  it('because there is no database, nothing was written', async () => {
    const nowhere = connect('postgres://127.0.0.1:1/kosh', 'kosh_api');
    await expect(new Gatherer(nowhere).append(death(stream(), 0))).rejects.toBeInstanceOf(Unavailable);
    await nowhere.end();
  });
});

describe('a write', () => {
  it('is told to whoever listens, and what was written before is told no more', async () => {
    const listener = new pg.Client(database.url);
    await listener.connect();
    await listener.query('listen kosh_log');
    const command = death(stream(), 0);
    const told = once(listener, 'notification');
    await office.append(command);
    await told;
    await office.idle();
    const again: unknown[] = [];
    listener.on('notification', (notice) => again.push(notice));
    expect((await office.append(command)).status).toBe('duplicate');
    await office.idle();
    await listener.query('select 1');
    expect(again).toEqual([]);
    await listener.end();
  });
});

describe('the log', () => {
  it('has positions without a gap, versions without a hole, and times that never run back', async () => {
    const rows = await readPage(pool, 0, 100_000);
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, i) => i + 1));
    const versions = new Map<string, number>();
    for (const row of rows) {
      expect(row.version).toBe((versions.get(row.stream) ?? 0) + 1);
      versions.set(row.stream, row.version);
    }
    expect(rows.map(({ recordedAt }) => recordedAt)).toEqual(
      rows.map(({ recordedAt }) => recordedAt).toSorted(),
    );
  });
});
