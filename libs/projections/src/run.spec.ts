import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import type { EstimateRecorded } from '#domain';
import { connect, LogSource } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { estimates, listEstimates } from './estimates.js';
import { waitFor } from './known-at.js';
import type { Projection } from './projection.js';
import { listParked, PARKED_MAX } from './parked.js';
import { type Progress, runProjection } from './run.js';
import { OtherShape } from './schema.js';

let database: TestDatabase;
let pool: ReturnType<typeof connect>;
let running: { stop: () => Promise<void> }[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector', { max: 16 });
});

afterEach(async () => {
  await Promise.all(running.map(({ stop }) => stop()));
  running = [];
  await pool.end();
  await database.drop();
});

function start(projection: Projection, onProgress?: (progress: Progress) => void) {
  const stopping = new AbortController();
  const source = new LogSource(pool);
  const run = runProjection({
    projection,
    pool,
    source,
    signal: stopping.signal,
    ...(onProgress && { onProgress }),
  });
  const one = {
    async stop() {
      stopping.abort();
      await run;
    },
  };
  running.push(one);
  return one;
}

const said = (value: number): EstimateRecorded['data'] => ({
  population: 'refugees',
  measure: 'stock',
  period: { from: '1997', to: '1997' },
  qualifier: 'about',
  value,
  unit: 'persons',
  publisher: 'USCRI',
  asReported: `${value} refugees`,
});

const idOf = (number: number) => uuidv5(String(number), uuidv5.URL);

function recorded(number: number): Given {
  return { stream: `estimate-${idOf(number)}`, event: { type: 'EstimateRecorded', data: said(number) } };
}

async function values(): Promise<readonly number[]> {
  const { items } = await listEstimates(pool, {}, {});
  return items.map((item) => item.said.value ?? NaN).toSorted((a, b) => a - b);
}

describe('a read model', () => {
  it('is made, and keeps up with what is recorded', async () => {
    await givenLog(database.url, [recorded(1), recorded(2)]);
    start(estimates);
    await waitFor(pool, ['estimates'], 2);
    await givenLog(database.url, [recorded(3)]);
    await waitFor(pool, ['estimates'], 3);
    expect(await values()).toEqual([1, 2, 3]);
  });

  it('may be read by the API, and written by nobody else', async () => {
    start(estimates);
    await givenLog(database.url, [recorded(1)]);
    await waitFor(pool, ['estimates'], 1);
    const api = connect(database.url, 'kosh_api');
    const { items } = await listEstimates(api, {}, {});
    await expect(api.query('delete from read_estimates.said')).rejects.toThrow('permission denied');
    await api.end();
    expect(items).toHaveLength(1);
  });

  it('is kept up by one process, and by a standby when that one goes', async () => {
    const active = start(estimates);
    await givenLog(database.url, [recorded(1)]);
    await waitFor(pool, ['estimates'], 1);
    const applied: number[] = [];
    start(estimates, ({ position }) => applied.push(position));
    await givenLog(database.url, [recorded(2)]);
    await waitFor(pool, ['estimates'], 2);
    expect(applied).toEqual([]);

    await active.stop();
    await givenLog(database.url, [recorded(3)]);
    await waitFor(pool, ['estimates'], 3);
    expect(applied).toEqual(expect.arrayContaining([2, 3]));
    expect(await values()).toEqual([1, 2, 3]);
  });

  it('goes on by itself when its cursor was taken over', async () => {
    start(estimates);
    await givenLog(database.url, [recorded(1)]);
    await waitFor(pool, ['estimates'], 1);
    await pool.query('update reading.cursors set epoch = epoch + 1');
    await givenLog(database.url, [recorded(2)]);
    await waitFor(pool, ['estimates'], 2);
    expect(await values()).toEqual([1, 2]);
  });

  it('has neither rows nor cursor of a batch in which too many files cannot be folded', async () => {
    const failing: Projection = {
      ...estimates,
      note: {
        estimate({ position }, rows) {
          rows.append({ name: 'said', columns: { id: 'uuid' }, key: ['id'] }, { id: 'x' });
          throw new Error(`A fault in event ${position}`);
        },
      },
    };
    await givenLog(
      database.url,
      Array.from({ length: PARKED_MAX + 1 }, (_, i) => recorded(i)),
    );
    const source = new LogSource(pool);
    const { signal } = new AbortController();
    const run = runProjection({ projection: failing, pool, source, signal });
    await expect(run).rejects.toThrow('estimates is at fault');
    const { rows } = await pool.query('select position from reading.cursors');
    expect(rows).toEqual([{ position: '0' }]);
    expect([await values(), await listParked(pool)]).toEqual([[], []]);
  });

  it('is filled again from the start when its tables were dropped', async () => {
    const first = start(estimates);
    await givenLog(database.url, [recorded(1), recorded(2)]);
    await waitFor(pool, ['estimates'], 2);
    await first.stop();
    await pool.query('drop schema read_estimates cascade');
    start(estimates);
    await givenLog(database.url, [recorded(3)]);
    await waitFor(pool, ['estimates'], 3);
    expect(await values()).toEqual([1, 2, 3]);
  });

  it('is not written by a version that expects other tables', async () => {
    const first = start(estimates);
    await givenLog(database.url, [recorded(1)]);
    await waitFor(pool, ['estimates'], 1);
    await first.stop();
    const newer: Projection = {
      ...estimates,
      tables: estimates.tables.map((table) => ({ ...table, indexes: ['(id)'] })),
    };
    const source = new LogSource(pool);
    const { signal } = new AbortController();
    const run = runProjection({ projection: newer, pool, source, signal });
    await expect(run).rejects.toThrow(OtherShape);
    await expect(run).rejects.toThrow('kosh rebuild estimates');
  });

  it('does not skip an event that its source left out', async () => {
    const event = { schemaVersion: 1, occurredOn: null, recordedAt: '1998-07-07T00:00:00.000Z', version: 1 };
    async function* follow() {
      yield [{ ...event, ...recorded(1), position: 2 }];
    }
    const { signal } = new AbortController();
    const run = runProjection({ projection: estimates, pool, source: { follow }, signal });
    await expect(run).rejects.toThrow('estimates is at 0, but its source went on with 2.');
  });
});
