import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { givenLog } from '../../../test/support/given-log.js';
import { connect, type Published } from './index.js';
import { Pages } from './pages.js';

const PAGE = 2_500;

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector');
  const event = { type: 'MigrantDied', data: { diedOn: '1998' } } as const;
  const stream = 'case-01890a5d-ac96-774b-bcce-b302099a8057';
  await givenLog(
    database.url,
    Array.from({ length: 7 * PAGE }, () => ({ stream, event })),
  );
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('readers of the same pages of the log', () => {
  let pages: Pages;
  let ahead: ReturnType<Pages['join']>;
  let behind: ReturnType<Pages['join']>;
  const { signal } = new AbortController();
  const page = (reader: typeof ahead, nth: number): Promise<readonly Published[]> =>
    pages.after(reader, nth * PAGE, signal);

  /** One has the first page, the other the next three too: one more would push out what the first goes on with. */
  beforeEach(async () => {
    pages = new Pages(pool);
    [ahead, behind] = [pages.join(), pages.join()];
    await page(behind, 0);
    for (const nth of [0, 1, 2, 3]) await page(ahead, nth);
  });

  it('share what one of them has read and parsed, the first waiting for the last', async () => {
    const order: string[] = [];
    const fifth = page(ahead, 4).then(() => order.push('the first its fifth'));
    const second = await page(behind, 1);
    order.push('the last its second');
    await fifth;
    expect(order).toEqual(['the last its second', 'the first its fifth']);
    expect(second[0]?.position).toBe(PAGE + 1);
    const [third, fourth, again] = [await page(behind, 2), await page(behind, 3), await page(behind, 4)];
    expect([third, fourth, again].map((events) => events[0]?.position)).toEqual([5_001, 7_501, 10_001]);
    expect(await page(ahead, 4)).toBe(again);
  });

  it('go on without one that does not come, and it finds its page later', async () => {
    const [fifth, sixth] = [await page(ahead, 4), await page(ahead, 5)];
    expect([fifth[0]?.position, sixth[0]?.position]).toEqual([10_001, 12_501]);
    expect((await page(behind, 1))[0]?.position).toBe(PAGE + 1);
  });

  it('go on when it leaves', async () => {
    const fifth = page(ahead, 4);
    pages.leave(behind);
    expect((await fifth)[0]?.position).toBe(10_001);
  });
});
