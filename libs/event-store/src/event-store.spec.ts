import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { type Decider, type EstimateSuperseded, intend, type KoshEvent, Refused } from '#domain';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import {
  type By,
  KeyReused,
  NotFound,
  type OpenStore,
  openStore,
  positionAt,
  StaleVersion,
  Unavailable,
} from './index.js';

type Note = { type: 'Open' | 'Note'; by: string };

/** The smallest thing with rules: it keeps notes, takes none twice, and takes at most three. */
const notes: Decider<readonly string[], Note, EstimateSuperseded> = {
  category: 'estimate',
  opens: ['Open'],
  initial: [],
  decide({ by }, state) {
    if (state.includes(by)) return [];
    if (state.length === 3) throw new Refused('full', 'Three notes are enough.', { pointer: '/by' });
    return [{ type: 'EstimateSuperseded', data: { by } }];
  },
  evolve: (state, event) => [...state, event.data.by],
  occurredOn: () => '1998-06',
  office: (state) => state[0],
};

const open = (id: string, by: string) => intend(notes, id, { type: 'Open', by });
const note = (id: string, by: string, at?: string) => intend(notes, id, { type: 'Note', by }, at);

let database: TestDatabase;
let here: OpenStore;
let elsewhere: OpenStore;

beforeAll(async () => {
  database = await freshDatabase();
  here = openStore(database.url);
  elsewhere = openStore(database.url);
});

afterAll(async () => {
  await Promise.all([here.close(), elsewhere.close()]);
  await database.drop();
});

const by = (more: Partial<By> = {}): By => ({
  actor: 'caseworker-1',
  office: 'Almaty',
  scope: 'nation',
  key: uuidv7(),
  fingerprint: Buffer.alloc(32, 1),
  correlationId: uuidv7(),
  ...more,
});

describe('a command', () => {
  it('gets a receipt that the log confirms', async () => {
    const id = uuidv7();
    const receipt = await here.store.transact([open(id, 'Almaty')], by());
    expect(receipt).toMatchObject({ id, version: 1, outcome: 'recorded' });
    const [event] = await here.store.read(`estimate-${id}`);
    expect(event).toMatchObject({
      position: receipt.position,
      recordedAt: receipt.recordedAt,
      occurredOn: '1998-06',
    });
    expect(event?.hash.toString('hex')).toBe(receipt.hash);
    expect(event?.meta).toMatchObject({ actor: 'caseworker-1', office: 'Almaty' });
    expect(await positionAt(here.pool, receipt.recordedAt)).toBeGreaterThanOrEqual(receipt.position);
  });

  it('whose wish is already true records nothing and says where that stands', async () => {
    const id = uuidv7();
    const first = await here.store.transact([open(id, 'Almaty')], by());
    const again = await here.store.transact([note(id, 'Almaty')], by());
    expect(again).toEqual({ ...first, outcome: 'already-true', events: [] });
  });

  it('for something that is not there is answered «not found»', async () => {
    await expect(here.store.transact([note(uuidv7(), 'a')], by())).rejects.toBeInstanceOf(NotFound);
  });

  it('for the file of another office is answered «not found», whatever it asks', async () => {
    const id = uuidv7();
    await here.store.transact([open(id, 'Almaty')], by());
    const stranger = by({ office: 'Atyrau', scope: 'office' });
    await expect(here.store.transact([note(id, 'a')], stranger)).rejects.toBeInstanceOf(NotFound);
    await expect(here.store.transact([note(id, 'Almaty')], stranger)).rejects.toBeInstanceOf(NotFound);
    await expect(here.store.transact([note(id, 'a')], by({ scope: 'office' }))).resolves.toMatchObject({
      version: 2,
    });
  });

  it('with a stale If-Match is refused before anything is decided', async () => {
    const id = uuidv7();
    await here.store.transact([open(id, 'Almaty')], by({ ifMatch: 0 }));
    await expect(here.store.transact([note(id, 'a')], by({ ifMatch: 0 }))).rejects.toEqual(
      new StaleVersion(0, 1),
    );
    await expect(here.store.transact([note(id, 'a')], by({ ifMatch: 1 }))).resolves.toMatchObject({
      version: 2,
    });
  });
});

describe('a key', () => {
  it('gives its first receipt before a refusal, an empty decision or a stale version is answered', async () => {
    const id = uuidv7();
    const first = by();
    const receipt = await here.store.transact([open(id, 'Almaty')], first);
    const second = by({ ifMatch: 1 });
    const receiptOfSecond = await here.store.transact([note(id, 'a')], second);
    await here.store.transact([note(id, 'b')], by());
    expect(await here.store.transact([open(id, 'Almaty')], first)).toEqual({
      ...receipt,
      outcome: 'repeated',
    });
    expect(await here.store.transact([note(id, 'a')], second)).toEqual({
      ...receiptOfSecond,
      outcome: 'repeated',
    });
  });

  it('of a command that started a stream gives the stream that it started then', async () => {
    const key = by();
    const first = await here.store.transact([open(uuidv7(), 'Almaty')], key);
    const again = await here.store.transact([open(uuidv7(), 'Almaty')], key);
    expect(again).toEqual({ ...first, outcome: 'repeated' });
  });

  it('used for another request is refused', async () => {
    const id = uuidv7();
    const key = by();
    await here.store.transact([open(id, 'Almaty')], key);
    const other = { ...key, fingerprint: Buffer.alloc(32, 2) };
    await expect(here.store.transact([note(id, 'a')], other)).rejects.toBeInstanceOf(KeyReused);
    await expect(here.store.transact([note(id, 'Almaty')], other)).rejects.toBeInstanceOf(KeyReused);
  });

  it('of a refused command is not remembered', async () => {
    const id = uuidv7();
    await here.store.transact([open(id, 'Almaty')], by());
    await here.store.transact([note(id, 'a')], by());
    await here.store.transact([note(id, 'b')], by());
    const key = by();
    await expect(here.store.transact([note(id, 'c')], key)).rejects.toMatchObject({ code: 'full' });
    await expect(
      here.store.transact([note(id, 'c')], { ...key, fingerprint: Buffer.alloc(32, 2) }),
    ).rejects.toMatchObject({
      code: 'full',
    });
  });
});

describe('commands on one stream', () => {
  it('wait for each other in one process, and decide again between two', async () => {
    const id = uuidv7();
    await here.store.transact([open(id, 'Almaty')], by());
    const answers = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((text, i) =>
        (i % 2 ? here : elsewhere).store.transact([note(id, text)], by()),
      ),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await here.store.read(`estimate-${id}`)).toHaveLength(3);
  });

  it('are answered «unavailable» when the one before them does not end', async () => {
    const id = uuidv7();
    const holder = await here.pool.connect();
    await holder.query('select pg_advisory_lock(5001)');
    const slow = here.store.transact([open(id, 'Almaty')], by());
    await expect(here.store.transact([note(id, 'a')], by())).rejects.toBeInstanceOf(Unavailable);
    await holder.query('select pg_advisory_unlock(5001)');
    holder.release();
    await expect(slow).resolves.toMatchObject({ version: 1 });
  });
});

describe('a command on several streams', () => {
  it('is written whole, each stream at its own version', async () => {
    const [a, b] = [uuidv7(), uuidv7()];
    await here.store.transact([open(b, 'Almaty')], by());
    const receipt = await here.store.transact([open(a, 'Almaty'), note(b, 'x')], by());
    expect(receipt).toMatchObject({ id: a, version: 1 });
    expect(receipt.events).toHaveLength(2);
    expect(await here.store.read(`estimate-${b}`)).toHaveLength(2);
  });

  it('is refused whole, and the refusal points at the part that was at fault', async () => {
    const [a, b] = [uuidv7(), uuidv7()];
    await here.store.transact([open(b, 'Almaty')], by());
    await here.store.transact([note(b, 'x')], by());
    await here.store.transact([note(b, 'y')], by());
    const refused = here.store.transact([open(a, 'Almaty'), note(b, 'z', '/notes/1')], by());
    await expect(refused).rejects.toMatchObject({ code: 'full', details: { pointer: '/notes/1/by' } });
    expect(await here.store.read(`estimate-${a}`)).toHaveLength(0);
  });

  it('asks more of others as its own events say', async () => {
    const [a, b] = [uuidv7(), uuidv7()];
    await here.store.transact([open(b, 'Almaty')], by());
    const seen: (readonly KoshEvent[])[] = [];
    await here.store.transact([open(a, 'Almaty')], by(), {
      follow(events, past) {
        seen.push(events, past);
        return [note(b, 'from a')];
      },
    });
    expect(seen.map((events) => events.length)).toEqual([1, 0]);
    expect((await here.store.read(`estimate-${b}`)).at(-1)?.event.data).toEqual({ by: 'from a' });
  });

  it('that names a stream which is not there is refused with a pointer', async () => {
    const missing = here.store.transact([open(uuidv7(), 'Almaty'), note(uuidv7(), 'x', '/notes/0')], by());
    await expect(missing).rejects.toMatchObject({
      code: 'estimate-unknown',
      details: { pointer: '/notes/0/estimate' },
    });
  });
});
