import type {
  FlightArrived,
  FlightDeparted,
  FlightDiverted,
  FlightEvent,
  FlightPlanned,
  Passenger,
} from './flight.events.js';

/** What has become of a passenger. From departure on nobody is merely `listed`. */
export type PassengerOutcome = 'listed' | 'boarded' | 'no-show' | 'offloaded' | 'left-elsewhere' | 'arrived';

/** A line of the manifest, in the order of being added. */
export type ManifestLine = Passenger & Readonly<{ outcome: PassengerOutcome }>;

/** A landing elsewhere than planned, and the passengers (ids) who left the flight there. */
export type Diversion = FlightDiverted['data'] & Readonly<{ left: readonly string[] }>;

type Listed = Readonly<{
  plan: FlightPlanned['data'];
  lines: readonly ManifestLine[];
  /** Ids of passengers who were taken off the list. */
  removed: readonly string[];
  /** Of the manifest; 0 while the list is a draft. */
  version: number;
}>;

/** On the ground at the start: the list may still change. */
export type GroundedFlight = Listed & Readonly<{ phase: 'planned' | 'finalised' | 'boarding' }>;

type Flown = Listed & Readonly<{ departure: FlightDeparted['data']; diversions: readonly Diversion[] }>;

/** On its way, or landed elsewhere than planned. */
export type AirborneFlight = Flown & Readonly<{ phase: 'departed' | 'diverted' }>;

export type ArrivedFlight = Flown &
  Readonly<{
    phase: 'arrived';
    arrival: FlightArrived['data'];
    /** Passengers whose case refused the arrival, each with the refusal's code. */
    refused: readonly Readonly<{ passenger: string; code: string }>[];
  }>;

export type CancelledFlight = Listed & Readonly<{ phase: 'cancelled'; reasonCode: string }>;

export type KnownFlight = GroundedFlight | AirborneFlight | ArrivedFlight | CancelledFlight;
export type FlightState = Readonly<{ phase: 'unknown' }> | KnownFlight;

/** The arithmetic of a manifest: how many, and where they are. It closes in two ways, see `flightView`. */
export type FlightView = Readonly<{
  phase: FlightState['phase'];
  version: number;
  listed: number;
  /** Listed, and neither boarded nor a no-show nor offloaded yet; 0 from departure on. */
  unaccounted: number;
  /** All who boarded and were not offloaded, wherever they are now. */
  boarded: number;
  noShow: number;
  offloaded: number;
  /** Boarded, and neither arrived nor left elsewhere. */
  onBoard: number;
  leftElsewhere: number;
  arrived: number;
  refusedArrivals: number;
}>;

/**
 * How many people a flight carries. Always: listed = unaccounted + boarded + noShow + offloaded,
 * and boarded = onBoard + leftElsewhere + arrived.
 */
export function flightView(state: FlightState): FlightView {
  const lines = state.phase === 'unknown' ? [] : state.lines;
  const count = (...outcomes: PassengerOutcome[]) =>
    lines.filter((line) => outcomes.includes(line.outcome)).length;
  return {
    phase: state.phase,
    version: state.phase === 'unknown' ? 0 : state.version,
    listed: lines.length,
    unaccounted: count('listed'),
    boarded: count('boarded', 'left-elsewhere', 'arrived'),
    noShow: count('no-show'),
    offloaded: count('offloaded'),
    onBoard: count('boarded'),
    leftElsewhere: count('left-elsewhere'),
    arrived: count('arrived'),
    refusedArrivals: state.phase === 'arrived' ? state.refused.length : 0,
  };
}

/** The flight after one more event. Total: an event that cannot follow changes nothing. */
export function evolveFlight(state: FlightState, event: FlightEvent): FlightState {
  if (event.type === 'FlightPlanned') {
    return { phase: 'planned', plan: event.data, lines: [], removed: [], version: 0 };
  }
  if (state.phase === 'unknown') return state;
  switch (event.type) {
    case 'PassengerAdded':
      return { ...state, lines: [...state.lines, { ...event.data, outcome: 'listed' }] };
    case 'PassengerRemoved': {
      const { passenger } = event.data;
      const lines = state.lines.filter((line) => line.passenger !== passenger);
      return { ...state, lines, removed: [...state.removed, passenger] };
    }
    case 'ManifestFinalised': {
      const { version } = event.data;
      return state.phase === 'planned' ? { ...state, phase: 'finalised', version } : { ...state, version };
    }
    case 'PassengerBoarded':
      return { ...state, phase: 'boarding', lines: become('boarded', event.data, state.lines) };
    case 'PassengerNoShow':
      return { ...state, phase: 'boarding', lines: become('no-show', event.data, state.lines) };
    case 'PassengerOffloaded':
      return { ...state, phase: 'boarding', lines: become('offloaded', event.data, state.lines) };
    case 'FlightDeparted':
      return { ...state, phase: 'departed', departure: event.data, diversions: [] };
    case 'FlightCancelled':
      return { ...state, phase: 'cancelled', reasonCode: event.data.reasonCode };
    case 'FlightDiverted':
    case 'PassengerDisembarked':
    case 'FlightArrived':
    case 'PassengerArrivalRefused':
      return 'departure' in state ? land(state, event) : state;
  }
}

function land(state: AirborneFlight | ArrivedFlight, event: Landing): FlightState {
  switch (event.type) {
    case 'FlightDiverted': {
      const stop = { ...event.data, left: [] };
      return { ...state, phase: 'diverted', diversions: [...state.diversions, stop] };
    }
    case 'PassengerDisembarked': {
      const { passenger } = event.data;
      const diversions = state.diversions.map((stop, index, { length }) =>
        index === length - 1 ? { ...stop, left: [...stop.left, passenger] } : stop,
      );
      return { ...state, diversions, lines: become('left-elsewhere', event.data, state.lines) };
    }
    case 'FlightArrived':
      return { ...state, phase: 'arrived', arrival: event.data, refused: [], lines: state.lines.map(arrive) };
    case 'PassengerArrivalRefused':
      return state.phase === 'arrived'
        ? {
            ...state,
            refused: [...state.refused, { passenger: event.data.passenger, code: event.data.code }],
          }
        : state;
  }
}

type Landing = Extract<
  FlightEvent,
  { type: 'FlightDiverted' | 'PassengerDisembarked' | 'FlightArrived' | 'PassengerArrivalRefused' }
>;

function become(
  outcome: PassengerOutcome,
  { passenger }: Passenger,
  lines: readonly ManifestLine[],
): readonly ManifestLine[] {
  return lines.map((line) => (line.passenger === passenger ? { ...line, outcome } : line));
}

function arrive(line: ManifestLine): ManifestLine {
  return line.outcome === 'boarded' ? { ...line, outcome: 'arrived' } : line;
}
