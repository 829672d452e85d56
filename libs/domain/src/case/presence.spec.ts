import { expect, it } from '@jest/globals';
import { firstDay, lastDay } from '#reference';
import fc from 'fast-check';
import type { Move } from './case.state.js';
import { inOrder } from './presence.js';

const move: fc.Arbitrary<Move> = fc.record({
  value: fc.constantFrom('departed', 'returned', 'departed', 'returned', 'died'),
  on: fc.constantFrom(
    '1997',
    '1998',
    '1997-02',
    '1997-03',
    '1998-01',
    '1997-02-01',
    '1997-02-28',
    '1997-03-01',
    '1998-01-01',
  ),
  version: fc.constant(1),
  type: fc.constant('MigrantDeparted'),
});
const start = fc.constantFrom('', '1997-02-01', '1997-12-31');

it('finds an order of departures, returns and death if and only if some order and some days fit', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 6 }), start, (moves, from) => {
      const found = inOrder(from, moves);
      const isThere = permutations(moves).some((order) => fits(from, order));
      expect(found !== undefined && fits(from, found)).toBe(isThere);
      expect(found === undefined).toBe(!isThere);
    }),
    { numRuns: 1000 },
  );
});

function permutations(moves: readonly Move[]): readonly (readonly Move[])[] {
  if (moves.length === 0) return [[]];
  return moves.flatMap((move, at) => permutations(moves.toSpliced(at, 1)).map((rest) => [move, ...rest]));
}

function fits(start: string, order: readonly Move[]): boolean {
  let on = start;
  return order.every(({ value, on: date }, at) => {
    on = firstDay(date) > on ? firstDay(date) : on;
    const isDue =
      value === 'died' ? at === order.length - 1 : value === (at % 2 === 0 ? 'departed' : 'returned');
    return isDue && on <= lastDay(date);
  });
}
