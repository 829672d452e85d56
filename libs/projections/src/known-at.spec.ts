import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import { connect } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { estimates } from './estimates.js';
import { KnownAtInvalid, KnownAtNotSettled, resolveKnownAt, StillBehind, waitFor } from './known-at.js';
import { rebuild } from './rebuild.js';

const NAMES = ['estimates'];

const retracted = (number: number, recordedAt: string): Given => ({
  stream: `estimate-${uuidv5(String(number), uuidv5.URL)}`,
  event: { type: 'EstimateRetracted', data: { reasonCode: 'error' } },
  recordedAt,
});

let database: TestDatabase;
let pool: ReturnType<typeof connect>;

beforeAll(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector');
  await givenLog(database.url, [
    retracted(1, '1998-01-10T09:00:00.100Z'),
    retracted(2, '1998-01-10T09:00:00.100Z'),
    retracted(3, '1998-01-12T09:00:00.000Z'),
  ]);
  await rebuild({ projections: [estimates], pool });
  // One more, which the read model does not know yet.
  await givenLog(database.url, [retracted(4, '1998-01-13T09:00:00.000Z')]);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('what a report knows', () => {
  it('is everything that its read models have, and it says how far behind the log that is', async () => {
    expect(await resolveKnownAt(pool, NAMES)).toEqual({
      position: 3,
      recordedAt: '1998-01-12T09:00:00.000Z',
      behind: 1,
    });
  });

  it.each([
    ['a position', '1', 1],
    ['the position before the first', '0', 0],
    ['a moment between two records', '1998-01-11T00:00:00Z', 2],
    ['the very moment of a record, in another zone', '1998-01-10T15:00:00.1+06:00', 2],
    ['a moment before every record', '1990-01-01T00:00:00Z', 0],
    ['the moment up to which the read models know', '1998-01-12T09:00:00Z', 3],
  ])('may be asked for as of %s', async (_, knownAt, position) => {
    expect((await resolveKnownAt(pool, NAMES, knownAt)).position).toBe(position);
  });

  it.each([['4'], ['1998-01-12T09:00:00.001Z'], ['2999-01-01T00:00:00Z']])(
    'cannot be asked for as of %s, since more may come before that',
    async (knownAt) => {
      await expect(resolveKnownAt(pool, NAMES, knownAt)).rejects.toThrow(KnownAtNotSettled);
    },
  );

  it.each([['yesterday'], ['1998-02-30T00:00:00Z'], ['1998-01-11'], ['-1'], ['1998-01-11T25:00:00Z'], ['']])(
    'cannot be asked for as of «%s», which is no moment',
    async (knownAt) => {
      await expect(resolveKnownAt(pool, NAMES, knownAt)).rejects.toThrow(KnownAtInvalid);
    },
  );

  it('is nothing while a read model has not begun', async () => {
    expect(await resolveKnownAt(pool, ['estimates', 'population'])).toMatchObject({ position: 0, behind: 4 });
  });
});

describe('waiting for a write of one’s own', () => {
  it('ends as soon as the read models know it', async () => {
    await expect(waitFor(pool, NAMES, 3)).resolves.toBeUndefined();
  });

  it('is given up in time, with what was reached', async () => {
    const waiting = waitFor(pool, NAMES, 4, 30);
    await expect(waiting).rejects.toThrow(StillBehind);
    await expect(waiting).rejects.toMatchObject({ position: 4, reached: 3 });
  });
});
