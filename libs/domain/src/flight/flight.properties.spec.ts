import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Refused } from '../decider.js';
import type { KoshEvent } from '../events.js';
import { flight, type FlightCommand } from './flight.decider.js';
import type { FlightEvent } from './flight.events.js';
import { flightView, type FlightState, type ManifestLine } from './flight.state.js';
import { manifestMoves } from './manifest-moves.js';
import { manifestAt } from './manifest.js';

const SEATS = 4;

/** What may well come next, so that random flights get somewhere; other commands come at random. */
const NEXT: Readonly<Record<FlightState['phase'], readonly FlightCommand['type'][]>> = {
  unknown: ['PlanFlight'],
  planned: ['AddPassengers', 'AddPassengers', 'FinaliseManifest'],
  finalised: ['AddPassengers', 'BoardPassengers', 'RecordNoShows', 'OffloadPassengers'],
  boarding: [
    'BoardPassengers',
    'RemovePassenger',
    'RecordNoShows',
    'OffloadPassengers',
    'Depart',
    'Depart',
    'Depart',
  ],
  departed: ['Divert', 'Arrive'],
  diverted: ['Divert', 'Arrive'],
  arrived: ['RecordArrivalRefusal'],
  cancelled: ['CancelFlight'],
};
const KINDS = [...new Set(Object.values(NEXT).flat())];

/** A careless coordinator: some passengers or all who are open, a number that is right or not, any minute. */
const step = fc.record({
  isNext: fc.constantFrom(true, true, true, false),
  kind: fc.constantFrom(...KINDS),
  some: fc.array(fc.nat(7), { maxLength: 4 }),
  all: fc.boolean(),
  right: fc.boolean(),
  number: fc.nat(6),
  minute: fc.nat(59),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { maxLength: 40, size: 'max' });

function commandOf(one: Step, state: FlightState): FlightCommand {
  const { some, all, right, number, minute } = one;
  const next = NEXT[state.phase];
  const kind = one.isNext ? (next[number % next.length] ?? one.kind) : one.kind;
  const lines = state.phase === 'unknown' ? [] : state.lines;
  const open = lines.filter((line) => line.outcome === 'listed').map((line) => line.passenger);
  const passengers = all ? open : some.map((n) => `p-${n}`);
  const carried = lines.filter((line) => line.outcome === 'boarded').map((line) => line.passenger);
  const left = some.flatMap((n) => (right ? (carried[n] ?? []) : `p-${n}`));
  const onBoard = right ? flightView(state).onBoard : number;
  const at = (hour: number) => `1998-06-26T0${hour}:${String(minute).padStart(2, '0')}:00Z`;
  const now = '1998-06-26T03:30:00Z';
  switch (kind) {
    case 'PlanFlight':
      return {
        type: kind,
        data: {
          number: 'KZ-7',
          carrier: 'Kazakhstan Airlines',
          from: 'JED',
          to: 'ALA',
          departureCountry: right ? 'SAU' : 'IRN',
          seats: SEATS,
          departsAt: '1998-06-26T01:00:00Z',
          funding: 'state',
        },
      };
    case 'AddPassengers':
      return {
        type: kind,
        data: {
          passengers: some.map((n) =>
            n % 3 === 0 ? { passenger: `p-${n}` } : { passenger: `p-${n}`, case: `c-${n % 5}` },
          ),
        },
      };
    case 'RemovePassenger':
      return { type: kind, data: { passenger: `p-${number}` } };
    case 'FinaliseManifest':
      return { type: kind, data: {} };
    case 'BoardPassengers':
    case 'RecordNoShows':
    case 'OffloadPassengers':
      return { type: kind, data: { passengers } };
    case 'Depart':
      return { type: kind, data: { departedAt: at(1), onBoard, now } };
    case 'Divert':
      return {
        type: kind,
        data: { airport: 'TAS', landedAt: at(2), left, now },
      };
    case 'Arrive':
      return { type: kind, data: { airport: 'ALA', arrivedAt: at(3), onBoard, now } };
    case 'CancelFlight':
      return { type: kind, data: { reasonCode: right ? 'weather' : 'no-landing-permit' } };
    case 'RecordArrivalRefusal':
      return {
        type: kind,
        data: { passenger: `p-${number}`, case: `c-${number % 5}`, code: 'deceased' },
      };
  }
}

type Accepted = Readonly<{
  command: FlightCommand;
  past: readonly FlightEvent[];
  recorded: readonly FlightEvent[];
  state: FlightState;
}>;

/** Plays the steps; `after` sees every command that was accepted. */
function play(
  taken: readonly Step[],
  after: (accepted: Accepted) => void = () => {},
): readonly FlightEvent[] {
  const past: FlightEvent[] = [];
  let state = flight.initial;
  for (const one of taken) {
    const command = commandOf(one, state);
    const recorded = answer(command, state);
    if (!recorded) continue;
    state = recorded.reduce(flight.evolve, state);
    after({ command, past, recorded, state });
    past.push(...recorded);
  }
  return past;
}

function answer(command: FlightCommand, state: FlightState): readonly FlightEvent[] | undefined {
  try {
    return flight.decide(command, state);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** The tally of a flight, made from its events without its rules. */
function tally(events: readonly FlightEvent[]) {
  const outcomes = new Map<string, string[]>();
  for (const { type, data } of events) {
    if (type === 'PassengerAdded') outcomes.set(data.passenger, []);
    if (type === 'PassengerRemoved') outcomes.delete(data.passenger);
    if (
      type === 'PassengerBoarded' ||
      type === 'PassengerNoShow' ||
      type === 'PassengerOffloaded' ||
      type === 'PassengerDisembarked'
    ) {
      outcomes.get(data.passenger)?.push(type);
    }
  }
  const ended = (...types: string[]) =>
    [...outcomes.values()].filter((list) => types.includes(list.at(-1) ?? '')).length;
  const left = ended('PassengerDisembarked');
  return {
    outcomes: [...outcomes.values()].map((list) => list.join(' ')),
    listed: outcomes.size,
    boarded: ended('PassengerBoarded') + left,
    noShow: ended('PassengerNoShow'),
    offloaded: ended('PassengerOffloaded'),
    leftElsewhere: left,
  };
}

it('answers any command with events or a refusal, and never takes more people than there are seats', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      play(taken, ({ past, recorded }) => {
        const { boarded, listed, noShow, offloaded } = tally([...past, ...recorded]);
        expect(boarded).toBeLessThanOrEqual(SEATS);
        expect(listed - noShow - offloaded).toBeLessThanOrEqual(SEATS);
      });
    }),
    { numRuns: 500 },
  );
});

it('counts the people of a flight as its events do, and the arithmetic closes', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      play(taken, ({ past, recorded, state }) => {
        const { outcomes, ...counted } = tally([...past, ...recorded]);
        const view = flightView(state);
        expect(view).toMatchObject(counted);
        expect(view.listed).toBe(view.unaccounted + view.boarded + view.noShow + view.offloaded);
        expect(view.boarded).toBe(view.onBoard + view.leftElsewhere + view.arrived);
        expect(outcomes.filter((list) => !OUTCOMES.has(list))).toEqual([]);
      });
    }),
    { numRuns: 500 },
  );
});

/** All that may become of a passenger. */
const OUTCOMES = new Set([
  '',
  'PassengerBoarded',
  'PassengerNoShow',
  'PassengerOffloaded',
  'PassengerBoarded PassengerOffloaded',
  'PassengerBoarded PassengerDisembarked',
]);

it('accounts for everyone at departure, and for everyone who boarded at arrival', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const events = play(taken);
      const before = (index: number) => tally(events.slice(0, index));
      const departures = events.flatMap((event, index) =>
        event.type === 'FlightDeparted' ? [{ ...before(index), onBoard: event.data.onBoard }] : [],
      );
      const arrivals = events.flatMap((event, index) =>
        event.type === 'FlightArrived' ? [{ ...before(index), onBoard: event.data.onBoard }] : [],
      );
      for (const { listed, boarded, noShow, offloaded, onBoard } of departures) {
        expect(boarded + noShow + offloaded).toBe(listed);
        expect(onBoard).toBe(boarded);
      }
      for (const { boarded, leftElsewhere, onBoard } of arrivals) {
        expect(onBoard + leftElsewhere).toBe(boarded);
      }
    }),
    { numRuns: 500 },
  );
});

it('records nothing when an accepted command is repeated', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      play(taken, ({ command, state }) => {
        expect(flight.decide(command, state)).toEqual([]);
      });
    }),
    { numRuns: 500 },
  );
});

it('keeps every version of a manifest, without a gap', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const events = play(taken);
      const versions = events.filter((event) => event.type === 'ManifestFinalised');
      expect(versions.map(({ data }) => data.version)).toEqual(versions.map((_, index) => index + 1));
      for (const { data } of versions) {
        expect(manifestAt(events, data.version)?.lines).toHaveLength(data.listed);
      }
    }),
    { numRuns: 500 },
  );
});

it('holds a case as long as its passenger may still fly, and lets go of it once', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const files = new Map<string, readonly KoshEvent[]>();
      play(taken, ({ past, recorded, state }) => {
        for (const { stream, decide } of manifestMoves('f-1')(recorded, past)) {
          const file = files.get(stream) ?? [registered];
          files.set(stream, [...file, ...decide(file).events]);
        }
        const held = [...files].filter(([, file]) => file.at(-1)?.type === 'ManifestJoined');
        const flying = 'lines' in state && state.phase !== 'cancelled' ? state.lines.filter(isFlying) : [];
        const expected = flying.flatMap((line) => (line.case === undefined ? [] : [`case-${line.case}`]));
        expect(held.map(([stream]) => stream).toSorted()).toEqual(expected.toSorted());
      });
    }),
    { numRuns: 300 },
  );
});

/** An arrival frees the case by the process manager, not by the flight. */
const isFlying = ({ outcome }: ManifestLine) => ['listed', 'boarded', 'arrived'].includes(outcome);

const registered: KoshEvent = {
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

it('is tried on flights of every phase', () => {
  const phases = new Set<string>();
  for (const taken of fc.sample(steps, { seed: 3, numRuns: 300 })) {
    play(taken, ({ state }) => phases.add(state.phase));
  }
  expect([...phases].toSorted()).toEqual([
    'arrived',
    'boarding',
    'cancelled',
    'departed',
    'diverted',
    'finalised',
    'planned',
  ]);
});
