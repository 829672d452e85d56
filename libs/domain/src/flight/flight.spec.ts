import { describe, expect, it } from '@jest/globals';
import { type Examples, specify } from '../specify.js';
import { type AddPassengers, type Arrive, type Depart, type Divert, flight } from './flight.decider.js';
import type { FlightEvent } from './flight.events.js';
import { flightView } from './flight.state.js';

const past: Examples<FlightEvent> = {
  FlightPlanned: {
    type: 'FlightPlanned',
    data: {
      number: 'KZ-7',
      carrier: 'Kazakhstan Airlines',
      from: 'JED',
      to: 'ALA',
      departureCountry: 'SAU',
      seats: 4,
      departsAt: '1998-06-26T04:00:00.000Z',
      funding: 'state',
      quotaYear: 1998,
    },
  },
  PassengerAdded: { type: 'PassengerAdded', data: { passenger: 'p-1', case: 'c-1' } },
  PassengerRemoved: { type: 'PassengerRemoved', data: { passenger: 'p-1', case: 'c-1' } },
  ManifestFinalised: { type: 'ManifestFinalised', data: { version: 1, listed: 3 } },
  PassengerBoarded: { type: 'PassengerBoarded', data: { passenger: 'p-1', case: 'c-1' } },
  PassengerNoShow: { type: 'PassengerNoShow', data: { passenger: 'p-2', reasonCode: 'not-reached' } },
  PassengerOffloaded: {
    type: 'PassengerOffloaded',
    data: { passenger: 'p-3', case: 'c-3', reasonCode: 'unfit-to-travel' },
  },
  FlightDeparted: { type: 'FlightDeparted', data: { departedAt: '1998-06-26T04:30:00.000Z', onBoard: 2 } },
  FlightDiverted: {
    type: 'FlightDiverted',
    data: { airport: 'TAS', landedAt: '1998-06-26T09:00:00.000Z', onBoard: 1 },
  },
  PassengerDisembarked: {
    type: 'PassengerDisembarked',
    data: { passenger: 'p-3', case: 'c-3', airport: 'TAS' },
  },
  FlightArrived: {
    type: 'FlightArrived',
    data: { airport: 'ALA', arrivedAt: '1998-06-26T12:00:00.000Z', onBoard: 1 },
  },
  FlightCancelled: { type: 'FlightCancelled', data: { reasonCode: 'no-landing-permit' } },
  PassengerArrivalRefused: {
    type: 'PassengerArrivalRefused',
    data: { passenger: 'p-1', case: 'c-1', code: 'deceased' },
  },
};

/** p-1 and p-3 have a case; p-2 is known by a list name only. */
const added: FlightEvent[] = [
  past.PassengerAdded,
  { type: 'PassengerAdded', data: { passenger: 'p-2' } },
  { type: 'PassengerAdded', data: { passenger: 'p-3', case: 'c-3' } },
];
const draft = [past.FlightPlanned, ...added];
const fixed = [...draft, past.ManifestFinalised];
const offloaded: FlightEvent = { type: 'PassengerOffloaded', data: { passenger: 'p-3', case: 'c-3' } };
const boarded: FlightEvent[] = [
  past.PassengerBoarded,
  { type: 'PassengerBoarded', data: { passenger: 'p-3', case: 'c-3' } },
];
const departed = [...fixed, ...boarded, past.PassengerNoShow, past.FlightDeparted];
const diverted = [...departed, past.FlightDiverted, past.PassengerDisembarked];
const arrived = [...diverted, past.FlightArrived];
const cancelled = [...fixed, past.PassengerBoarded, past.FlightCancelled];

const now = '1998-06-27T00:00:00Z';
const add = (...passengers: { passenger: string; case?: string }[]): AddPassengers => ({
  type: 'AddPassengers',
  data: { passengers },
});
const board = (...passengers: string[]) => ({ type: 'BoardPassengers', data: { passengers } }) as const;
const depart: Depart = {
  type: 'Depart',
  data: { departedAt: '1998-06-26T10:30:00+06:00', onBoard: 2, now },
};
const divert: Divert = {
  type: 'Divert',
  data: { airport: 'TAS', landedAt: '1998-06-26T09:00:00Z', left: ['p-3'], now },
};
const arrive: Arrive = {
  type: 'Arrive',
  data: { airport: 'ALA', arrivedAt: '1998-06-26T12:00:00Z', onBoard: 1, now },
};

const { given } = specify(flight);
const viewOf = (events: FlightEvent[]) => flightView(events.reduce(flight.evolve, flight.initial));

describe('planning a flight', () => {
  const plan = { type: 'PlanFlight', data: past.FlightPlanned.data } as const;

  it('records the plan, in UTC', () => {
    const data = { ...plan.data, departsAt: '1998-06-26T10:00:00+06:00' };
    given().when({ type: 'PlanFlight', data }).records(past.FlightPlanned);
  });

  it('may lie ahead, since a schedule is a plan', () => {
    const data = { ...plan.data, departsAt: '2999-01-01T00:00:00.000Z' };
    given().when({ type: 'PlanFlight', data }).records({ type: 'FlightPlanned', data });
  });

  it('records nothing the second time, and keeps no second flight in one record', () => {
    given(past.FlightPlanned).when(plan).recordsNothing();
    given(past.FlightPlanned)
      .when({ type: 'PlanFlight', data: { ...plan.data, seats: 5 } })
      .isRefused('already-planned');
  });

  it('is refused from an airport of another country', () => {
    given()
      .when({ type: 'PlanFlight', data: { ...plan.data, departureCountry: 'IRN' } })
      .isRefused('airport-not-in-country', { pointer: '/departureCountry', facts: { country: 'SAU' } });
  });

  it('is refused to an airport abroad: who lands there has not come home', () => {
    given()
      .when({ type: 'PlanFlight', data: { ...plan.data, to: 'IST' } })
      .isRefused('airport-not-in-country', { pointer: '/to', facts: { country: 'TUR' } });
  });

  it('is allowed from any airport in use, also one that the agency has not flown from', () => {
    const data = { ...plan.data, from: 'KHG', departureCountry: 'CHN' };
    given().when({ type: 'PlanFlight', data }).records({ type: 'FlightPlanned', data });
  });

  it('is refused from or to an airport that nobody knows, with those that were perhaps meant', () => {
    const refused = (change: object, pointer: string, says: RegExp) =>
      given()
        .when({ type: 'PlanFlight', data: { ...plan.data, ...change } })
        .isRefused('airport-unknown', { pointer }, says);
    refused({ from: 'QQQ' }, '/from', /^No airport has the code QQQ\. Use the IATA code, such as ALA/);
    refused({ to: 'ALK' }, '/to', /Did you mean .*ALA \(Almaty\)/);
  });

  it('is refused to where it starts', () => {
    given()
      .when({ type: 'PlanFlight', data: { ...plan.data, to: 'JED' } })
      .isRefused('same-airport', { pointer: '/to' });
  });

  it.each(['1998-02-30T04:00:00Z', '1998-06-26T04:00:00', '1998-06-26', 'soon'])(
    'is refused at %s, which is not a moment',
    (departsAt) => {
      given()
        .when({ type: 'PlanFlight', data: { ...plan.data, departsAt } })
        .isRefused('not-an-instant', { pointer: '/departsAt' });
    },
  );

  it('comes before everything else', () => {
    given()
      .when(add({ passenger: 'p-1' }))
      .isRefused('flight-unknown');
  });
});

describe('listing passengers', () => {
  it('lists people with a case and people known by a list name only', () => {
    given(past.FlightPlanned)
      .when(add({ passenger: 'p-1', case: 'c-1' }, { passenger: 'p-2' }))
      .records(...added.slice(0, 2));
  });

  it('makes the next version at once when the list was fixed', () => {
    given(...fixed)
      .when(add({ passenger: 'p-4' }))
      .records(
        { type: 'PassengerAdded', data: { passenger: 'p-4' } },
        { type: 'ManifestFinalised', data: { version: 2, listed: 4 } },
      );
    given(...fixed)
      .when({ type: 'RemovePassenger', data: { passenger: 'p-1' } })
      .records(past.PassengerRemoved, { type: 'ManifestFinalised', data: { version: 2, listed: 2 } });
  });

  it('records nothing when everyone asked for is on the list', () => {
    given(...fixed)
      .when(add({ passenger: 'p-2' }, { passenger: 'p-1', case: 'c-1' }))
      .recordsNothing();
  });

  it('is refused for a person twice, in the list or in the request', () => {
    given(...draft)
      .when(add({ passenger: 'p-4' }, { passenger: 'p-5', case: 'c-1' }))
      .isRefused(
        'passenger-listed-twice',
        { pointer: '/passengers/1/case', facts: { passenger: 'p-1', outcome: 'listed' } },
        /case c-1 is on the list already, as passenger p-1 \(listed\)\. Leave this item out/,
      );
    given(past.FlightPlanned)
      .when(add({ passenger: 'p-4', case: 'c-4' }, { passenger: 'p-5', case: 'c-4' }))
      .isRefused('passenger-listed-twice', { pointer: '/passengers/1/case' }, /named twice\. Leave/);
    given(...draft)
      .when(add({ passenger: 'p-2', case: 'c-2' }))
      .isRefused('passenger-listed-twice', { pointer: '/passengers/0' });
    given(...fixed, past.PassengerOffloaded)
      .when(add({ passenger: 'p-4', case: 'c-3' }))
      .isRefused(
        'passenger-listed-twice',
        { facts: { passenger: 'p-3', outcome: 'offloaded' } },
        /Take passenger p-3 off the list first/,
      );
  });

  it('is refused beyond the seats', () => {
    const facts = { seats: 4, free: 1, asked: 2 };
    given(...draft)
      .when(add({ passenger: 'p-4' }, { passenger: 'p-5' }))
      .isRefused('seats-exceeded', { pointer: '/passengers/1', facts }, /1 is free.* List 1 at most/);
  });

  it('keeps the seats of those who have boarded', () => {
    given(...fixed, ...boarded)
      .when(add({ passenger: 'p-4' }, { passenger: 'p-5' }))
      .isRefused('seats-exceeded', { pointer: '/passengers/1', facts: { seats: 4, free: 1, asked: 2 } });
  });

  it('gives the seat of a no-show to someone else', () => {
    const events: FlightEvent[] = [
      ...fixed,
      { type: 'PassengerAdded', data: { passenger: 'p-4' } },
      { type: 'ManifestFinalised', data: { version: 2, listed: 4 } },
    ];
    given(...events)
      .when(add({ passenger: 'p-5' }))
      .isRefused('seats-exceeded', { facts: { seats: 4, free: 0, asked: 1 } }, /none is free.*off the list/);
    given(...events, past.PassengerNoShow)
      .when(add({ passenger: 'p-5' }))
      .records(
        { type: 'PassengerAdded', data: { passenger: 'p-5' } },
        { type: 'ManifestFinalised', data: { version: 3, listed: 5 } },
      );
  });

  it('lets go of someone once, and of nobody who has boarded', () => {
    const remove = { type: 'RemovePassenger', data: { passenger: 'p-1' } } as const;
    given(...draft)
      .when(remove)
      .records(past.PassengerRemoved);
    given(...draft, past.PassengerRemoved)
      .when(remove)
      .recordsNothing();
    given(...fixed, past.PassengerBoarded)
      .when(remove)
      .isRefused('already-settled');
    given(...draft)
      .when({ type: 'RemovePassenger', data: { passenger: 'p-9' } })
      .isRefused('passenger-unknown');
  });

  it('lets someone wrongly recorded as a no-show be taken off, listed again and boarded', () => {
    given(...fixed, past.PassengerNoShow)
      .when({ type: 'RemovePassenger', data: { passenger: 'p-2' } })
      .records(
        { type: 'PassengerRemoved', data: { passenger: 'p-2' } },
        { type: 'ManifestFinalised', data: { version: 2, listed: 2 } },
      );
  });

  it('is over at departure', () => {
    const later = add({ passenger: 'p-9' });
    given(...departed)
      .when(later)
      .isRefused('flight-departed');
    given(...arrived)
      .when(later)
      .isRefused('flight-arrived');
    given(...cancelled)
      .when(later)
      .isRefused('flight-cancelled');
  });
});

describe('finalising the manifest', () => {
  const finalise = { type: 'FinaliseManifest', data: {} } as const;

  it('fixes version 1, once', () => {
    given(...draft)
      .when(finalise)
      .records(past.ManifestFinalised);
    given(...fixed)
      .when(finalise)
      .recordsNothing();
  });

  it('is refused for a list without a name, and the last name stays on a fixed list', () => {
    given(past.FlightPlanned).when(finalise).isRefused('empty-manifest');
    given(past.FlightPlanned, past.PassengerAdded, past.ManifestFinalised)
      .when({ type: 'RemovePassenger', data: { passenger: 'p-1' } })
      .isRefused('empty-manifest');
  });
});

describe('at the gate', () => {
  it('records who boards, who does not come and who is not carried', () => {
    given(...fixed)
      .when(board('p-1', 'p-3'))
      .records(...boarded);
    given(...fixed)
      .when({ type: 'RecordNoShows', data: { passengers: ['p-2'], reasonCode: 'not-reached' } })
      .records(past.PassengerNoShow);
    given(...fixed)
      .when({
        type: 'OffloadPassengers',
        data: { passengers: ['p-3'], reasonCode: 'unfit-to-travel' },
      })
      .records(past.PassengerOffloaded);
  });

  it('records nothing twice', () => {
    given(...fixed, past.PassengerBoarded)
      .when(board('p-1', 'p-1'))
      .recordsNothing();
    given(...fixed)
      .when(board('p-1', 'p-1'))
      .records(past.PassengerBoarded);
  });

  it('lets someone who boarded be taken off before departure', () => {
    given(...fixed, ...boarded)
      .when({ type: 'OffloadPassengers', data: { passengers: ['p-3'] } })
      .records(offloaded);
  });

  it('is refused for someone who has another outcome', () => {
    given(...fixed, past.PassengerNoShow)
      .when(board('p-1', 'p-2'))
      .isRefused(
        'already-settled',
        { pointer: '/passengers/1', facts: { outcome: 'no-show' } },
        /recorded as no-show.*take the passenger off the list and add them again/,
      );
    given(...fixed, past.PassengerBoarded)
      .when({ type: 'RecordNoShows', data: { passengers: ['p-1'] } })
      .isRefused(
        'already-settled',
        { pointer: '/passengers/0', facts: { outcome: 'boarded' } },
        /Record an offload instead/,
      );
    given(...fixed, past.PassengerNoShow)
      .when({ type: 'OffloadPassengers', data: { passengers: ['p-2'] } })
      .isRefused('already-settled', { pointer: '/passengers/0' });
  });

  it('is refused for someone who is not on the list', () => {
    given(...fixed)
      .when(board('p-1', 'p-9'))
      .isRefused('passenger-unknown', { pointer: '/passengers/1' });
  });

  it('waits for the manifest', () => {
    given(...draft)
      .when(board('p-1'))
      .isRefused('manifest-not-finalised');
  });
});

describe('departing', () => {
  it('records the moment in UTC and the number on board', () => {
    given(...fixed, ...boarded, past.PassengerNoShow)
      .when(depart)
      .records(past.FlightDeparted);
  });

  it('records nothing the second time, and no second departure', () => {
    given(...arrived)
      .when(depart)
      .recordsNothing();
    given(...departed)
      .when({ type: 'Depart', data: { ...depart.data, departedAt: '1998-06-26T05:00:00Z' } })
      .isRefused('flight-departed');
  });

  it('names everyone who is not accounted for', () => {
    given(...fixed, past.PassengerBoarded)
      .when({ type: 'Depart', data: { ...depart.data, onBoard: 1 } })
      .isRefused(
        'passengers-unaccounted',
        { pointer: '/onBoard', facts: { expected: 1, passengers: ['p-2', 'p-3'] } },
        /2 people are not settled yet: p-2, p-3\. Board them, or record why they do not fly\./,
      );
  });

  it('names some of many, and all of them for programs', () => {
    const many = Array.from({ length: 7 }, (_, i) => `q-${i}`);
    const crowd: FlightEvent[] = many.map((passenger) => ({ type: 'PassengerAdded', data: { passenger } }));
    given(past.FlightPlanned, ...crowd, past.ManifestFinalised)
      .when({ type: 'Depart', data: { ...depart.data, onBoard: 0 } })
      .isRefused(
        'passengers-unaccounted',
        { facts: { expected: 0, passengers: many } },
        /7 people are not settled yet: q-0, q-1, q-2, q-3, q-4 and 2 more\./,
      );
  });

  it('names the right number on board', () => {
    given(...fixed, ...boarded, past.PassengerNoShow)
      .when({ type: 'Depart', data: { ...depart.data, onBoard: 3 } })
      .isRefused(
        'boarded-mismatch',
        { pointer: '/onBoard', facts: { expected: 2 } },
        /^2 people are on board/,
      );
  });

  it('says first that the number is wrong, and with it who may be the difference', () => {
    given(...fixed, past.PassengerBoarded, past.PassengerNoShow)
      .when(depart)
      .isRefused(
        'boarded-mismatch',
        { pointer: '/onBoard', facts: { expected: 1, passengers: ['p-3'] } },
        /^1 person is on board as recorded, not 2\. 1 person is not settled yet: p-3\./,
      );
  });

  it('is refused for a moment still to come', () => {
    given(...fixed, ...boarded, past.PassengerNoShow)
      .when({ type: 'Depart', data: { ...depart.data, now: '1998-06-26T04:29:59Z' } })
      .isRefused('date-in-future', { pointer: '/departedAt' });
  });

  it('waits for the manifest', () => {
    given(...draft)
      .when(depart)
      .isRefused('manifest-not-finalised');
  });
});

describe('a diversion', () => {
  it('records who left the flight there', () => {
    given(...departed)
      .when(divert)
      .records(past.FlightDiverted, past.PassengerDisembarked);
  });

  it('may follow another', () => {
    given(...diverted)
      .when({
        type: 'Divert',
        data: { airport: 'SKD', landedAt: '1998-06-26T10:00:00Z', left: [], now },
      })
      .records({
        type: 'FlightDiverted',
        data: { airport: 'SKD', landedAt: '1998-06-26T10:00:00.000Z', onBoard: 1 },
      });
  });

  it('records nothing the second time, in whatever order the passengers are named', () => {
    given(...arrived)
      .when(divert)
      .recordsNothing();
    given(...arrived)
      .when({ type: 'Divert', data: { ...divert.data, left: ['p-3', 'p-1'] } })
      .isRefused('flight-arrived');
  });

  it('counts someone named twice once', () => {
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, left: ['p-3', 'p-3'] } })
      .records(past.FlightDiverted, past.PassengerDisembarked);
  });

  it('is refused if someone left who was not on board', () => {
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, left: ['p-3', 'p-2'] } })
      .isRefused('left-unknown', { pointer: '/left/1' });
    given(...diverted)
      .when({ type: 'Divert', data: { ...divert.data, landedAt: '1998-06-26T10:00:00Z' } })
      .isRefused('left-unknown', { pointer: '/left/0' });
  });

  it('is refused before the departure, ahead of time, or to the destination', () => {
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, landedAt: '1998-06-26T04:29:00Z' } })
      .isRefused('arrival-before-departure', { pointer: '/landedAt' });
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, landedAt: '1998-06-28T00:00:00Z' } })
      .isRefused('date-in-future', { pointer: '/landedAt' });
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, airport: 'ALA' } })
      .isRefused('airport-is-destination', { pointer: '/airport' });
    given(...departed)
      .when({ type: 'Divert', data: { ...divert.data, airport: 'QQQ' } })
      .isRefused('airport-unknown', { pointer: '/airport' });
  });

  it('is refused for a flight that has not departed', () => {
    given(...fixed)
      .when(divert)
      .isRefused('flight-not-departed');
  });
});

describe('arriving', () => {
  it('records who is on board at the end, once', () => {
    given(...diverted)
      .when(arrive)
      .records(past.FlightArrived);
    given(...arrived)
      .when(arrive)
      .recordsNothing();
    given(...arrived)
      .when({ type: 'Arrive', data: { ...arrive.data, airport: 'TSE' } })
      .isRefused('flight-arrived');
  });

  it('counts those who left elsewhere', () => {
    given(...diverted)
      .when({ type: 'Arrive', data: { ...arrive.data, onBoard: 2 } })
      .isRefused('boarded-mismatch', { pointer: '/onBoard', facts: { expected: 1 } });
  });

  it('compares moments, not clocks on the wall', () => {
    const data = { ...arrive.data, arrivedAt: '1998-06-26T11:00:00+06:00', onBoard: 2 };
    given(...departed)
      .when({ type: 'Arrive', data })
      .records({
        type: 'FlightArrived',
        data: { airport: 'ALA', arrivedAt: '1998-06-26T05:00:00.000Z', onBoard: 2 },
      });
  });

  it('is refused before the departure or before a landing elsewhere', () => {
    const early = (arrivedAt: string, onBoard: number): Arrive => ({
      type: 'Arrive',
      data: { ...arrive.data, arrivedAt, onBoard },
    });
    given(...departed)
      .when(early('1998-06-26T10:00:00+06:00', 2))
      .isRefused('arrival-before-departure', { pointer: '/arrivedAt' });
    given(...diverted)
      .when(early('1998-06-26T08:00:00Z', 1))
      .isRefused('arrival-before-departure', { facts: { notBefore: '1998-06-26T09:00:00.000Z' } });
  });

  it('is refused for a moment still to come', () => {
    given(...diverted)
      .when({ type: 'Arrive', data: { ...arrive.data, now: '1998-06-26T11:59:59Z' } })
      .isRefused('date-in-future', { pointer: '/arrivedAt' });
  });

  it('is not what happens abroad', () => {
    given(...diverted)
      .when({ type: 'Arrive', data: { ...arrive.data, airport: 'TAS' } })
      .isRefused(
        'airport-not-in-country',
        { pointer: '/airport', facts: { country: 'UZB' } },
        /A landing abroad is a diversion: record that/,
      );
    given(...diverted)
      .when({ type: 'Arrive', data: { ...arrive.data, airport: 'QQQ' } })
      .isRefused('airport-unknown', { pointer: '/airport' });
  });

  it('is refused for a flight that has not departed or was cancelled', () => {
    given(...fixed)
      .when(arrive)
      .isRefused('flight-not-departed');
    given(...cancelled)
      .when(arrive)
      .isRefused('flight-cancelled');
  });
});

describe('cancelling', () => {
  const cancel = { type: 'CancelFlight', data: past.FlightCancelled.data } as const;

  it('is possible until departure', () => {
    given(...fixed, past.PassengerBoarded)
      .when(cancel)
      .records(past.FlightCancelled);
    given(...departed)
      .when(cancel)
      .isRefused('flight-departed');
  });

  it('records nothing the second time, and no second reason', () => {
    given(...cancelled)
      .when(cancel)
      .recordsNothing();
    given(...cancelled)
      .when({ type: 'CancelFlight', data: { reasonCode: 'weather' } })
      .isRefused('flight-cancelled');
  });
});

describe('an arrival that a case refuses', () => {
  const refusal = {
    type: 'RecordArrivalRefusal',
    data: past.PassengerArrivalRefused.data,
  } as const;

  it('is an item on the flight, once', () => {
    given(...arrived)
      .when(refusal)
      .records(past.PassengerArrivalRefused);
    given(...arrived, past.PassengerArrivalRefused)
      .when(refusal)
      .recordsNothing();
    expect(viewOf([...arrived, past.PassengerArrivalRefused]).refusedArrivals).toBe(1);
  });

  it('can only concern someone who arrived', () => {
    given(...diverted)
      .when(refusal)
      .isRefused('flight-not-arrived');
    given(...arrived)
      .when({ type: 'RecordArrivalRefusal', data: { passenger: 'p-3', case: 'c-3', code: 'x' } })
      .isRefused('passenger-unknown');
  });
});

describe('the arithmetic of a flight', () => {
  it('closes at departure, after a diversion and at arrival', () => {
    expect(viewOf(departed)).toMatchObject({
      phase: 'departed',
      listed: 3,
      boarded: 2,
      noShow: 1,
      onBoard: 2,
    });
    expect(viewOf(diverted)).toMatchObject({ phase: 'diverted', boarded: 2, leftElsewhere: 1, arrived: 0 });
    expect(viewOf(arrived)).toMatchObject({ phase: 'arrived', boarded: 2, leftElsewhere: 1, arrived: 1 });
  });

  it('is all zeros for a flight that nobody planned', () => {
    expect(viewOf([])).toMatchObject({ phase: 'unknown', version: 0, listed: 0, boarded: 0 });
  });
});

it.each(Object.values(past))('keeps the stored shape of $type', (event) => {
  expect({ ...event, occurredOn: flight.occurredOn(event) }).toMatchSnapshot();
});

it.each(Object.values(past))('reads $type even where it cannot follow', (event) => {
  expect(() => [event].reduce(flight.evolve, flight.initial)).not.toThrow();
});
