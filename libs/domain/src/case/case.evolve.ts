import { isDeepStrictEqual } from 'node:util';
import { type Authority, firstDay, HOME, type PartialDate, type StatusCode } from '#reference';
import type { CaseCorrected, CaseEvent, MigrantEncountered, MigrantRegistered } from './case.events.js';
import { type CaseState, type KnownCase, type Move, type Standing, UNKNOWN } from './case.state.js';
import { inOrder, startOf } from './presence.js';
import { statusPlace } from './status.rules.js';
import { type Dated, decidedOn, type Fact, firstOf, type Held, heldOn, placed, type Track } from './track.js';

/** The case after one more event. Total: what comes before an encounter or registration is only counted. */
export function evolveCase(state: CaseState, event: CaseEvent): CaseState {
  const version = state.version + 1;
  const file = state.known ? { ...state, version } : opened(event, version);
  return file ? evolveKnown(file, event) : { known: false, version };
}

function opened({ type, data }: CaseEvent, version: number): KnownCase | undefined {
  if (type !== 'MigrantEncountered' && type !== 'MigrantRegistered') return undefined;
  return {
    known: true,
    version,
    office: data.office,
    met: null,
    arrival: null,
    registrations: [],
    statuses: [],
    regions: [],
    citizenship: [],
    habitualResidence: [],
    placeFled: [],
    sex: [],
    birthYear: [],
    moves: [],
    flights: [],
    manifest: null,
  };
}

function evolveKnown(state: KnownCase, { type, data }: CaseEvent): KnownCase {
  const { version } = state;
  switch (type) {
    case 'MigrantEncountered':
      return encountered(state, data);
    case 'MigrantRegistered':
      return registered(state, data);
    case 'StatusChanged': {
      const { from, to: status, legalBasis, issuer, effectiveOn: on } = data;
      const standing = factOf({ status, legalBasis, issuer }, decidedOn(legalBasis, on), { version, type });
      return { ...state, statuses: placedAfter(state.statuses, standing, from) };
    }
    case 'CaseCorrected':
      return corrected(state, data);
    case 'PersonDetailsCorrected':
      return state;
    case 'MigrantRelocated':
      return withRegion(state, { value: data.region, on: data.relocatedOn, version, type });
    case 'MigrantArrived': {
      const flights = [...state.flights, data.flight];
      return arrived({ ...freed(state, data.flight), flights }, data.arrivedOn);
    }
    case 'MigrantDeparted':
      return withMove(state, { value: 'departed', on: data.departedOn, version, type });
    case 'MigrantReturned':
      return withMove(state, { value: 'returned', on: data.returnedOn, version, type });
    case 'MigrantDied':
      return withMove(state, { value: 'died', on: data.diedOn, version, type });
    case 'ManifestJoined':
      return { ...state, manifest: { flight: data.flight, passenger: data.passenger } };
    case 'ManifestLeft':
      return freed(state, data.flight);
  }
}

function encountered(state: KnownCase, data: MigrantEncountered['data']): KnownCase {
  const { version } = state;
  const type = 'MigrantEncountered';
  const { metOn: on, place, citizenship, placeFled, sex, birthYear } = data;
  const told = {
    ...state,
    met: state.met ?? { value: place, on, version, type },
    citizenship: tell(state.citizenship, UNKNOWN.citizenship, citizenship, { on }),
    placeFled: tell(state.placeFled, UNKNOWN.placeFled, placeFled, { on }),
    sex: tell(state.sex, UNKNOWN.sex, sex, { on }),
    birthYear: tell(state.birthYear, undefined, birthYear, { on }),
  };
  const region = place.country === HOME ? place.area : undefined;
  return region === undefined ? told : withRegion(told, { value: region, on, version, type });
}

function registered(state: KnownCase, data: MigrantRegistered['data']): KnownCase {
  const { version } = state;
  const type = 'MigrantRegistered';
  const { authority, status, legalBasis, registeredOn: on, region, arrivedOn } = data;
  // The person was entered under that law: nothing of the entry was told on a day without it.
  const date = decidedOn(legalBasis, on);
  const by = { version, type } as const;
  const standing = factOf({ status, legalBasis, issuer: authority }, date, by);
  const told: KnownCase = {
    ...state,
    arrival:
      state.arrival ?? (arrivedOn === undefined ? null : { value: 'told', on: arrivedOn, version, type }),
    registrations: placed(state.registrations, factOf(authority, date, by)),
    statuses: placedAfter(state.statuses, standing, status),
    citizenship: tell(state.citizenship, UNKNOWN.citizenship, data.citizenship, date),
    habitualResidence: tell(state.habitualResidence, UNKNOWN.habitualResidence, data.habitualResidence, date),
    placeFled: tell(state.placeFled, UNKNOWN.placeFled, data.placeFled, date),
    sex: tell(state.sex, UNKNOWN.sex, data.sex, date),
    birthYear: tell(state.birthYear, undefined, data.birthYear, date),
  };
  // A second registration repeats the region of the file; that is no move.
  if (heldOn(state.regions, firstOf(date)) === region) return told;
  return withRegion(told, factOf(region, date, by));
}

function factOf<Value>(value: Value, { on, days }: Dated, { version, type }: Told): Fact<Value> {
  return days ? { value, on, days, version, type } : { value, on, version, type };
}

type Told = Readonly<{ version: number; type: CaseEvent['type'] }>;

/** A detail that was unknown holds from the start; one that differs, from the day it was told. */
function tell<Value>(
  track: Track<Held<Value>>,
  unknown: Value | undefined,
  value: Value | undefined,
  { on, days }: Dated,
): Track<Held<Value>> {
  if (value === undefined) return track;
  if (track.every((held) => isDeepStrictEqual(held.value, unknown))) return [{ value, on: null }];
  const fact = days ? { value, on, days } : { value, on };
  if (isDeepStrictEqual(heldOn(track, firstOf(fact)), value)) return track;
  return placed(track, fact);
}

function placedAfter(statuses: Track<Fact<Standing>>, fact: Fact<Standing>, from: StatusCode) {
  return placed(statuses, fact, statusPlace(statuses, fact, from));
}

function withRegion(state: KnownCase, fact: KnownCase['regions'][number]): KnownCase {
  return { ...state, regions: placed(state.regions, fact) };
}

/** Moves that nothing puts in order, which `decide` does not let happen, stand by their dates. */
function withMove(state: KnownCase, move: Move): KnownCase {
  if (state.moves.length === 0) return { ...state, moves: [move] };
  const moves = [...state.moves, move];
  const byDate = (one: Move, other: Move) => Number(one.on > other.on) - Number(one.on < other.on);
  return { ...state, moves: inOrder('', moves) ?? moves.toSorted(byDate) };
}

/** Whoever had left has returned; for anyone else it is the arrival, if that is not known yet. */
function arrived(state: KnownCase, on: PartialDate): KnownCase {
  const { version, arrival, moves } = state;
  const type = 'MigrantArrived';
  const move: Move = { value: 'returned', on, version, type };
  const isReturn = arrival !== null || inOrder(startOf(state)?.day ?? '', [...moves, move]) !== undefined;
  return isReturn ? withMove(state, move) : { ...state, arrival: { value: 'flight', on, version, type } };
}

function freed(state: KnownCase, flight: string): KnownCase {
  return state.manifest?.flight === flight ? { ...state, manifest: null } : state;
}

function corrected(state: KnownCase, data: CaseCorrected['data']): KnownCase {
  const { version } = state;
  const type = 'CaseCorrected';
  switch (data.field) {
    case 'citizenship':
      return { ...state, citizenship: changed(state.citizenship, UNKNOWN.citizenship, data) };
    case 'habitualResidence':
      return {
        ...state,
        habitualResidence: changed(state.habitualResidence, UNKNOWN.habitualResidence, data),
      };
    case 'placeFled':
      return { ...state, placeFled: changed(state.placeFled, UNKNOWN.placeFled, data) };
    case 'sex':
      return { ...state, sex: changed(state.sex, UNKNOWN.sex, data) };
    case 'birthYear':
      return { ...state, birthYear: changed(state.birthYear, null, data) };
    case 'region': {
      const { from, to, validFrom } = data;
      if (validFrom === undefined) return { ...state, regions: rewritten(state.regions, from, to) };
      return withRegion(state, { value: to, on: firstDay(validFrom), version, type });
    }
    case 'arrivedOn':
      return { ...state, arrival: { value: state.arrival?.value ?? 'told', on: data.to, version, type } };
    case 'registeredOn':
      return redated(state, data.from, data.to);
    case 'authority':
      return reassigned(state, data.from, data.to);
  }
}

type Change<Value> = Readonly<{ from: Value | null; to: Value; validFrom?: PartialDate }>;

/** What was wrong from the start is rewritten; what was wrong from a day is, until the next value. */
function changed<Value>(
  track: Track<Held<Value>>,
  unknown: Value | null,
  { from, to, validFrom }: Change<Value>,
): Track<Held<Value>> {
  if (validFrom !== undefined) return placed(track, { value: to, on: firstDay(validFrom) });
  if (track.length === 0) return [{ value: to, on: null }];
  return rewritten(track, from ?? unknown, to);
}

function rewritten<Value, F extends Held<Value>>(
  track: Track<F>,
  from: Value | null,
  value: Value,
): Track<F> {
  return track.map((held) => (isDeepStrictEqual(held.value, from) ? { ...held, value } : held));
}

/** What was told with a registration shares its version, and its date moves with it. */
function redated(state: KnownCase, from: PartialDate, on: PartialDate): KnownCase {
  const { version, registrations, regions, statuses } = state;
  const by = { version, type: 'CaseCorrected' } as const;
  const told = new Set(registrations.filter((fact) => fact.on === from).map((fact) => fact.version));
  const redate = <Value>(track: Track<Fact<Value>>, place: typeof placed<Fact<Value>>) =>
    track
      .filter((fact) => told.has(fact.version))
      .map((fact) => factOf(fact.value, decidedOn(lawBehind(fact, statuses), on), by))
      .reduce<Track<Fact<Value>>>(
        (others, fact) => place(others, fact),
        track.filter((fact) => !told.has(fact.version)),
      );
  return {
    ...state,
    registrations: redate(registrations, placed),
    regions: redate(regions, placed),
    statuses: redate(statuses, (others, fact) => placedAfter(others, fact, fact.value.status)),
  };
}

/** The law of the registration that told a fact. Two registrations may share the version of a correction. */
function lawBehind(fact: Fact<unknown>, statuses: Track<Fact<Standing>>): string {
  const those = statuses.filter(({ version }) => version === fact.version);
  const own = those.find(({ value }) => value === fact.value || value.issuer === fact.value);
  return (own ?? those[0])?.value.legalBasis ?? '';
}

/** The status that came with a registration was given by its authority. */
function reassigned(state: KnownCase, from: Authority, to: Authority): KnownCase {
  const told = state.registrations.find(({ value }) => value === from);
  const statuses = state.statuses.map((fact) =>
    fact.version === told?.version && fact.value.issuer === from
      ? { ...fact, value: { ...fact.value, issuer: to } }
      : fact,
  );
  return { ...state, registrations: rewritten(state.registrations, from, to), statuses };
}
