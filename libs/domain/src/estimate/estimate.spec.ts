import { describe, expect, it } from '@jest/globals';
import { type Examples, specify } from '../specify.js';
import { estimate, type RecordEstimate } from './estimate.decider.js';
import type { Component, EstimateEvent, EstimateRecorded } from './estimate.events.js';

const past: Examples<EstimateEvent> = {
  // Jamestown Monitor, vol. 4 no. 130, 1998: the seed of this agency's statistics.
  EstimateRecorded: {
    type: 'EstimateRecorded',
    data: {
      qualifier: 'more-than',
      value: 4000,
      population: 'refugees',
      measure: 'inflow',
      period: { from: '1994', to: '1997' },
      unit: 'persons',
      publisher: 'Jamestown Monitor 4/130',
      citedSource: 'ICRC',
      publishedOn: '1998-07-08',
      asReported: 'an influx of over 4,000 refugees',
      components: [
        { qualifier: 'exact', value: 2100, placesFled: [{ country: 'AFG' }] },
        { qualifier: 'most-of', placesFled: [{ country: 'RUS', area: 'RU-CE' }, { country: 'TJK' }] },
      ],
    },
  },
  EstimateSuperseded: { type: 'EstimateSuperseded', data: { by: 'e-2' } },
  EstimateRetracted: { type: 'EstimateRetracted', data: { reasonCode: 'misread' } },
};

const said: EstimateRecorded['data'] = {
  qualifier: 'exact',
  value: 14000,
  population: 'refugees',
  measure: 'stock',
  period: { from: '1997-12-31', to: '1997-12-31' },
  unit: 'persons',
  publisher: 'USCRI World Refugee Survey 1998',
  asReported: '14,000 refugees and asylum seekers',
};
const record = (change: Partial<EstimateRecorded['data']>): RecordEstimate => ({
  type: 'RecordEstimate',
  data: { ...said, ...change, today: '1998-12-31' },
});
/** `said` without a value. */
const unquantified = (change: Partial<EstimateRecorded['data']>): RecordEstimate => {
  const { value: _, ...rest } = said;
  return {
    type: 'RecordEstimate',
    data: { ...rest, qualifier: 'unquantified', ...change, today: '1998-12-31' },
  };
};
const withComponents = (...components: Component[]) => record({ components });
const afg = [{ country: 'AFG' }];
const tjk = [{ country: 'TJK' }];

const { given } = specify(estimate);

describe('recording an estimate', () => {
  it('keeps it as it was said', () => {
    given()
      .when({ type: 'RecordEstimate', data: { ...past.EstimateRecorded.data, today: '1998-12-31' } })
      .records(past.EstimateRecorded);
  });

  it('keeps one without a number, about one place and a part of the country', () => {
    const change = { area: 'KZ-75', placeFled: { country: 'RUS', area: 'RU-CE' } };
    const { value: _, ...rest } = said;
    given()
      .when(unquantified(change))
      .records({ type: 'EstimateRecorded', data: { ...rest, ...change, qualifier: 'unquantified' } });
  });

  it('keeps a range, with the value that was given within it or without', () => {
    const range = { qualifier: 'range', low: 10000, high: 15000 } as const;
    given()
      .when(record(range))
      .records({ type: 'EstimateRecorded', data: { ...said, ...range } });
    const { value: _, ...rest } = said;
    given()
      .when(unquantified(range))
      .records({ type: 'EstimateRecorded', data: { ...rest, ...range } });
  });

  it('records nothing the second time, and no second estimate in one record', () => {
    given(past.EstimateRecorded)
      .when({ type: 'RecordEstimate', data: { ...past.EstimateRecorded.data, today: '1999-01-01' } })
      .recordsNothing();
    given(past.EstimateRecorded).when(record({})).isRefused('already-recorded');
  });

  it.each(['value', 'low', 'high'])('is refused if what is unquantified has a %s of 0', (name) => {
    given()
      .when(unquantified({ [name]: 0 }))
      .isRefused('unquantified-has-value', { pointer: `/${name}` });
  });

  it('is refused if a number was promised and is not there', () => {
    given()
      .when(unquantified({ qualifier: 'about' }))
      .isRefused('value-missing', { pointer: '/value' });
    given()
      .when(unquantified({ qualifier: 'range', low: 1 }))
      .isRefused('range-incomplete', { pointer: '/high' });
    given()
      .when(unquantified({ qualifier: 'range', high: 1 }))
      .isRefused('range-incomplete', { pointer: '/low' });
  });

  it('is refused if its numbers are out of order', () => {
    given()
      .when(record({ qualifier: 'range', low: 15000, high: 10000 }))
      .isRefused('range-reversed', { pointer: '/high' });
    given()
      .when(record({ low: 14001 }))
      .isRefused('value-outside-range', { pointer: '/value' }, /^The value is at least 14001, not 14000\./);
    given()
      .when(record({ high: 13999 }))
      .isRefused('value-outside-range', { pointer: '/value' }, /^The value is at most 13999, not 14000\./);
  });

  it('is refused if the whole is most of something', () => {
    given()
      .when(unquantified({ qualifier: 'most-of' }))
      .isRefused('most-of-not-component', { pointer: '/qualifier' });
  });

  it('is refused for a period that runs backwards, for certain', () => {
    given()
      .when(record({ period: { from: '1997-12-31', to: '1997-12-30' } }))
      .isRefused('period-reversed', { pointer: '/period/to' });
    const period = { from: '1997-12-31', to: '1997' };
    given()
      .when(record({ period }))
      .records({ type: 'EstimateRecorded', data: { ...said, period } });
  });

  it('is refused for a time still to come', () => {
    given()
      .when(record({ period: { from: '1998', to: '1999' } }))
      .isRefused('date-in-future', { pointer: '/period/to' });
    given()
      .when(record({ publishedOn: '1999-01-01' }))
      .isRefused('date-in-future', { pointer: '/publishedOn' });
  });

  it('is refused for an area of another country', () => {
    given()
      .when(record({ placeFled: { country: 'TJK', area: 'RU-CE' } }))
      .isRefused('area-not-in-country', { pointer: '/placeFled/area' });
  });
});

describe('the components of an estimate', () => {
  it('are coherent themselves', () => {
    given()
      .when(
        withComponents(
          { qualifier: 'about', value: 2000, placesFled: afg },
          { qualifier: 'unquantified', value: 0, placesFled: tjk },
        ),
      )
      .isRefused('unquantified-has-value', { pointer: '/components/1/value' });
    given()
      .when(withComponents({ qualifier: 'most-of', value: 1900, placesFled: tjk }))
      .isRefused('unquantified-has-value', { pointer: '/components/0/value' });
  });

  it('name each place once', () => {
    const component: Component = { qualifier: 'about', value: 1, placesFled: afg };
    given()
      .when(withComponents(component, { ...component, placesFled: [...tjk, ...afg] }))
      .isRefused('place-named-twice', { pointer: '/components/1/placesFled/1' });
  });

  it('name areas with the country they belong to', () => {
    given()
      .when(withComponents({ qualifier: 'about', value: 1, placesFled: [{ country: 'TJK', area: 'RU-CE' }] }))
      .isRefused('area-not-in-country', { pointer: '/components/0/placesFled/0/area' });
  });

  it('lie within the place that the estimate is for', () => {
    const russia = { placeFled: { country: 'RUS' } };
    const chechnya: Component = {
      qualifier: 'about',
      value: 6000,
      placesFled: [{ country: 'RUS', area: 'RU-CE' }],
    };
    given()
      .when(record({ ...russia, components: [chechnya] }))
      .records({ type: 'EstimateRecorded', data: { ...said, ...russia, components: [chechnya] } });
    given()
      .when(record({ ...russia, components: [chechnya, { ...chechnya, placesFled: afg }] }))
      .isRefused('component-outside-place', { pointer: '/components/1/placesFled/0' });
  });

  const parts: Component[] = [
    { qualifier: 'exact', value: 10000, placesFled: afg },
    { qualifier: 'at-least', value: 4001, placesFled: tjk },
  ];

  it.each<Partial<EstimateRecorded['data']>>([
    { qualifier: 'exact' },
    { qualifier: 'at-most' },
    { qualifier: 'range', low: 13000, high: 14000 },
  ])('do not exceed a total that is $qualifier', (total) => {
    given()
      .when(record({ ...total, components: parts }))
      .isRefused('components-exceed-total', {
        pointer: '/components/1',
        facts: { total: 14000, sum: 14001 },
      });
  });

  it.each(['about', 'at-least', 'more-than'] as const)(
    'may disagree with a total that is %s, as published figures do',
    (qualifier) => {
      given()
        .when(record({ qualifier, components: parts }))
        .records({ type: 'EstimateRecorded', data: { ...said, qualifier, components: parts } });
    },
  );

  it('take nothing for certain if they are at most so many', () => {
    const components: Component[] = [
      { qualifier: 'exact', value: 14000, placesFled: afg },
      { qualifier: 'at-most', value: 30000, placesFled: tjk },
    ];
    given()
      .when(record({ components }))
      .records({ type: 'EstimateRecorded', data: { ...said, components } });
  });
});

describe('superseding and retracting an estimate', () => {
  const supersede = { type: 'SupersedeEstimate', data: { estimate: 'e-1', by: 'e-2' } } as const;
  const retract = { type: 'RetractEstimate', data: { reasonCode: 'misread' } } as const;

  it('names the newer one, once', () => {
    given(past.EstimateRecorded).when(supersede).records(past.EstimateSuperseded);
    given(past.EstimateRecorded, past.EstimateSuperseded).when(supersede).recordsNothing();
  });

  it('is refused by itself or by a second one', () => {
    given(past.EstimateRecorded)
      .when({ type: 'SupersedeEstimate', data: { estimate: 'e-1', by: 'e-1' } })
      .isRefused('superseded-by-itself', { pointer: '/by' });
    given(past.EstimateRecorded, past.EstimateSuperseded)
      .when({ type: 'SupersedeEstimate', data: { estimate: 'e-1', by: 'e-3' } })
      .isRefused('estimate-superseded', { facts: { by: 'e-2' } });
  });

  it('takes back what should not have been recorded, once', () => {
    given(past.EstimateRecorded).when(retract).records(past.EstimateRetracted);
    given(past.EstimateRecorded, past.EstimateSuperseded).when(retract).records(past.EstimateRetracted);
    given(past.EstimateRecorded, past.EstimateRetracted).when(retract).recordsNothing();
    given(past.EstimateRecorded, past.EstimateRetracted)
      .when({ type: 'RetractEstimate', data: { reasonCode: 'withdrawn' } })
      .isRefused('estimate-retracted');
  });

  it('does not supersede what was retracted', () => {
    given(past.EstimateRecorded, past.EstimateRetracted).when(supersede).isRefused('estimate-retracted');
  });

  it('needs an estimate', () => {
    given().when(supersede).isRefused('estimate-unknown');
    given().when(retract).isRefused('estimate-unknown');
  });
});

it.each(Object.values(past))('keeps the stored shape of $type', (event) => {
  expect({ ...event, occurredOn: estimate.occurredOn(event) }).toMatchSnapshot();
});

it.each(Object.values(past))('reads $type even where it cannot follow', (event) => {
  expect(() => [event].reduce(estimate.evolve, estimate.initial)).not.toThrow();
});
