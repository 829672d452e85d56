import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import type { CaseEvent } from '#domain';
import type { Given } from '../../../test/support/given-log.js';
import { type ReadModels, readModels } from '../../../test/support/read-models.js';
import { cases, type CaseFilters, listCases } from './cases.js';

const id = (name: string) => uuidv5(name, uuidv5.URL);

function file(name: string, ...events: readonly CaseEvent[]): Given[] {
  return events.map((event) => ({ stream: `case-${id(name)}`, event }));
}

const chechnya = { country: 'RUS', area: 'RU-CE' };

const registered = (
  more: Partial<Extract<CaseEvent, { type: 'MigrantRegistered' }>['data']> = {},
): CaseEvent => ({
  type: 'MigrantRegistered',
  data: {
    office: 'Almaty',
    authority: 'UNHCR',
    status: 'asylum-seeker',
    legalBasis: 'UNHCR-1950-STAT',
    citizenship: 'AFG',
    placeFled: { country: 'AFG' },
    registeredOn: '1997-06-20',
    region: 'KZ-75',
    sex: 'M',
    late: false,
    ...more,
  },
});

const abroad: CaseEvent = {
  type: 'MigrantEncountered',
  data: {
    office: 'Shymkent',
    metOn: '1998-01',
    place: { country: 'IRN' },
    placeFled: { country: 'AFG' },
    sex: 'F',
  },
};

let models: ReadModels;

beforeAll(async () => {
  models = await readModels(
    [cases],
    [
      ...file('late', registered({ arrivedOn: '1997-06-01', birthYear: 1961, late: true })),
      ...file(
        'twice',
        registered({ placeFled: chechnya }),
        registered({
          placeFled: chechnya,
          authority: 'MOI',
          status: 'registered-foreigner',
          registeredOn: '1997-09-01',
        }),
      ),
      ...file(
        'gone',
        registered(),
        {
          type: 'StatusChanged',
          data: {
            from: 'asylum-seeker',
            to: 'mandate-refugee',
            legalBasis: 'UNHCR-1950-STAT',
            issuer: 'UNHCR',
            effectiveOn: '1998-01-05',
          },
        },
        { type: 'MigrantDeparted', data: { departedOn: '1999-03', kind: 'resettlement' } },
      ),
      ...file('met', abroad, {
        type: 'ManifestJoined',
        data: { flight: id('KZ888'), passenger: id('seat') },
      }),
    ],
  );
});

afterAll(() => models.close());

async function found(filters: CaseFilters): Promise<readonly string[]> {
  const { items } = await listCases(models.pool, filters, {});
  const names = new Map(['late', 'twice', 'gone', 'met'].map((name) => [id(name), name]));
  return items.map((item) => names.get(item.id) ?? '').toSorted();
}

describe('the case list', () => {
  it('says what holds of a person now, without a word about who it is', async () => {
    const { items } = await listCases(models.pool, { late: true }, {});
    expect(items).toEqual([
      {
        id: id('late'),
        version: 1,
        position: 1,
        office: 'Almaty',
        present: true,
        registration: 'registered',
        authorities: ['UNHCR'],
        status: 'asylum-seeker',
        population: 'refugees',
        citizenship: 'AFG',
        placeFled: { country: 'AFG' },
        region: 'KZ-75',
        sex: 'M',
        birthYear: 1961,
        registeredOn: '1997-06-20',
        arrivedOn: '1997-06-01',
        late: true,
        registeredBeforeArrival: false,
        flight: null,
      },
    ]);
  });

  it('says of someone who has left what held last', async () => {
    const { items } = await listCases(models.pool, { present: false, status: 'mandate-refugee' }, {});
    expect(items).toMatchObject([{ id: id('gone'), version: 3, registration: 'registered', present: false }]);
  });

  it('knows someone met abroad, who is on the manifest of a flight and was never here', async () => {
    const { items } = await listCases(models.pool, { office: 'Shymkent' }, {});
    expect(items).toMatchObject([
      {
        id: id('met'),
        present: false,
        registration: 'encountered',
        placeFled: { country: 'AFG' },
        flight: id('KZ888'),
      },
    ]);
  });

  it.each<[CaseFilters, readonly string[]]>([
    [{}, ['gone', 'late', 'met', 'twice']],
    [{ authority: 'MOI' }, ['twice']],
    [{ authority: 'UNHCR', present: true }, ['late', 'twice']],
    [{ population: 'foreigners' }, ['twice']],
    [{ placeFled: { country: 'RUS' } }, ['twice']],
    [{ placeFled: { country: 'RUS', area: 'RU-IN' } }, []],
    [{ citizenship: 'AFG', region: 'KZ-75', registration: 'registered' }, ['gone', 'late', 'twice']],
  ])('is found by %j', async (filters, names) => {
    expect(await found(filters)).toEqual(names);
  });

  it('comes in pages that neither overlap nor leave anyone out, whatever is added meanwhile', async () => {
    const first = await listCases(models.pool, {}, { limit: 3 });
    await models.record(file('new', registered()));
    const second = await listCases(models.pool, {}, { limit: 3, after: first.next ?? '' });
    const ids = [...first.items, ...second.items].map((item) => item.id);
    expect(first.items).toHaveLength(3);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(first.items.map((item) => item.id)));
    expect(second.next).toBeNull();
  });
});
