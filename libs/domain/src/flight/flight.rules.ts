import { airportCountry, isDay } from '#reference';
import { Refused } from '../decider.js';
import type { AirborneFlight, GroundedFlight, KnownFlight } from './flight.state.js';

/** The flight, whose list may still change. Refuses one that has left, arrived or was cancelled. */
export function grounded(state: KnownFlight): GroundedFlight {
  switch (state.phase) {
    case 'planned':
    case 'finalised':
    case 'boarding':
      return state;
    case 'departed':
    case 'diverted':
      throw new Refused('flight-departed', `The flight departed at ${state.departure.departedAt}.`);
    case 'arrived':
      throw new Refused('flight-arrived', `The flight arrived at ${state.arrival.arrivedAt}.`);
    case 'cancelled':
      throw new Refused('flight-cancelled', `The flight was cancelled: ${state.reasonCode}.`);
  }
}

/** Refuses a flight whose manifest is still a draft. */
export function finalised(state: GroundedFlight): GroundedFlight {
  if (state.version > 0) return state;
  throw new Refused('manifest-not-finalised', 'Finalise the manifest first.');
}

/** The flight, which is under way. Refuses one that has not left, has arrived or was cancelled. */
export function airborne(state: KnownFlight): AirborneFlight {
  if (state.phase === 'departed' || state.phase === 'diverted') return state;
  grounded(state); // Says so of a flight that arrived or was cancelled.
  throw new Refused('flight-not-departed', 'The flight has not departed.');
}

/** The number of people on board as reported and as recorded. */
export function mustMatch(onBoard: number, expected: number): void {
  if (onBoard === expected) return;
  const detail = `${expected} people are on board, not ${onBoard}.`;
  throw new Refused('boarded-mismatch', detail, { pointer: '/onBoard', facts: { expected } });
}

/** A landing comes after the departure and after every landing before it, in UTC. */
export function mustFollow(
  instant: string,
  { departure, diversions }: AirborneFlight,
  pointer: string,
): void {
  const before = diversions.at(-1)?.landedAt ?? departure.departedAt;
  if (instant >= before) return;
  const detail = `It cannot have landed at ${instant}: it was under way, or down elsewhere, at ${before}.`;
  throw new Refused('arrival-before-departure', detail, { pointer, facts: { notBefore: before } });
}

/** A fact does not lie after the moment of the command. */
export function mustHaveBeen(instant: string, now: string, pointer: string): void {
  if (instant <= utc(now, '/now')) return;
  throw new Refused('date-in-future', `${instant} is still to come: record it when it has happened.`, {
    pointer,
  });
}

/** An airport that we know lies in that country. */
export function mustBeIn(country: string, airport: string, pointer: string): void {
  const actual = airportCountry(airport);
  if (actual === undefined || actual === country) return;
  const detail = `${airport} is an airport of ${actual}, not of ${country}.`;
  throw new Refused('airport-not-in-country', detail, { pointer, facts: { country: actual } });
}

/** An RFC 3339 instant of any offset, in UTC and in one length, so that instants compare as strings. */
export function utc(instant: string, pointer: string): string {
  const date = new Date(instant);
  // `Date` would take 30 February for 2 March, and an instant without offset for the time of this machine.
  if (isDay(instant.slice(0, 10)) && /(Z|[+-]\d{2}:\d{2})$/.test(instant) && !Number.isNaN(date.getTime())) {
    return date.toISOString();
  }
  const detail = `${instant} is not a moment such as 1998-06-26T04:30:00Z.`;
  throw new Refused('not-an-instant', detail, { pointer });
}
