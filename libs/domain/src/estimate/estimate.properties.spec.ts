import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Refused } from '../decider.js';
import { estimate, type EstimateCommand } from './estimate.decider.js';
import { type EstimateRecorded, type Figure, QUALIFIERS } from './estimate.events.js';
import { gapRows } from './gap.js';

const number = fc.option(fc.nat(20), { nil: undefined, freq: 2 });
const figure = fc
  .record({
    qualifier: fc.constantFrom(...QUALIFIERS),
    value: number,
    low: number,
    high: number,
  })
  .map(({ qualifier, value, low, high }): Figure => ({
    qualifier,
    ...(value === undefined ? {} : { value }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  }));

const place = fc.constantFrom(
  { country: 'AFG' },
  { country: 'TJK' },
  { country: 'RUS' },
  { country: 'RUS', area: 'RU-CE' },
  { country: 'TJK', area: 'RU-CE' },
);
const component = fc
  .record({ figure, placesFled: fc.array(place, { minLength: 1, maxLength: 2 }) })
  .map((one) => ({ ...one.figure, placesFled: one.placesFled }));

const date = fc.constantFrom('1996', '1997', '1997-12', '1997-12-31', '1999-02-01');
const record = fc
  .record({
    figure,
    measure: fc.constantFrom('stock' as const, 'inflow' as const),
    from: date,
    to: date,
    components: fc.array(component, { maxLength: 3 }),
    placeFled: fc.option(place, { nil: undefined, freq: 3 }),
  })
  .map(({ figure: said, measure, from, to, components, placeFled }): EstimateCommand => ({
    type: 'RecordEstimate',
    data: {
      ...said,
      population: 'refugees',
      measure,
      period: { from, to },
      ...(placeFled === undefined ? {} : { placeFled }),
      unit: 'persons',
      publisher: 'UNHCR',
      asReported: 'as said',
      components,
      today: '1998-12-31',
    },
  }));

const id = fc.constantFrom('e-1', 'e-2', 'e-3');
const command = fc.oneof(
  { weight: 4, arbitrary: record },
  {
    weight: 1,
    arbitrary: id.map((by): EstimateCommand => ({
      type: 'SupersedeEstimate',
      data: { estimate: 'e-1', by },
    })),
  },
  {
    weight: 1,
    arbitrary: id.map((reasonCode): EstimateCommand => ({ type: 'RetractEstimate', data: { reasonCode } })),
  },
);
const commands = fc.array(command, { maxLength: 20, size: 'max' });

/** Plays the commands; `after` sees every one that was accepted. */
function play(
  taken: readonly EstimateCommand[],
  after: (command: EstimateCommand, state: typeof estimate.initial) => void,
): void {
  let state = estimate.initial;
  for (const one of taken) {
    try {
      state = estimate.decide(one, state).reduce(estimate.evolve, state);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      continue;
    }
    after(one, state);
  }
}

it('answers any command with events or a refusal, and records nothing when one is repeated', () => {
  fc.assert(
    fc.property(commands, (taken) => {
      play(taken, (one, state) => {
        expect(estimate.decide(one, state)).toEqual([]);
      });
    }),
    { numRuns: 500 },
  );
});

/** Estimates that the rules let pass. */
function accepted(numRuns: number): EstimateRecorded['data'][] {
  return fc.sample(record, { seed: 7, numRuns }).flatMap((one) => {
    try {
      return estimate
        .decide(one, estimate.initial)
        .flatMap((event) => (event.type === 'EstimateRecorded' ? [event.data] : []));
    } catch {
      return [];
    }
  });
}

it('accepts a figure with numbers or without, never one that is unquantified and 0', () => {
  const figures = accepted(4000).flatMap((said) => [said, ...(said.components ?? [])]);
  expect(figures.length).toBeGreaterThan(100);
  for (const { qualifier, value, low, high } of figures) {
    const isQuantified = qualifier !== 'unquantified' && qualifier !== 'most-of';
    const isGiven = value !== undefined || (low !== undefined && high !== undefined);
    expect(isGiven).toBe(isQuantified);
    expect(value ?? low ?? 0).toBeGreaterThanOrEqual(low ?? 0);
    expect(value ?? low ?? 0).toBeLessThanOrEqual(high ?? Infinity);
  }
});

it('derives nothing negative, loses nobody who is registered, and says why where it derives nothing', () => {
  const counts = fc.array(fc.record({ placeFled: place, registered: fc.nat(30) }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...accepted(4000)), counts, (said, counted) => {
      const { rows, other, total } = gapRows({
        estimate: said,
        counts: counted,
        population: 'refugees',
        validOn: '1997-12-31',
      });
      expect([...rows, other].reduce((sum, row) => sum + row.registered, 0)).toBe(total.registered);
      expect(counted.reduce((sum, { registered }) => sum + registered, 0)).toBe(total.registered);
      for (const row of [...rows, other, total]) {
        for (const bound of [row.unregistered ?? 0, row.low ?? 0, row.high ?? 0]) {
          expect(bound).toBeGreaterThanOrEqual(0);
        }
        const isDerived = row.unregistered !== null || row.high !== undefined;
        expect(isDerived).toBe(row.label === null);
      }
    }),
    { numRuns: 1000 },
  );
});
