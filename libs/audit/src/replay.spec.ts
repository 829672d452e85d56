import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { caseFile, estimate, intend } from '#domain';
import { connect, head, openStore } from '#event-store';
import {
  flightReport,
  KnownAtInvalid,
  KnownAtNotSettled,
  populationReport,
  READ_MODELS,
  rebuild,
} from '#projections';
import { requestBy, type SmallAgency, smallAgency } from '../../../test/support/small-agency.js';
import { replay } from './replay.js';

const timeZone = 'Asia/Almaty';
const validOn = '1998-07-01';

let agency: SmallAgency;
let auditor: Pool;

beforeAll(async () => {
  agency = await smallAgency();
  auditor = connect(agency.url, 'kosh_api');
});

afterAll(async () => {
  await auditor.end();
  await agency.drop();
});

describe('a replay of the log', () => {
  it('says what the reports say', async () => {
    const projector = connect(agency.url, 'kosh_projector');
    await rebuild({ projections: READ_MODELS, pool: projector });
    await projector.end();
    const { knownAt, population, flights, estimates } = await replay(auditor, { validOn, timeZone });

    const { position } = knownAt;
    expect(position).toBe((await head(auditor)).position);
    const asked = { by: ['placeFled', 'registration'], validOn, position } as const;
    const { rows, total } = await populationReport(auditor, asked);
    expect(population).toEqual({ rows, total });
    expect(total).toBe(3);
    const period = { from: '1991-12-16', to: validOn, timeZone, position };
    expect(flights).toEqual((await flightReport(auditor, period)).rows);
    expect(flights).toHaveLength(2);
    expect(estimates).toMatchObject([{ id: agency.estimate, said: { asReported: 'some 1,000 Tajiks' } }]);
  });

  it('says of an earlier day who was here then', async () => {
    const { population, flights } = await replay(auditor, { validOn: '1997-11-19', timeZone });
    expect(population.rows).toEqual([
      { placeFled: { country: 'AFG' }, registration: 'none', count: 1 },
      { placeFled: { country: 'TJK' }, registration: 'encountered', count: 1 },
    ]);
    expect(flights).toEqual([]);
  });

  it('counts for the day of the moment unless told another', async () => {
    const { knownAt, validOn: day } = await replay(auditor, { timeZone: 'UTC' });
    expect(day).toBe(knownAt.recordedAt?.slice(0, 10));
  });

  it('is not swayed by what was learned later', async () => {
    const before = await replay(auditor, { validOn, timeZone });
    const { store, close } = openStore(agency.url);
    const correction = {
      field: 'placeFled',
      from: { country: 'AFG' },
      to: { country: 'RUS', area: 'RU-CE' },
      reasonCode: 'clerical-error',
      today: validOn,
    } as const;
    await store.transact(
      [intend(caseFile, agency.refugee, { type: 'CorrectCase', data: correction })],
      requestBy(),
    );
    await store.transact(
      [intend(estimate, agency.estimate, { type: 'RetractEstimate', data: { reasonCode: 'withdrawn' } })],
      requestBy(),
    );
    await close();

    const now = await replay(auditor, { validOn, timeZone });
    expect(now.population.rows.map(({ placeFled }) => placeFled.area ?? placeFled.country)).toContain(
      'RU-CE',
    );
    expect(now.estimates).toEqual([]);
    expect(now.population.total).toBe(before.population.total);
    const { position, recordedAt } = before.knownAt;
    expect(await replay(auditor, { knownAt: String(position), validOn, timeZone })).toEqual(before);
    expect(await replay(auditor, { knownAt: recordedAt ?? '', validOn, timeZone })).toEqual(before);
  });

  it.each(['yesterday', '1998-07-01', '1998-02-99T00:00:00Z'])('cannot be of %s', async (knownAt) => {
    await expect(replay(auditor, { knownAt, timeZone })).rejects.toThrow(KnownAtInvalid);
  });

  it.each(['1000000', '2999-01-01T00:00:00Z'])(
    'cannot be of %s, before which more may yet come',
    async (knownAt) => {
      await expect(replay(auditor, { knownAt, timeZone })).rejects.toThrow(KnownAtNotSettled);
    },
  );
});
