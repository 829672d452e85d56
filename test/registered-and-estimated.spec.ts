import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaBrokers } from './support/kafka.js';
import { NEWSPAPER, register, SURVEY } from './support/people.js';
import { type Caller, type Stack, startStack } from './support/stack.js';

type Figures = { registered: number; unregistered: number | null; label: string | null; estimate: unknown };
type Gap = {
  estimates: {
    said: { publisher: string; citedSource?: string };
    comparability: string;
    rows: (Figures & { placesFled: { country: string; area?: string }[]; of?: unknown })[];
    other: Figures;
    total: Figures;
    notes: { code: string; detail: string }[];
  }[];
};

let stack: Stack;
let registrar: Caller;
let analyst: Caller;

beforeAll(async () => {
  stack = await startStack(process.env['KOSH_TEST_KAFKA_REMEDY'] ? {} : { brokers: await kafkaBrokers() });
  registrar = await stack.as(['registrar']);
  analyst = await stack.as(['analyst']);
}, 120_000);

afterAll(() => stack.close());

describe('A1: an estimate is kept as it was said', () => {
  it('with its source, its qualifier, and what it does not split', async () => {
    const { id } = await analyst.did('/estimates', NEWSPAPER);
    const { items } = await analyst.report<{ items: { id: string; said: unknown }[] }>('/estimates');
    expect(items.find((item) => item.id === id)?.said).toEqual(NEWSPAPER);
  });

  it('and is never a count: no report makes 950, 1,900 or a registered 4,000 of it', async () => {
    const answer = await analyst.report<Gap>('/reports/registration-gap?validOn=1997-12-31');
    const gap = answer.estimates.find(({ said }) => said.publisher === NEWSPAPER.publisher);
    expect(gap).toMatchObject({ comparability: 'not-a-stock', total: { registered: 0, unregistered: null } });
    const joint = gap?.rows.find(({ placesFled }) => placesFled.length === 2);
    expect(joint).toMatchObject({
      placesFled: [{ country: 'RUS', area: 'RU-CE' }, { country: 'TJK' }],
      estimate: { qualifier: 'most-of' },
      of: { qualifier: 'more-than', value: 1_900 },
      unregistered: null,
      label: 'not-comparable',
    });
    expect(gap?.rows.find(({ placesFled }) => placesFled[0]?.country === 'AFG')?.estimate).toEqual({
      qualifier: 'exact',
      value: 2_100,
    });
    expect(JSON.stringify(answer)).not.toMatch(/\b950\b/);
  });
});

describe('A4: what is not quantified is not zero', () => {
  const unquantified = (population: string, asReported: string) => ({
    ...NEWSPAPER,
    population,
    measure: 'stock',
    period: { from: '1997-12-31', to: '1997-12-31' },
    qualifier: 'unquantified',
    value: undefined,
    components: undefined,
    asReported,
  });

  it('the report says so, and keeps null', async () => {
    await analyst.did('/estimates', unquantified('refugees', 'many more asylum-seekers … unregistered'));
    const { estimates } = await analyst.report<Gap>('/reports/registration-gap?validOn=1997-12-31');
    const gap = estimates.find(({ comparability }) => comparability === 'comparable');
    expect(gap?.total).toMatchObject({ unregistered: null, label: 'not-quantified' });
  });

  it('0 in its place is refused', async () => {
    const answer = await analyst.post('/estimates', {
      ...unquantified('workers', 'not available'),
      value: 0,
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'unquantified-has-value' } });
    expect(answer.body['errors']).toMatchObject([{ pointer: '#/value' }]);
  });
});

describe('A3: registered and unregistered at the end of 1997', () => {
  beforeAll(async () => {
    // In tens: 1,650, 500, 450 and 100 people are in the demo; the arithmetic is the same.
    await register(registrar, 165);
    await register(registrar, 50, { citizenship: 'RUS', placeFled: { country: 'RUS', area: 'RU-CE' } });
    await register(registrar, 45, { citizenship: 'TJK', placeFled: { country: 'TJK' } });
    await register(registrar, 10, { citizenship: 'CHN', placeFled: { country: 'CHN' } });
    await analyst.did('/estimates', {
      ...SURVEY,
      value: 1_400,
      components: SURVEY.components.map((part) => ({ ...part, value: part.value / 10 })),
    });
    await analyst.did('/estimates', {
      ...SURVEY,
      citedSource: 'Chechen-Ingush cultural centre in Almaty',
      placeFled: { country: 'RUS', area: 'RU-CE' },
      qualifier: 'at-most',
      value: 3_000,
      components: undefined,
    });
  }, 60_000);

  const both = () => Math.max(registrar.position, analyst.position);

  it('follow from the comparable estimate, origin by origin; a negative rest is inconsistent, not below zero', async () => {
    const path = '/reports/registration-gap?validOn=1997-12-31&authority=UNHCR';
    const { estimates } = await analyst.report<Gap>(path, both());
    const gap = estimates.find(({ said }) => said.citedSource === SURVEY.citedSource);
    const unregistered = gap?.rows.map((row) => [
      row.placesFled[0]?.area ?? row.placesFled[0]?.country,
      row.unregistered,
    ]);
    expect(unregistered).toEqual([
      ['RU-CE', 550],
      ['TJK', 555],
      ['AFG', 35],
    ]);
    expect(gap?.total).toMatchObject({ registered: 270, unregistered: 1_130 });
    expect(gap?.other).toMatchObject({ registered: 10, unregistered: null, label: 'inconsistent' });
    expect(gap?.notes).toContainEqual(expect.objectContaining({ code: 'rows-differ-from-total' }));
    expect(gap?.notes.at(-1)?.detail).toContain('1140');
  });

  it('stand beside a rival estimate, and neither is averaged', async () => {
    const { estimates } = await analyst.report<Gap>('/reports/registration-gap?validOn=1997-12-31', both());
    const rival = estimates.find(({ said }) => said.citedSource?.startsWith('Chechen'));
    expect(rival?.rows[0]).toMatchObject({ registered: 50, unregistered: 2_950 });
  });

  it('ask for another authority, and nobody is registered', async () => {
    const path = '/reports/registration-gap?validOn=1997-12-31&authority=AMD';
    const { estimates } = await analyst.report<Gap>(path, both());
    expect(estimates.every(({ total }) => total.registered === 0)).toBe(true);
  });
});
