import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import type { EstimateRecorded, Place } from '#domain';
import type { Given } from '../../../test/support/given-log.js';
import { type ReadModels, readModels } from '../../../test/support/read-models.js';
import { estimates, listEstimates } from './estimates.js';
import { population } from './population.js';
import { registrationGap } from './registration-gap.js';

const id = (name: string) => uuidv5(name, uuidv5.URL);

const chechnya: Place = { country: 'RUS', area: 'RU-CE' };

function registered(name: string, placeFled: Place, authority: 'UNHCR' | 'MOI' = 'UNHCR'): Given {
  return {
    stream: `case-${id(name)}`,
    event: {
      type: 'MigrantRegistered',
      data: {
        office: 'Almaty',
        authority,
        status: 'asylum-seeker',
        legalBasis: 'UNHCR-1950-STAT',
        citizenship: placeFled.country,
        placeFled,
        registeredOn: '1997-06-01',
        region: 'KZ-75',
        sex: 'F',
        late: false,
      },
    },
  };
}

function estimate(name: string, said: Partial<EstimateRecorded['data']>): Given {
  const data: EstimateRecorded['data'] = {
    population: 'refugees',
    measure: 'stock',
    period: { from: '1997', to: '1997' },
    qualifier: 'about',
    value: 10,
    unit: 'persons',
    publisher: 'USCRI',
    asReported: 'about ten',
    ...said,
  };
  return { stream: `estimate-${id(name)}`, event: { type: 'EstimateRecorded', data } };
}

const byOrigin = estimate('by origin', {
  components: [
    { placesFled: [{ country: 'AFG' }], qualifier: 'about', value: 5 },
    { placesFled: [chechnya], qualifier: 'about', value: 5 },
  ],
});
const END = { validOn: '1997-12-31', population: 'refugees' } as const;

let models: ReadModels;
let position: number;

beforeAll(async () => {
  models = await readModels([population, estimates]);
  position = await models.record([
    registered('Zia', { country: 'AFG' }),
    registered('Aslan', chechnya),
    registered('Ivan', { country: 'RUS' }, 'MOI'),
    byOrigin,
    estimate('inflow', { measure: 'inflow', period: { from: '1994', to: '1997' } }),
    estimate('rival', { qualifier: 'at-most', value: 30, publisher: 'Cultural centre' }),
  ]);
});

afterAll(() => models.close());

describe('the registration gap', () => {
  it('holds the registered against each estimate, one beside the other, those that fit first', async () => {
    const report = await registrationGap(models.pool, { ...END, position });
    expect(report.registered).toEqual([
      { placeFled: { country: 'AFG' }, registered: 1 },
      { placeFled: { country: 'RUS' }, registered: 1 },
      { placeFled: chechnya, registered: 1 },
    ]);
    expect(report.total).toBe(3);
    const seen = report.estimates.map(({ said, comparability, total }) => [
      said.publisher,
      comparability,
      total.unregistered,
    ]);
    expect(seen).toEqual([
      ['USCRI', 'comparable', 7],
      ['Cultural centre', 'comparable', 27],
      ['USCRI', 'not-a-stock', null],
    ]);
  });

  it('takes Chechnya apart from the rest of Russia', async () => {
    const { estimates: gaps } = await registrationGap(models.pool, { ...END, position });
    expect(gaps[0]?.rows.map(({ registered: count, unregistered }) => [count, unregistered])).toEqual([
      [1, 4],
      [1, 4],
    ]);
    expect(gaps[0]?.other).toMatchObject({ registered: 1, unregistered: null, label: 'inconsistent' });
  });

  it('counts only those whom the named authority has on its list', async () => {
    const report = await registrationGap(models.pool, { ...END, position, authority: 'UNHCR' });
    expect(report.total).toBe(2);
  });

  it('knows an estimate from its record until it was withdrawn, and neither before nor after', async () => {
    const later = await models.record([
      { stream: byOrigin.stream, event: { type: 'EstimateSuperseded', data: { by: id('rival') } } },
      {
        stream: `estimate-${id('rival')}`,
        event: { type: 'EstimateRetracted', data: { reasonCode: 'error' } },
      },
    ]);
    const known = async (at: number) =>
      (await registrationGap(models.pool, { ...END, position: at })).estimates.map((gap) => gap.id);
    expect(await known(position - 3)).toEqual([]);
    expect(await known(position)).toEqual([id('by origin'), id('rival'), id('inflow')]);
    expect(await known(later)).toEqual([id('inflow')]);
  });
});

describe('the register of estimates', () => {
  it('keeps every estimate as it was said, and says what became of it', async () => {
    const { items } = await listEstimates(models.pool, {}, {});
    const fates = Object.fromEntries(
      items.map(({ id: one, standing, supersededBy, reasonCode }) => [
        one,
        { standing, supersededBy, reasonCode },
      ]),
    );
    expect(fates).toEqual({
      [id('by origin')]: { standing: 'superseded', supersededBy: id('rival'), reasonCode: null },
      [id('inflow')]: { standing: 'valid', supersededBy: null, reasonCode: null },
      [id('rival')]: { standing: 'retracted', supersededBy: null, reasonCode: 'error' },
    });
    const kept = items.find((item) => item.id === id('by origin'));
    expect(kept?.said).toEqual(byOrigin.event.data);
  });

  it('is listed by what was estimated and by what still stands', async () => {
    const valid = await listEstimates(models.pool, { standing: 'valid', population: 'refugees' }, {});
    expect(valid.items.map((item) => item.id)).toEqual([id('inflow')]);
    expect((await listEstimates(models.pool, { population: 'workers' }, {})).items).toEqual([]);
  });
});
