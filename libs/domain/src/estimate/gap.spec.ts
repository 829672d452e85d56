import { describe, expect, it } from '@jest/globals';
import type { EstimateRecorded, Qualifier } from './estimate.events.js';
import { comparable, gapRows, type RegisteredCount } from './gap.js';

type Estimate = EstimateRecorded['data'];

const chechnya = { country: 'RUS', area: 'RU-CE' };
const afg = { country: 'AFG' };
const tjk = { country: 'TJK' };

/** USCRI, World Refugee Survey 1998: those present at the end of 1997. */
const survey: Estimate = {
  qualifier: 'about',
  value: 14000,
  population: 'refugees',
  measure: 'stock',
  period: { from: '1997-12-31', to: '1997-12-31' },
  unit: 'persons',
  publisher: 'USCRI World Refugee Survey 1998',
  asReported: '14,000',
  components: [
    { qualifier: 'about', value: 6000, placesFled: [chechnya] },
    { qualifier: 'about', value: 6000, placesFled: [tjk] },
    { qualifier: 'about', value: 2000, placesFled: [afg] },
  ],
};

/** Jamestown Monitor 4/130: those who came from 1994 to 1997. */
const influx: Estimate = {
  qualifier: 'more-than',
  value: 4000,
  population: 'refugees',
  measure: 'inflow',
  period: { from: '1994-01-01', to: '1997-12-31' },
  unit: 'persons',
  publisher: 'Jamestown Monitor 4/130',
  citedSource: 'ICRC',
  asReported: 'over 4,000',
  components: [
    { qualifier: 'exact', value: 2100, placesFled: [afg] },
    { qualifier: 'most-of', placesFled: [chechnya, tjk] },
  ],
};

/** UNHCR's list at the end of 1997: 2,700. */
const counts: readonly RegisteredCount[] = [
  { placeFled: afg, registered: 1650 },
  { placeFled: chechnya, registered: 500 },
  { placeFled: tjk, registered: 450 },
  { placeFled: { country: 'CHN' }, registered: 60 },
  { placeFled: { country: 'RUS' }, registered: 40 },
];

const scope = { population: 'refugees', validOn: '1997-12-31' } as const;
const gapOf = (estimate: Estimate, registered = counts) =>
  gapRows({ ...scope, estimate, counts: registered });

describe('comparing an estimate with a count', () => {
  it('takes a stock of persons of the same population on the same day', () => {
    expect(comparable(survey, scope)).toBe('comparable');
  });

  it.each<[string, Partial<Estimate>]>([
    ['other-population', { population: 'workers' }],
    ['other-population', { population: 'diaspora' }],
    ['not-a-stock', { measure: 'inflow' }],
    ['not-persons', { unit: 'families' }],
    ['part-of-the-country', { area: 'KZ-75' }],
    ['other-day', { period: { from: '1996', to: '1996' } }],
    ['other-day', { period: { from: '1997', to: '1998' } }],
  ])('says %s of one with %j', (reason, change) => {
    expect(comparable({ ...survey, ...change }, scope)).toBe(reason);
  });

  it.each([
    { from: '1997', to: '1997' },
    { from: '1997-01-01', to: '1997-12-31' },
    { from: '1997-12', to: '1997-12' },
  ])('counts $from to $to on its last day, and says so', (period) => {
    expect(comparable({ ...survey, period }, scope)).toBe('comparable');
    expect(gapOf({ ...survey, period }).notes[0]).toMatchObject({ code: 'counted-on-last-day' });
  });
});

describe('registered against unregistered at the end of 1997', () => {
  const gap = gapOf(survey);

  it('derives the unregistered of each origin that the estimate names', () => {
    expect(gap.rows).toEqual([
      {
        placesFled: [chechnya],
        registered: 500,
        estimate: { qualifier: 'about', value: 6000 },
        qualifier: 'about',
        unregistered: 5500,
        label: null,
      },
      {
        placesFled: [tjk],
        registered: 450,
        estimate: { qualifier: 'about', value: 6000 },
        qualifier: 'about',
        unregistered: 5550,
        label: null,
      },
      {
        placesFled: [afg],
        registered: 1650,
        estimate: { qualifier: 'about', value: 2000 },
        qualifier: 'about',
        unregistered: 350,
        label: null,
      },
    ]);
    expect(gap.total).toMatchObject({ registered: 2700, unregistered: 11300, label: null });
  });

  it('calls 100 registered where 0 are estimated inconsistent, never -100', () => {
    expect(gap.other).toEqual({
      registered: 100,
      estimate: { qualifier: 'about', value: 0 },
      qualifier: 'about',
      unregistered: null,
      label: 'inconsistent',
    });
  });

  it('explains why the rows add up to 11,400 and the total is 11,300', () => {
    expect(gap.notes).toEqual([
      {
        code: 'rows-differ-from-total',
        detail:
          'The rows add up to 11400 unregistered, the total is 11300. ' +
          'Not in the sum: other (100 registered, 0 estimated, inconsistent).',
      },
    ]);
  });

  it('answers a rival claim about one place for that place alone', () => {
    const rival: Estimate = {
      ...survey,
      qualifier: 'at-most',
      value: 30000,
      placeFled: chechnya,
      components: [],
    };
    const { rows, other, total } = gapOf(rival);
    expect(rows).toMatchObject([{ registered: 500, qualifier: 'at-most', unregistered: 29500 }]);
    expect(other).toMatchObject({ registered: 2200, estimate: null, label: 'not-quantified' });
    expect(total).toMatchObject({ registered: 2700, estimate: null, label: 'not-quantified' });
  });

  it('splits an estimate for one place into its components and what they leave', () => {
    const russia: Estimate = {
      ...survey,
      value: 6500,
      placeFled: { country: 'RUS' },
      components: [{ qualifier: 'exact', value: 6000, placesFled: [chechnya] }],
    };
    expect(gapOf(russia).rows).toMatchObject([
      { placesFled: [chechnya], registered: 500, unregistered: 5500 },
      { placesFled: [{ country: 'RUS' }], registered: 40, estimate: { value: 500 }, unregistered: 460 },
    ]);
  });
});

describe('where the cases of a place are counted', () => {
  const one = (placeFled: RegisteredCount['placeFled']) => [{ placeFled, registered: 1 }];
  const naming = (...places: { country: string; area?: string }[]): Estimate => ({
    ...survey,
    components: places.map((place) => ({ qualifier: 'about', value: 10, placesFled: [place] })),
  });
  const registered = (estimate: Estimate, placeFled: RegisteredCount['placeFled']) => {
    const { rows, other } = gapOf(estimate, one(placeFled));
    return [...rows, other].map((row) => row.registered);
  };

  it('takes exactly the cases with the area, where an area is named', () => {
    expect(registered(naming(chechnya), chechnya)).toEqual([1, 0]);
    expect(registered(naming(chechnya), { country: 'RUS' })).toEqual([0, 1]);
    expect(registered(naming(chechnya), { country: 'RUS', area: 'RU-IN' })).toEqual([0, 1]);
  });

  it('takes every area of a country, except those named apart', () => {
    expect(registered(naming({ country: 'RUS' }), chechnya)).toEqual([1, 0]);
    expect(registered(naming({ country: 'RUS' }, chechnya), chechnya)).toEqual([0, 1, 0]);
    expect(registered(naming({ country: 'RUS' }, chechnya), { country: 'RUS', area: 'RU-IN' })).toEqual([
      1, 0, 0,
    ]);
  });
});

describe('an influx from 1994 to 1997', () => {
  it('is not compared with those who are here: a flow is no stock', () => {
    const { comparability, rows, other, total, notes } = gapOf(influx);
    expect(comparability).toBe('not-a-stock');
    expect([...rows, other, total].map((row) => [row.unregistered, row.label])).toEqual(
      Array.from({ length: 4 }, () => [null, 'not-comparable']),
    );
    expect(notes).toEqual([]);
  });

  it('keeps what was said: 2,100, most of the more than 1,900 that remain, and an unknown rest', () => {
    const { rows, other } = gapOf(influx);
    expect(rows).toMatchObject([
      { placesFled: [afg], registered: 1650, estimate: { qualifier: 'exact', value: 2100 } },
      {
        placesFled: [chechnya, tjk],
        registered: 950,
        estimate: { qualifier: 'most-of' },
        of: { qualifier: 'more-than', value: 1900 },
      },
    ]);
    expect(other.estimate).toBeNull();
  });
});

describe('what is not known', () => {
  const { value: _, components: __, ...rest } = survey;

  it('is null with a label, never 0', () => {
    const { rows, other, total, notes } = gapOf({ ...rest, qualifier: 'unquantified' });
    expect(rows).toEqual([]);
    expect(other).toMatchObject({ registered: 2700, unregistered: null, label: 'not-quantified' });
    expect(total).toEqual({
      registered: 2700,
      estimate: { qualifier: 'unquantified' },
      qualifier: 'unquantified',
      unregistered: null,
      label: 'not-quantified',
    });
    expect(notes).toEqual([]);
  });

  it('is left out of the sum of the rows, and the report says so', () => {
    const { notes } = gapOf({
      ...survey,
      components: [
        { qualifier: 'about', value: 2000, placesFled: [afg] },
        { qualifier: 'unquantified', placesFled: [tjk] },
      ],
    });
    expect(notes[0]?.detail).toContain('TJK (450 registered, unquantified estimated, not-quantified)');
  });

  it('gives a range its bounds, less those registered, and no bound below nobody', () => {
    const range = { ...rest, qualifier: 'range', low: 2000, high: 15000 } as const;
    expect(gapOf(range).total).toEqual({
      registered: 2700,
      estimate: { qualifier: 'range', low: 2000, high: 15000 },
      qualifier: 'range',
      unregistered: null,
      high: 12300,
      label: null,
    });
    expect(gapOf({ ...range, low: 3000 }).total).toMatchObject({ low: 300, high: 12300 });
    expect(gapOf({ ...range, low: 2700 }).total).toMatchObject({ low: 0, high: 12300 });
    expect(gapOf({ ...range, high: 2500 }).total).toMatchObject({ label: 'inconsistent' });
  });

  it('is what remains of a total that its components exceed', () => {
    expect(gapOf({ ...survey, value: 13900 }).other).toMatchObject({
      registered: 100,
      estimate: null,
      unregistered: null,
      label: 'inconsistent',
    });
  });
});

describe('the qualifier of what remains', () => {
  const remains = (total: Qualifier, part: Qualifier) =>
    gapOf({
      ...survey,
      qualifier: total,
      components: [{ qualifier: part, value: 6000, placesFled: [chechnya] }],
    }).other.estimate;

  it.each(['exact', 'about', 'at-least', 'more-than', 'at-most'] as const)(
    'is that of the total, if the total is %s and the components are exact',
    (qualifier) => {
      expect(remains(qualifier, 'exact')).toEqual({ qualifier, value: 8000 });
    },
  );

  it('is the lower of two: about, if either is about', () => {
    expect(remains('exact', 'about')).toEqual({ qualifier: 'about', value: 8000 });
    expect(remains('about', 'about')).toEqual({ qualifier: 'about', value: 8000 });
  });

  it('cannot be told from limits on both sides', () => {
    expect(remains('more-than', 'about')).toBeNull();
    expect(remains('exact', 'at-least')).toBeNull();
  });
});
