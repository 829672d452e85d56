import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import type { CaseEvent } from '#domain';
import { connect, LogSource } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { cases } from './cases.js';
import { digest, replayDigest } from './digest.js';
import { FoldFailed } from './fold-failed.js';
import { waitFor } from './known-at.js';
import { listParked, parkedStreams, release } from './parked.js';
import { population } from './population.js';
import { populationReport } from './population-report.js';
import type { Projection } from './projection.js';
import { rebuild } from './rebuild.js';
import { runProjection } from './run.js';
import { keepSubtotals } from './subtotals.js';

const REASON = 'cases cannot fold';

let database: TestDatabase;
let pool: ReturnType<typeof connect>;
let stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await freshDatabase();
  pool = connect(database.url, 'kosh_projector', { max: 16 });
});

afterEach(async () => {
  await stop();
  await pool.end();
  await database.drop();
});

async function stop() {
  await Promise.all(stops.map((one) => one()));
  stops = [];
}

function start(projection: Projection) {
  const stopping = new AbortController();
  const run = runProjection({ projection, pool, source: new LogSource(pool), signal: stopping.signal });
  stops.push(async () => {
    stopping.abort();
    await run;
  });
}

const streamOf = (file: number) => `case-${uuidv5(String(file), uuidv5.URL)}`;

const met = (file: number): Given => ({
  stream: streamOf(file),
  event: {
    type: 'MigrantEncountered',
    data: { caseId: streamOf(file).slice(5), office: 'Almaty', metOn: '1998', place: { country: 'KAZ' } },
  } as unknown as CaseEvent,
});
const corrected = (file: number): Given => ({
  stream: streamOf(file),
  event: { type: 'PersonDetailsCorrected', data: { fields: ['names'] } },
});

/** A version of the case list that cannot take the second event of one file. */
const faulty: Projection = {
  ...cases,
  fold: {
    case(change, rows) {
      cases.fold?.case?.(change, rows);
      if (change.id === streamOf(2).slice(5) && change.version === 2) throw new Error('No such thing.');
    },
  },
};

const given = [met(1), met(2), met(3), corrected(1), corrected(2), corrected(3), corrected(2)];

const versions = async () => {
  const { rows } = await pool.query<{ summary: string }>('select summary from read_cases.list');
  return rows
    .map(({ summary }) => (JSON.parse(summary) as { version: number }).version)
    .toSorted((a, b) => a - b);
};

describe('a file with an event that a read model cannot fold', () => {
  it('is put aside from that event on, in order, while all others flow', async () => {
    await givenLog(database.url, given);
    start(faulty);
    await waitFor(pool, ['cases'], 7);
    await givenLog(database.url, [corrected(2), corrected(1)]);
    await waitFor(pool, ['cases'], 9);
    expect(await versions()).toEqual([1, 2, 3]);
    expect(await listParked(pool)).toMatchObject([
      { name: 'cases', stream: streamOf(2), version: 2, position: 5, events: 3 },
    ]);
    expect((await listParked(pool))[0]?.reason).toContain(`${REASON} ${streamOf(2)}/2: No such thing.`);
    const { rows } = await pool.query('select version from reading.parked order by version');
    expect(rows).toEqual([{ version: 2 }, { version: 3 }, { version: 4 }]);
    expect([...(await parkedStreams(pool))]).toEqual([['cases', 1]]);
  });

  it('is put aside by the next process too, which does not try it again', async () => {
    await givenLog(database.url, given);
    start(faulty);
    await waitFor(pool, ['cases'], 7);
    await stop();
    start(cases);
    await givenLog(database.url, [corrected(2)]);
    await waitFor(pool, ['cases'], 8);
    expect(await listParked(pool)).toMatchObject([{ events: 3 }]);
  });

  it('flows again when it is released by a version that can, and the rows are those of a replay', async () => {
    await givenLog(database.url, given);
    start(faulty);
    await waitFor(pool, ['cases'], 7);
    await stop();
    start(cases);
    expect(await release(pool, cases)).toEqual([{ stream: streamOf(2), ok: true }]);
    await givenLog(database.url, [corrected(2)]);
    await waitFor(pool, ['cases'], 8);
    expect(await listParked(pool)).toEqual([]);
    expect(await digest(pool, cases)).toEqual(await replayDigest(pool, cases, 8));
  });

  it('is counted when it is released, also where the ledger was summed up without it', async () => {
    const blind: Projection = {
      ...population,
      fold: {
        case(change, rows) {
          if (change.id === streamOf(2).slice(5)) throw new Error('No such thing.');
          population.fold?.case?.(change, rows);
        },
      },
    };
    await givenLog(database.url, given);
    start(blind);
    await waitFor(pool, ['population'], 7);
    const summedUp = new AbortController();
    await keepSubtotals({ pool, every: 7, signal: summedUp.signal, onMade: () => summedUp.abort() });
    const counted = () => populationReport(pool, { by: [], validOn: '2000-01-01', position: 7 });
    expect(await counted()).toMatchObject({ total: 2 });
    await release(pool, population);
    expect(await counted()).toMatchObject({ total: 3 });
  });

  it('stays where it is when it is released by a version that cannot', async () => {
    await givenLog(database.url, given);
    start(faulty);
    await waitFor(pool, ['cases'], 7);
    const reason = expect.stringContaining('No such thing.') as unknown as string;
    expect(await release(pool, faulty)).toEqual([{ stream: streamOf(2), ok: false, reason }]);
    expect(await release(pool, faulty, streamOf(1))).toEqual([]);
    await givenLog(database.url, [corrected(2)]);
    await waitFor(pool, ['cases'], 8);
    expect(await listParked(pool)).toMatchObject([{ version: 2, events: 3 }]);
  });

  it('cannot be replayed by that version, which says where; a rebuild by another leaves nothing aside', async () => {
    await givenLog(database.url, given);
    start(faulty);
    await waitFor(pool, ['cases'], 7);
    await expect(replayDigest(pool, faulty, 7)).rejects.toThrow(FoldFailed);
    await expect(rebuild({ projections: [faulty], pool })).rejects.toThrow(`${streamOf(2)}/2`);
    expect(await listParked(pool)).toHaveLength(1);
    await stop();
    await rebuild({ projections: [cases], pool });
    expect(await listParked(pool)).toEqual([]);
    expect(await digest(pool, cases)).toEqual(await replayDigest(pool, cases, 7));
  });
});
