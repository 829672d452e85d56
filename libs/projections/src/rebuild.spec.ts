import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { connect, LogSource } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { histories } from '../../../test/support/histories.js';
import { digest, replayDigest } from './digest.js';
import { estimates, listEstimates } from './estimates.js';
import { READ_MODELS } from './index.js';
import { waitFor } from './known-at.js';
import type { Projection } from './projection.js';
import { rebuild } from './rebuild.js';
import { runProjection } from './run.js';

let database: TestDatabase;
let pool: ReturnType<typeof connect>;
const stopping: AbortController[] = [];
const running: Promise<void>[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector', { max: 16 });
});

afterEach(async () => {
  for (const controller of stopping.splice(0)) controller.abort();
  await Promise.all(running.splice(0));
  await pool.end();
  await database.drop();
});

function start(projection: Projection): void {
  const controller = new AbortController();
  const { signal } = controller;
  stopping.push(controller);
  running.push(runProjection({ projection, pool, source: new LogSource(pool), signal }));
}

const idOf = (number: number) => uuidv5(String(number), uuidv5.URL);

/** Every third estimate is retracted right after. */
function recorded(first: number, last: number): Given[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((number): Given[] => {
    const stream = `estimate-${idOf(number)}`;
    const data = {
      population: 'refugees',
      measure: 'stock',
      period: { from: '1997', to: '1997' },
      qualifier: 'about',
      value: number,
      unit: 'persons',
      publisher: 'USCRI',
      asReported: `a tab\t, a back\\slash, "quotes", көш, 🕊 and\n${number} lines`,
    } as const;
    const estimate: Given = { stream, event: { type: 'EstimateRecorded', data } };
    const retraction: Given = {
      stream,
      event: { type: 'EstimateRetracted', data: { reasonCode: 'withdrawn' } },
    };
    return number % 3 === 0 ? [estimate, retraction] : [estimate];
  });
}

describe('rebuilding a read model', () => {
  it.each(READ_MODELS)('gives $name as it has come to be, however its events came in', async (projection) => {
    const history = fc.sample(histories, { numRuns: 3, seed: 1998 }).flatMap((events, index) =>
      events.map((given) => ({
        ...given,
        stream: `case-${uuidv5(`${index} ${given.stream}`, uuidv5.URL)}`,
      })),
    );
    start(projection);
    let position = 0;
    for (let from = 0; from < history.length; from += 10) {
      position = await givenLog(database.url, history.slice(from, from + 10));
      await waitFor(pool, [projection.name], position);
    }
    const lived = await digest(pool, projection);
    expect(lived.position).toBe(position);
    expect(await replayDigest(pool, projection, position)).toEqual(lived);
  });

  it('gives the same rows as living through it did, to the byte', async () => {
    const position = await givenLog(database.url, recorded(1, 50));
    start(estimates);
    await waitFor(pool, ['estimates'], position);
    const lived = await digest(pool, estimates);
    expect(await replayDigest(pool, estimates, position)).toEqual(lived);

    expect(await rebuild({ projections: [estimates], pool })).toBe(position);
    expect(await digest(pool, estimates)).toEqual(lived);
  });

  it('makes it from nothing where no process keeps it up', async () => {
    const position = await givenLog(database.url, recorded(1, 5));
    await rebuild({ projections: [estimates], pool });
    expect(await digest(pool, estimates)).toEqual(await replayDigest(pool, estimates, position));
  });

  it('neither stops those who write and read, nor needs anyone to go on', async () => {
    await givenLog(database.url, recorded(1, 20));
    start(estimates);
    await waitFor(pool, ['estimates'], 20);
    let isDone = false;
    const writing = async () => {
      for (let number = 21; !isDone; number += 1) await givenLog(database.url, recorded(number, number));
    };
    const reading = async () => {
      for (let seen = 0; !isDone;) {
        const { items } = await listEstimates(pool, {}, {});
        expect(items.length).toBeGreaterThanOrEqual(seen);
        seen = items.length;
      }
    };
    const others = [writing(), reading()];
    for (let time = 1; time <= 3; time += 1) await rebuild({ projections: [estimates], pool });
    isDone = true;
    await Promise.all(others);

    const position = await givenLog(database.url, recorded(10_001, 10_003));
    await waitFor(pool, ['estimates'], position);
    expect(await digest(pool, estimates)).toEqual(await replayDigest(pool, estimates, position));
    const { rows } = await pool.query(`select nspname from pg_namespace where nspname like 'read%'`);
    expect(rows).toEqual([{ nspname: 'reading' }, { nspname: 'read_estimates' }]);
  });

  it('leaves nothing behind when it fails', async () => {
    const position = await givenLog(database.url, recorded(1, 5));
    await rebuild({ projections: [estimates], pool });
    const before = await digest(pool, estimates);
    const failing: Projection = {
      ...estimates,
      note: {
        estimate(event, rows) {
          if (event.position === position) throw new Error('A fault in the last event');
          estimates.note?.estimate?.(event, rows);
        },
      },
    };
    await expect(rebuild({ projections: [failing], pool })).rejects.toThrow('A fault in the last event');
    expect(await digest(pool, estimates)).toEqual(before);
    const { rows } = await pool.query(`select from pg_namespace where nspname ~ '_(next|old)$'`);
    expect(rows).toEqual([]);
  });
});

it('shows by its digest when a single row was altered', async () => {
  await givenLog(database.url, recorded(1, 5));
  await rebuild({ projections: [estimates], pool });
  await pool.query(`update read_estimates.said set population = 'workers' where estimate_id = $1`, [idOf(2)]);
  const { digest: altered, position: at } = await digest(pool, estimates);
  expect(altered).not.toBe((await replayDigest(pool, estimates, at)).digest);
});
