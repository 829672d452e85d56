import { isDeepStrictEqual } from 'node:util';
import { HOME } from '#reference';
import { type Command, type Decider, Refused } from '../decider.js';
import type {
  FlightArrived,
  FlightCancelled,
  FlightDeparted,
  FlightDiverted,
  FlightEvent,
  FlightPlanned,
  ManifestFinalised,
  Passenger,
  PassengerArrivalRefused,
} from './flight.events.js';
import {
  airborne,
  finalised,
  grounded,
  mustBeAirport,
  mustBeIn,
  mustFollow,
  mustHaveBeen,
  mustMatch,
  utc,
} from './flight.rules.js';
import {
  evolveFlight,
  type FlightState,
  type KnownFlight,
  type ManifestLine,
  type PassengerOutcome,
} from './flight.state.js';

/** The moment of the command: no fact lies after it. Instants of any offset are recorded in UTC. */
type Now = { now: string };
type Settlement = { passengers: readonly string[]; reasonCode?: string };

export type PlanFlight = Command<'PlanFlight', FlightPlanned['data']>;
export type AddPassengers = Command<'AddPassengers', { passengers: readonly Passenger[] }>;
export type RemovePassenger = Command<'RemovePassenger', { passenger: string }>;
export type FinaliseManifest = Command<'FinaliseManifest', object>;
export type BoardPassengers = Command<'BoardPassengers', { passengers: readonly string[] }>;
export type RecordNoShows = Command<'RecordNoShows', Settlement>;
export type OffloadPassengers = Command<'OffloadPassengers', Settlement>;
export type Depart = Command<'Depart', FlightDeparted['data'] & Now>;
export type Divert = Command<
  'Divert',
  Omit<FlightDiverted['data'], 'onBoard'> & Now & { left: readonly string[] }
>;
export type Arrive = Command<'Arrive', FlightArrived['data'] & Now>;
export type CancelFlight = Command<'CancelFlight', FlightCancelled['data']>;
export type RecordArrivalRefusal = Command<'RecordArrivalRefusal', PassengerArrivalRefused['data']>;

export type FlightCommand =
  | PlanFlight
  | AddPassengers
  | RemovePassenger
  | FinaliseManifest
  | BoardPassengers
  | RecordNoShows
  | OffloadPassengers
  | Depart
  | Divert
  | Arrive
  | CancelFlight
  | RecordArrivalRefusal;

/** From where a passenger may come to an outcome at the gate. Someone boarded may still be taken off. */
const SETTLED_FROM: Readonly<Record<'boarded' | 'no-show' | 'offloaded', readonly PassengerOutcome[]>> = {
  boarded: ['listed'],
  'no-show': ['listed'],
  offloaded: ['listed', 'boarded'],
};

/** A flight and its manifest, whose arithmetic must close (IOM Emergency Manual, movement, phases 1 to 3). */
export const flight: Decider<FlightState, FlightCommand, FlightEvent> = {
  category: 'flight',
  opens: ['PlanFlight'],
  initial: { phase: 'unknown' },

  decide(command, state) {
    if (command.type === 'PlanFlight') return plan(command.data, state);
    if (state.phase === 'unknown')
      throw new Refused('flight-unknown', 'There is no such flight. Plan it first.');
    switch (command.type) {
      case 'AddPassengers':
        return addPassengers(command.data, state);
      case 'RemovePassenger':
        return removePassenger(command.data, state);
      case 'FinaliseManifest':
        return finaliseManifest(state);
      case 'BoardPassengers':
        return board(command.data, state);
      case 'RecordNoShows':
        return recordNoShows(command.data, state);
      case 'OffloadPassengers':
        return offload(command.data, state);
      case 'Depart':
        return depart(command.data, state);
      case 'Divert':
        return divert(command.data, state);
      case 'Arrive':
        return arrive(command.data, state);
      case 'CancelFlight':
        return cancel(command.data, state);
      case 'RecordArrivalRefusal':
        return recordArrivalRefusal(command.data, state);
    }
  },

  evolve: evolveFlight,

  /** The day in UTC of what happened to the aircraft; lists and gates have no day of their own. */
  occurredOn(event) {
    if (event.type === 'FlightDeparted') return event.data.departedAt.slice(0, 10);
    if (event.type === 'FlightDiverted') return event.data.landedAt.slice(0, 10);
    if (event.type === 'FlightArrived') return event.data.arrivedAt.slice(0, 10);
    return null;
  },
};

function plan(data: PlanFlight['data'], state: FlightState): FlightEvent[] {
  const { number, carrier, from, to, departureCountry, seats, funding, quotaYear } = data;
  const departsAt = utc(data.departsAt, '/departsAt');
  mustBeAirport(from, '/from');
  mustBeAirport(to, '/to');
  if (from === to) {
    const detail = `The flight starts from ${from}. Name another airport as the one it goes to.`;
    throw new Refused('same-airport', detail, { pointer: '/to' });
  }
  mustBeIn(departureCountry, from, '/departureCountry', 'Check from and departureCountry.');
  // Who lands has come home: everyone's file would say so of a flight that left the country.
  mustBeIn(
    HOME,
    to,
    '/to',
    'A flight out of the country is no flight of return: record who departs in their files.',
  );
  const planned: FlightPlanned = {
    type: 'FlightPlanned',
    data: {
      number,
      carrier,
      from,
      to,
      departureCountry,
      seats,
      departsAt,
      funding,
      ...(quotaYear !== undefined && { quotaYear }),
    },
  };
  if (state.phase === 'unknown') return [planned];
  if (isDeepStrictEqual(state.plan, planned.data)) return [];
  throw new Refused('already-planned', `This is flight ${state.plan.number} already; plan another flight.`);
}

function addPassengers({ passengers }: AddPassengers['data'], state: KnownFlight): FlightEvent[] {
  const { lines, plan: planned, version } = grounded(state);
  if (passengers.every((asked) => lines.some((line) => isSame(line, asked)))) return [];

  const listed: Passenger[] = [...lines];
  // Who did not come, or was offloaded, frees a seat for someone else.
  const free = planned.seats - lines.filter(({ outcome }) => ['listed', 'boarded'].includes(outcome)).length;
  const added = passengers.map((asked, index): FlightEvent => {
    const pointer = `/passengers/${index}`;
    const twice = listed.find(({ passenger }) => passenger === asked.passenger);
    if (twice) throw listedTwice(`Passenger ${twice.passenger}`, twice, lines, pointer);
    const same = listed.find((line) => asked.case !== undefined && line.case === asked.case);
    if (same) throw listedTwice(`The person of case ${asked.case}`, same, lines, `${pointer}/case`);
    if (index >= free) {
      const facts = { seats: planned.seats, free, asked: passengers.length };
      throw new Refused('seats-exceeded', seatsLeft(facts), { pointer, facts });
    }
    listed.push(asked);
    return { type: 'PassengerAdded', data: passengerOf(asked) };
  });
  return [...added, ...nextVersion(version, lines.length + added.length)];
}

/** `lines` were on the list before the request; whoever is not among them is named twice in it. */
function listedTwice(who: string, at: Passenger, lines: readonly ManifestLine[], pointer: string): Refused {
  const line = lines.find(({ passenger }) => passenger === at.passenger);
  if (!line) {
    return new Refused('passenger-listed-twice', `${who} is named twice. Leave this item out.`, { pointer });
  }
  const { passenger, outcome } = line;
  const remedy =
    outcome === 'listed' || outcome === 'boarded'
      ? 'Leave this item out.'
      : `Take passenger ${passenger} off the list first, if that was wrong.`;
  const detail = `${who} is on the list already, as passenger ${passenger} (${outcome}). ${remedy}`;
  return new Refused('passenger-listed-twice', detail, { pointer, facts: { passenger, outcome } });
}

function seatsLeft({ seats, free, asked }: Readonly<Record<'seats' | 'free' | 'asked', number>>): string {
  const left = free === 0 ? 'none is free' : free === 1 ? '1 is free' : `${free} are free`;
  const remedy = free === 0 ? 'Take somebody off the list first.' : `List ${free} at most.`;
  const all = seats === 1 ? '1 seat' : `${seats} seats`;
  return `Of ${all} ${left}, and ${asked} more cannot be listed. ${remedy}`;
}

function removePassenger({ passenger }: RemovePassenger['data'], state: KnownFlight): FlightEvent[] {
  const line = state.lines.find((listed) => listed.passenger === passenger);
  if (!line && state.removed.includes(passenger)) return [];
  const { lines, version } = grounded(state);
  if (!line) throw notListed(passenger);
  if (line.outcome === 'boarded') {
    const detail = `Passenger ${passenger} has boarded: record an offload instead.`;
    throw new Refused('already-settled', detail, { facts: { outcome: line.outcome } });
  }
  if (version > 0 && lines.length === 1) {
    throw new Refused('empty-manifest', 'Nobody else is on the fixed manifest: cancel the flight instead.');
  }
  return [{ type: 'PassengerRemoved', data: passengerOf(line) }, ...nextVersion(version, lines.length - 1)];
}

function finaliseManifest(state: KnownFlight): FlightEvent[] {
  if (state.version > 0) return [];
  const { lines } = grounded(state);
  if (lines.length === 0) {
    const detail = 'Nobody is on the list. Add passengers, then finalise the manifest.';
    throw new Refused('empty-manifest', detail);
  }
  return [{ type: 'ManifestFinalised', data: { version: 1, listed: lines.length } }];
}

function board({ passengers }: BoardPassengers['data'], state: KnownFlight): FlightEvent[] {
  return settle('boarded', passengers, state).map((line) => ({
    type: 'PassengerBoarded',
    data: passengerOf(line),
  }));
}

function recordNoShows({ passengers, reasonCode }: Settlement, state: KnownFlight): FlightEvent[] {
  return settle('no-show', passengers, state).map((line) => ({
    type: 'PassengerNoShow',
    data: { ...passengerOf(line), ...(reasonCode !== undefined && { reasonCode }) },
  }));
}

function offload({ passengers, reasonCode }: Settlement, state: KnownFlight): FlightEvent[] {
  return settle('offloaded', passengers, state).map((line) => ({
    type: 'PassengerOffloaded',
    data: { ...passengerOf(line), ...(reasonCode !== undefined && { reasonCode }) },
  }));
}

function depart({ onBoard, ...data }: Depart['data'], state: KnownFlight): FlightEvent[] {
  const departedAt = utc(data.departedAt, '/departedAt');
  if ('departure' in state && isDeepStrictEqual(state.departure, { departedAt, onBoard })) return [];

  const { lines } = finalised(grounded(state));
  mustMatch(onBoard, lines);
  mustHaveBeen(departedAt, data.now, '/departedAt');
  return [{ type: 'FlightDeparted', data: { departedAt, onBoard } }];
}

function divert({ airport, left, ...data }: Divert['data'], state: KnownFlight): FlightEvent[] {
  const landedAt = utc(data.landedAt, '/landedAt');
  const stops = 'diversions' in state ? state.diversions : [];
  if (stops.some((stop) => isStop(stop, { airport, landedAt, left }))) return [];

  const inFlight = airborne(state);
  mustBeAirport(airport, '/airport');
  if (airport === inFlight.plan.to) {
    const detail = `${airport} is the destination: record the arrival instead.`;
    throw new Refused('airport-is-destination', detail, { pointer: '/airport' });
  }
  mustFollow(landedAt, inFlight, '/landedAt');
  mustHaveBeen(landedAt, data.now, '/landedAt');
  const carried = aboard(inFlight.lines);
  const leaving = left.map((passenger, index) => {
    const line = carried.find((one) => one.passenger === passenger);
    if (line) return line;
    const detail = `Passenger ${passenger} is not on board. Name only who boarded and has not left.`;
    throw new Refused('left-unknown', detail, { pointer: `/left/${index}` });
  });
  const disembarked = [...new Set(leaving)];
  return [
    { type: 'FlightDiverted', data: { airport, landedAt, onBoard: carried.length - disembarked.length } },
    ...disembarked.map((line): FlightEvent => ({
      type: 'PassengerDisembarked',
      data: { ...passengerOf(line), airport },
    })),
  ];
}

function arrive({ airport, onBoard, ...data }: Arrive['data'], state: KnownFlight): FlightEvent[] {
  const arrivedAt = utc(data.arrivedAt, '/arrivedAt');
  if (state.phase === 'arrived' && isDeepStrictEqual(state.arrival, { airport, arrivedAt, onBoard }))
    return [];

  const inFlight = airborne(state);
  mustBeAirport(airport, '/airport');
  // Nobody has come home by a landing abroad.
  mustBeIn(HOME, airport, '/airport', 'A landing abroad is a diversion: record that.');
  mustMatch(onBoard, inFlight.lines);
  mustFollow(arrivedAt, inFlight, '/arrivedAt');
  mustHaveBeen(arrivedAt, data.now, '/arrivedAt');
  return [{ type: 'FlightArrived', data: { airport, arrivedAt, onBoard } }];
}

function cancel({ reasonCode }: CancelFlight['data'], state: KnownFlight): FlightEvent[] {
  if (state.phase === 'cancelled' && state.reasonCode === reasonCode) return [];
  grounded(state);
  return [{ type: 'FlightCancelled', data: { reasonCode } }];
}

function recordArrivalRefusal(data: RecordArrivalRefusal['data'], state: KnownFlight): FlightEvent[] {
  const { passenger, case: file, code } = data;
  if (state.phase !== 'arrived') {
    throw new Refused('flight-not-arrived', 'The flight has not arrived. Record the arrival first.');
  }
  if (state.refused.some((refusal) => refusal.passenger === passenger)) return [];
  if (!state.lines.some((line) => isSame(line, { passenger, case: file }) && line.outcome === 'arrived')) {
    throw new Refused(
      'passenger-unknown',
      `Passenger ${passenger} did not arrive on this flight. Read its manifest.`,
    );
  }
  return [{ type: 'PassengerArrivalRefused', data: { passenger, case: file, code } }];
}

/** The lines which this command brings to `outcome`; those already there are left out. */
function settle(
  outcome: keyof typeof SETTLED_FROM,
  passengers: readonly string[],
  state: KnownFlight,
): ManifestLine[] {
  const { lines } = finalised(grounded(state));
  const byId = new Map(lines.map((line) => [line.passenger, line]));
  const named = passengers.map((passenger, index) => {
    const pointer = `/passengers/${index}`;
    const line = byId.get(passenger);
    if (!line) throw notListed(passenger, pointer);
    if (line.outcome !== outcome && !SETTLED_FROM[outcome].includes(line.outcome)) {
      const remedy =
        line.outcome === 'boarded'
          ? 'Record an offload instead.'
          : 'If that is wrong, take the passenger off the list and add them again.';
      const detail = `Passenger ${passenger} is recorded as ${line.outcome}, not ${outcome}. ${remedy}`;
      throw new Refused('already-settled', detail, { pointer, facts: { outcome: line.outcome } });
    }
    return line;
  });
  return [...new Set(named)].filter((line) => line.outcome !== outcome);
}

function notListed(passenger: string, pointer?: string): Refused {
  const detail = `Passenger ${passenger} is not on the list of this flight. Read its manifest again.`;
  return new Refused('passenger-unknown', detail, pointer === undefined ? {} : { pointer });
}

function aboard(lines: readonly ManifestLine[]): ManifestLine[] {
  return lines.filter((line) => line.outcome === 'boarded');
}

/** A fixed list that changes is the next version, in the same breath. */
function nextVersion(version: number, listed: number): ManifestFinalised[] {
  return version === 0 ? [] : [{ type: 'ManifestFinalised', data: { version: version + 1, listed } }];
}

function passengerOf({ passenger, case: file }: Passenger): Passenger {
  return file === undefined ? { passenger } : { passenger, case: file };
}

function isSame(one: Passenger, other: Passenger): boolean {
  return one.passenger === other.passenger && one.case === other.case;
}

function isStop(stop: Stop, asked: Stop): boolean {
  return (
    stop.airport === asked.airport &&
    stop.landedAt === asked.landedAt &&
    isDeepStrictEqual(new Set(stop.left), new Set(asked.left))
  );
}

type Stop = { airport: string; landedAt: string; left: readonly string[] };
