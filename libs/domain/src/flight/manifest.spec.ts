import { describe, expect, it } from '@jest/globals';
import { Refused } from '../decider.js';
import { flight, type FlightCommand } from './flight.decider.js';
import type { FlightEvent } from './flight.events.js';
import { flightView } from './flight.state.js';
import { manifestAt } from './manifest.js';

const fold = (events: readonly FlightEvent[]) => events.reduce(flight.evolve, flight.initial);
const play = (commands: readonly FlightCommand[], before: readonly FlightEvent[] = []) => {
  const events = [...before];
  for (const command of commands) events.push(...flight.decide(command, fold(events)));
  return events;
};

const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `p-${from + index}`);
const now = '1998-07-01T00:00:00Z';
const depart = (onBoard: number): FlightCommand => ({
  type: 'Depart',
  data: { departedAt: '1998-06-26T04:30:00Z', onBoard, now },
});

/** Jeddah to Almaty, 184 seats: 180 on the list, then one more; 3 do not come, 1 is offloaded, 177 board. */
const boarded = play([
  {
    type: 'PlanFlight',
    data: {
      number: 'KZ-7',
      carrier: 'Kazakhstan Airlines',
      from: 'JED',
      to: 'ALA',
      departureCountry: 'SAU',
      seats: 184,
      departsAt: '1998-06-26T04:00:00Z',
      funding: 'state',
    },
  },
  { type: 'AddPassengers', data: { passengers: names(1, 180).map((passenger) => ({ passenger })) } },
  { type: 'FinaliseManifest', data: {} },
  { type: 'AddPassengers', data: { passengers: [{ passenger: 'p-181', case: 'c-181' }] } },
  { type: 'RecordNoShows', data: { passengers: names(1, 3) } },
  { type: 'OffloadPassengers', data: { passengers: ['p-4'], reasonCode: 'unfit-to-travel' } },
  { type: 'BoardPassengers', data: { passengers: names(5, 181) } },
]);

describe('a manifest of 181, of whom 177 fly', () => {
  it('closes: 177 boarded, 3 did not come, 1 was offloaded', () => {
    expect(flightView(fold(boarded))).toMatchObject({
      version: 2,
      listed: 181,
      unaccounted: 0,
      boarded: 177,
      noShow: 3,
      offloaded: 1,
    });
  });

  it('refuses a departure with 178 and says 177', () => {
    const detail = '177 people are on board as recorded, not 178. Count again, or correct who boarded.';
    const refusal = new Refused('boarded-mismatch', detail, {
      pointer: '/onBoard',
      facts: { expected: 177 },
    });
    expect(() => play([depart(178)], boarded)).toThrow(refusal);
    expect(play([depart(177)], boarded)).toHaveLength(boarded.length + 1);
  });

  it('arrives with 175 after two left at Tashkent, and nobody has arrived before', () => {
    const diverted = play(
      [
        depart(177),
        {
          type: 'Divert',
          data: { airport: 'TAS', landedAt: '1998-06-26T09:00:00Z', left: ['p-5', 'p-181'], now },
        },
      ],
      boarded,
    );
    expect(flightView(fold(diverted))).toMatchObject({ onBoard: 175, leftElsewhere: 2, arrived: 0 });

    const arrived = play(
      [{ type: 'Arrive', data: { airport: 'ALA', arrivedAt: '1998-06-26T12:00:00Z', onBoard: 175, now } }],
      diverted,
    );
    expect(flightView(fold(arrived))).toMatchObject({ boarded: 177, leftElsewhere: 2, arrived: 175 });
  });
});

describe('the list as it stood', () => {
  it('has 180 lines in version 1 and 181 in version 2', () => {
    expect(manifestAt(boarded, 1)?.lines).toHaveLength(180);
    expect(manifestAt(boarded, 2)?.lines).toHaveLength(181);
    expect(manifestAt(boarded, 3)).toBeUndefined();
  });

  it('shows what was known of each passenger when the version ended', () => {
    expect(manifestAt(boarded, 1)?.lines[0]).toEqual({ passenger: 'p-1', outcome: 'listed' });
    expect(manifestAt(boarded)?.lines[0]).toEqual({ passenger: 'p-1', outcome: 'no-show' });
  });

  it('is a draft until it is fixed', () => {
    expect(manifestAt(boarded.slice(0, 3))).toMatchObject({ version: 0, lines: [{}, {}] });
    expect(manifestAt([])).toBeUndefined();
  });

  it('keeps the listing of a version, whatever becomes of the passengers', () => {
    const fixed = boarded.slice(0, 182);
    expect(manifestAt(boarded, 1)?.listing).toBe(manifestAt(fixed)?.listing);
    expect(manifestAt(boarded, 2)?.listing).toBe(manifestAt(play([depart(177)], boarded))?.listing);
    expect(manifestAt(boarded, 2)?.listing).not.toBe(manifestAt(boarded, 1)?.listing);
  });

  it('is listed in canonical JSON, in the order of the list', () => {
    const events: FlightEvent[] = [
      ...boarded.slice(0, 1),
      { type: 'PassengerAdded', data: { passenger: 'p-2', case: 'c-2' } },
      { type: 'PassengerAdded', data: { passenger: 'p-1' } },
      { type: 'ManifestFinalised', data: { version: 1, listed: 2 } },
    ];
    expect(manifestAt(events)?.listing).toBe(
      '{"passengers":[{"case":"c-2","passenger":"p-2"},{"passenger":"p-1"}],"version":1}',
    );
  });
});
