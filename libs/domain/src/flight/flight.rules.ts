import { airportCountry, airportRemedy, isAirport, isDay } from '#reference';
import { Refused } from '../decider.js';
import type { AirborneFlight, GroundedFlight, KnownFlight, ManifestLine } from './flight.state.js';

/** The flight, whose list may still change. Refuses one that has left, arrived or was cancelled. */
export function grounded(state: KnownFlight): GroundedFlight {
  switch (state.phase) {
    case 'planned':
    case 'finalised':
    case 'boarding':
      return state;
    case 'departed':
    case 'diverted':
      throw new Refused(
        'flight-departed',
        `The flight departed at ${state.departure.departedAt}, and its list is closed. ` +
          'Record a diversion or the arrival.',
      );
    case 'arrived':
      throw new Refused(
        'flight-arrived',
        `The flight arrived at ${state.arrival.arrivedAt}: nothing changes on board any more.`,
      );
    case 'cancelled':
      throw new Refused(
        'flight-cancelled',
        `The flight was cancelled (${state.reasonCode}). Plan another flight.`,
      );
  }
}

/** Refuses a flight whose manifest is still a draft. */
export function finalised(state: GroundedFlight): GroundedFlight {
  if (state.version > 0) return state;
  throw new Refused('manifest-not-finalised', 'The list is a draft. Finalise the manifest first.');
}

/** The flight, which is under way. Refuses one that has not left, has arrived or was cancelled. */
export function airborne(state: KnownFlight): AirborneFlight {
  if (state.phase === 'departed' || state.phase === 'diverted') return state;
  grounded(state); // Says so of a flight that arrived or was cancelled.
  throw new Refused(
    'flight-not-departed',
    'The flight has not departed. Record the departure first, with the number on board.',
  );
}

/**
 * The number of people on board as reported and as recorded, and at departure nobody left unsettled. A wrong
 * number is said first, and with it who may explain it.
 */
export function mustMatch(onBoard: number, lines: readonly ManifestLine[]): void {
  const expected = lines.filter(({ outcome }) => outcome === 'boarded').length;
  const open = lines.filter(({ outcome }) => outcome === 'listed').map(({ passenger }) => passenger);
  const facts = open.length > 0 ? { expected, passengers: open } : { expected };
  if (onBoard !== expected) {
    const detail = `${people(expected)} on board as recorded, not ${onBoard}.`;
    const remedy = open.length > 0 ? unsettled(open) : 'Count again, or correct who boarded.';
    throw new Refused('boarded-mismatch', `${detail} ${remedy}`, { pointer: '/onBoard', facts });
  }
  if (open.length === 0) return;
  const detail = 'Before departure everyone on the list is boarded, a no-show or offloaded.';
  throw new Refused('passengers-unaccounted', `${detail} ${unsettled(open)}`, { pointer: '/onBoard', facts });
}

/** A landing comes after the departure and after every landing before it, in UTC. */
export function mustFollow(
  instant: string,
  { departure, diversions }: AirborneFlight,
  pointer: string,
): void {
  const before = diversions.at(-1)?.landedAt ?? departure.departedAt;
  if (instant >= before) return;
  const detail =
    `It cannot have landed at ${instant}: it was under way, or down elsewhere, at ${before}. ` +
    'Check the moment and its offset from UTC.';
  throw new Refused('arrival-before-departure', detail, { pointer, facts: { notBefore: before } });
}

/** A fact does not lie after the moment of the command. */
export function mustHaveBeen(instant: string, now: string, pointer: string): void {
  const latest = utc(now, '/now');
  if (instant <= latest) return;
  const detail = `${instant} is still to come: it is ${latest}. Record it when it has happened.`;
  throw new Refused('date-in-future', detail, { pointer, facts: { now: latest } });
}

/** An airport of the list. Throws `airport-unknown`. */
export function mustBeAirport(code: string, pointer: string): void {
  if (isAirport(code)) return;
  throw new Refused('airport-unknown', `No airport has the code ${code}. ${airportRemedy(code)}`, {
    pointer,
  });
}

/** An airport lies in that country. `remedy` says what to send instead. Throws `airport-not-in-country`. */
export function mustBeIn(country: string, airport: string, pointer: string, remedy: string): void {
  const actual = airportCountry(airport);
  if (actual === undefined || actual === country) return;
  const detail = `${airport} is an airport of ${actual}, not of ${country}. ${remedy}`;
  throw new Refused('airport-not-in-country', detail, { pointer, facts: { country: actual } });
}

/** An RFC 3339 instant of any offset, in UTC and in one length, so that instants compare as strings. */
export function utc(instant: string, pointer: string): string {
  const date = new Date(instant);
  // `Date` would take 30 February for 2 March, and an instant without offset for the time of this machine.
  if (isDay(instant.slice(0, 10)) && /(Z|[+-]\d{2}:\d{2})$/.test(instant) && !Number.isNaN(date.getTime())) {
    return date.toISOString();
  }
  const detail = `There is no moment ${instant}. Send one with its offset, such as 1998-06-26T04:30:00Z.`;
  throw new Refused('not-an-instant', detail, { pointer });
}

const NAMED_MAX = 5;

/** Ids only: the names are in the vault, and the manifest shows them to who may see them. */
function unsettled(open: readonly string[]): string {
  const named = open.slice(0, NAMED_MAX).join(', ');
  const others = open.length > NAMED_MAX ? ` and ${open.length - NAMED_MAX} more` : '';
  const remedy = 'Board them, or record why they do not fly.';
  return `${people(open.length)} not settled yet: ${named}${others}. ${remedy}`;
}

/** `1 person is`, `2 people are`. */
function people(count: number): string {
  return count === 1 ? '1 person is' : `${count} people are`;
}
