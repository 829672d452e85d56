import type { Pool } from 'pg';
import {
  type CaseState,
  caseFile,
  type Decider,
  estimate,
  type EstimateRecorded,
  type EstimateState,
  flight,
  type FlightState,
  type KoshEvent,
  type Place,
  type Stretch,
  stretchOn,
} from '#domain';
import { type Published, readAll } from '#event-store';
import { type Day, todayIn } from '#reference';
import { type AsKnown, asKnown } from './as-known.js';

export type ReplayOptions = Readonly<{
  /** A position, or a moment in RFC 3339: only what was recorded up to it. The whole log unless told. */
  knownAt?: string | undefined;
  /** The day that is counted for; unless told, the agency's day of what was recorded last. */
  validOn?: Day | undefined;
  /** In which the agency's day begins. */
  timeZone: string;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}>;

export type Replay = Readonly<{
  knownAt: AsKnown;
  validOn: Day;
  /** Persons present on that day. */
  population: Readonly<{ rows: readonly PopulationCount[]; total: number }>;
  /** Who landed by flight up to that day. */
  flights: readonly FlightCount[];
  /** Those that stood, as they were said. */
  estimates: readonly Readonly<{ id: string; said: EstimateRecorded['data'] }>[];
}>;

export type PopulationCount = Readonly<{
  placeFled: Place;
  registration: Stretch['registration'];
  count: number;
}>;

export type FlightCount = Readonly<{
  departureCountry: string;
  placeFled: Place;
  flights: number;
  persons: number;
}>;

/**
 * The reports as they were: a fold of the log alone, in memory, by the rules of the domain. No read model and
 * none of their SQL takes part: it is a second opinion on both. Throws `KnownAtInvalid`, `KnownAtNotSettled`.
 */
export async function replay(pool: Pool, options: ReplayOptions): Promise<Replay> {
  const { timeZone, onProgress, signal } = options;
  const knownAt = await asKnown(pool, options.knownAt);
  const validOn = options.validOn ?? todayIn(timeZone, new Date(knownAt.recordedAt ?? Date.now()));
  const cases = new Folded(caseFile);
  const flights = new Folded(flight);
  const estimates = new Folded(estimate);
  const places = new Map<string, Place>();
  for await (const events of readAll(pool, { upTo: knownAt.position })) {
    signal?.throwIfAborted();
    for (const published of events) {
      for (const folded of [cases, flights, estimates]) folded.take(published);
      const place = placeToldBy(published.event);
      if (place) places.set(published.stream, place);
    }
    onProgress?.('log', events.at(-1)?.position ?? 0, knownAt.position);
  }
  return {
    knownAt,
    validOn,
    population: populationOn(validOn, cases.states.values()),
    flights: landedUpTo(validOn, timeZone, flights.states.values(), places),
    estimates: standing(estimates.states),
  };
}

/** The states of all streams of one category. */
class Folded<State, Out extends KoshEvent> {
  /** By the id in the stream's name, in the order of their first events. */
  readonly states = new Map<string, State>();

  constructor(
    private readonly decider: Pick<Decider<State, never, Out>, 'category' | 'initial' | 'evolve'>,
  ) {}

  take({ stream, event }: Published): void {
    const { category, initial, evolve } = this.decider;
    if (!stream.startsWith(`${category}-`)) return;
    const id = stream.slice(category.length + 1);
    // A stream holds the events of its own category only: its decider is the one way into it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.states.set(id, evolve(this.states.get(id) ?? initial, event as Out));
  }
}

function populationOn(day: Day, cases: Iterable<CaseState>): Replay['population'] {
  const found = new Map<string, PopulationCount>();
  for (const state of cases) {
    const stretch = stretchOn(state, day);
    if (!stretch) continue;
    const { placeFled, registration } = stretch;
    const key = JSON.stringify([textOf(placeFled), registration]);
    found.set(key, { placeFled, registration, count: (found.get(key)?.count ?? 0) + 1 });
  }
  const rows = sorted(found);
  return { rows, total: rows.reduce((sum, { count }) => sum + count, 0) };
}

function landedUpTo(
  day: Day,
  timeZone: string,
  flights: Iterable<FlightState>,
  places: ReadonlyMap<string, Place>,
): readonly FlightCount[] {
  const found = new Map<string, FlightCount>();
  for (const state of flights) {
    if (state.phase !== 'arrived' || todayIn(timeZone, new Date(state.arrival.arrivedAt)) > day) continue;
    const { departureCountry } = state.plan;
    const rows = new Set<string>();
    for (const line of state.lines) {
      if (line.outcome !== 'arrived') continue;
      const placeFled = places.get(`case-${line.case}`) ?? { country: 'UKN' };
      const key = JSON.stringify([departureCountry, textOf(placeFled)]);
      const { flights: before, persons } = found.get(key) ?? { flights: 0, persons: 0 };
      const more = rows.has(key) ? 0 : 1;
      found.set(key, { departureCountry, placeFled, flights: before + more, persons: persons + 1 });
      rows.add(key);
    }
  }
  return sorted(found);
}

function standing(states: ReadonlyMap<string, EstimateState>): Replay['estimates'] {
  return [...states].flatMap(([id, state]) =>
    state.known && state.standing === 'valid' ? [{ id, said: state.said }] : [],
  );
}

/** The place fled that a case's event tells, if it tells one. */
function placeToldBy({ type, data }: KoshEvent): Place | undefined {
  if (type === 'MigrantRegistered' || type === 'MigrantEncountered') return data.placeFled;
  return type === 'CaseCorrected' && data.field === 'placeFled' ? data.to : undefined;
}

function textOf({ country, area = '' }: Place): string {
  return `${country} ${area}`;
}

function sorted<T>(rows: ReadonlyMap<string, T>): readonly T[] {
  return [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
