import { describe, expect, it } from '@jest/globals';
import type { CaseEvent, ManifestLeft } from '../case/case.events.js';
import type { Intent } from '../intent.js';
import type { FlightEvent } from './flight.events.js';
import { manifestMoves } from './manifest-moves.js';

const registered: CaseEvent = {
  type: 'MigrantRegistered',
  data: {
    office: 'almaty',
    authority: 'AMD',
    status: 'ethnic-returnee',
    legalBasis: 'KZ-1997-MIG',
    citizenship: 'AFG',
    placeFled: { country: 'AFG' },
    registeredOn: '1998-05-01',
    region: 'KZ-75',
    sex: 'F',
    late: false,
  },
};
const joined: CaseEvent = { type: 'ManifestJoined', data: { flight: 'f-1', passenger: 'p-1' } };

/** p-1 and p-3 have a case; p-2 is known by a list name only. */
const added: FlightEvent[] = [
  { type: 'PassengerAdded', data: { passenger: 'p-1', case: 'c-1' } },
  { type: 'PassengerAdded', data: { passenger: 'p-2' } },
  { type: 'PassengerAdded', data: { passenger: 'p-3', case: 'c-3' } },
];
const moves = manifestMoves('f-1');
const leftBecause = (why: ManifestLeft['data']['why']): CaseEvent => ({
  type: 'ManifestLeft',
  data: { flight: 'f-1', passenger: 'p-1', why },
});
const decided = (intents: readonly Intent[]) =>
  intents.map(({ stream, decide }) => [stream, ...decide([registered, joined]).events]);

describe('what a flight means for the cases on its list', () => {
  it('has whoever is added join, and points to whoever may not', () => {
    const intents = moves([...added, { type: 'ManifestFinalised', data: { version: 2, listed: 3 } }], []);
    expect(intents.map(({ stream, at }) => [stream, at])).toEqual([
      ['case-c-1', '/passengers/0'],
      ['case-c-3', '/passengers/2'],
    ]);
    expect(intents[0]?.decide([registered]).events).toEqual([joined]);
  });

  it.each<[ManifestLeft['data']['why'], FlightEvent]>([
    ['removed', { type: 'PassengerRemoved', data: { passenger: 'p-1', case: 'c-1' } }],
    ['no-show', { type: 'PassengerNoShow', data: { passenger: 'p-1', case: 'c-1' } }],
    ['offloaded', { type: 'PassengerOffloaded', data: { passenger: 'p-1', case: 'c-1' } }],
    [
      'left-elsewhere',
      { type: 'PassengerDisembarked', data: { passenger: 'p-1', case: 'c-1', airport: 'TAS' } },
    ],
  ])('lets go of whoever was %s', (why, event) => {
    expect(decided(moves([event], added))).toEqual([['case-c-1', leftBecause(why)]]);
  });

  it('lets go of everyone still on the list of a cancelled flight', () => {
    const past: FlightEvent[] = [
      ...added,
      { type: 'PassengerBoarded', data: { passenger: 'p-1', case: 'c-1' } },
      { type: 'PassengerNoShow', data: { passenger: 'p-3', case: 'c-3' } },
    ];
    expect(decided(moves([{ type: 'FlightCancelled', data: { reasonCode: 'weather' } }], past))).toEqual([
      ['case-c-1', leftBecause('cancelled')],
    ]);
  });

  it('records nothing more for a no-show who is then taken off the list', () => {
    const [intent] = moves([{ type: 'PassengerRemoved', data: { passenger: 'p-1', case: 'c-1' } }], added);
    expect(intent?.decide([registered, joined, leftBecause('no-show')]).events).toEqual([]);
  });

  it('leaves boarding, departure and arrival to others', () => {
    const events: FlightEvent[] = [
      { type: 'PassengerBoarded', data: { passenger: 'p-1', case: 'c-1' } },
      { type: 'FlightDeparted', data: { departedAt: '1998-06-26T04:30:00.000Z', onBoard: 1 } },
      { type: 'FlightArrived', data: { airport: 'ALA', arrivedAt: '1998-06-26T12:00:00.000Z', onBoard: 1 } },
    ];
    expect(moves(events, added)).toEqual([]);
  });
});
