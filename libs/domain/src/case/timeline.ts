import {
  type AreaCode,
  type Authority,
  type CountryCode,
  type Day,
  populationOf,
  type StatusCode,
} from '#reference';
import type { Place, Sex } from './case.events.js';
import { type CaseState, type KnownCase, UNKNOWN } from './case.state.js';
import { registeredFrom, startOf } from './presence.js';
import { entersOn, type Held, heldOn, type Track } from './track.js';

/** What holds of a person who is present, from the day `from` until the day `to` excluded (null: lasting). */
export type Stretch = Readonly<{
  from: Day;
  to: Day | null;
  registration: 'none' | 'encountered' | 'registered';
  /** Who has the person on a list: sorted. */
  authorities: readonly Authority[];
  status: StatusCode;
  citizenship: CountryCode;
  placeFled: Place;
  region: AreaCode | null;
  sex: Sex;
  birthYear: number | null;
}>;

/**
 * The case over valid time: sorted stretches that do not overlap, two neighbours never alike. Days of absence
 * are in none. A rebuild computes it for every event, so it does without date objects and copies.
 */
export function timelineOf(state: CaseState): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const start = state.known ? startOf(state) : undefined;
  if (!state.known || !start) return stretches;
  const milestones = milestonesOf(state);
  let day = start.day;
  let isHere = true;
  for (const move of state.moves) {
    const { value } = move;
    const moved = entersOn(move, day);
    if (isHere) fill(stretches, state, milestones, day, moved);
    if (value === 'died') return stretches;
    isHere = value === 'returned';
    day = moved;
  }
  if (isHere) fill(stretches, state, milestones, day, NEVER);
  return stretches;
}

/** What holds on that day; undefined where the person is not present. */
export function stretchOn(state: CaseState, day: Day): Stretch | undefined {
  return timelineOf(state).find(({ from, to }) => from <= day && (to === null || day < to));
}

// Later than every day.
const NEVER = '~';

/** Days on which the registration changes, and the status until the first. */
type Milestones = Readonly<{ met: Day; registered: Day; opening: StatusCode }>;

function milestonesOf(state: KnownCase): Milestones {
  const first = state.statuses[0]?.value.status ?? 'prospective-asylum-seeker';
  return {
    met: state.met ? entersOn(state.met) : NEVER,
    registered: registeredFrom(state) ?? NEVER,
    opening: populationOf(first) === 'refugees' ? 'prospective-asylum-seeker' : first,
  };
}

function fill(stretches: Stretch[], state: KnownCase, milestones: Milestones, from: Day, to: Day): void {
  for (let day = from; day < to;) {
    const next = nextChange(state, milestones, day, to);
    add(stretches, stretchFrom(state, milestones, day, next));
    day = next;
  }
}

/** The next day on which anything changes, at most `limit`. */
function nextChange(state: KnownCase, { met, registered }: Milestones, day: Day, limit: Day): Day {
  let next = met > day && met < limit ? met : limit;
  next = changeIn(state.registrations, registered, day, next);
  next = changeIn(state.statuses, '', day, next);
  next = changeIn(state.regions, '', day, next);
  next = changeIn(state.citizenship, '', day, next);
  next = changeIn(state.placeFled, '', day, next);
  return changeIn(state.sex, '', day, next);
}

function changeIn(track: Track<Held<unknown>>, after: Day, day: Day, limit: Day): Day {
  let entered = after;
  for (const held of track) {
    entered = entersOn(held, entered);
    if (entered > day) return entered < limit ? entered : limit;
  }
  return limit;
}

function stretchFrom(state: KnownCase, milestones: Milestones, day: Day, next: Day): Stretch {
  const { met, registered, opening } = milestones;
  const isRegistered = day >= registered;
  const unregistered = day >= met ? 'encountered' : 'none';
  return {
    from: day,
    to: next === NEVER ? null : next,
    registration: isRegistered ? 'registered' : unregistered,
    authorities: authoritiesOn(state, registered, day),
    status: (isRegistered ? heldOn(state.statuses, day)?.status : undefined) ?? opening,
    citizenship: heldOn(state.citizenship, day) ?? UNKNOWN.citizenship,
    placeFled: heldOn(state.placeFled, day) ?? UNKNOWN.placeFled,
    // The first region that is known holds before it too.
    region: heldOn(state.regions, day) ?? state.regions[0]?.value ?? null,
    sex: heldOn(state.sex, day) ?? UNKNOWN.sex,
    birthYear: state.birthYear[0]?.value ?? null,
  };
}

function authoritiesOn({ registrations }: KnownCase, registered: Day, day: Day): readonly Authority[] {
  const [first] = registrations;
  if (first && registrations.length === 1) return entersOn(first, registered) > day ? [] : [first.value];
  const authorities: Authority[] = [];
  let entered = registered;
  for (const registration of registrations) {
    entered = entersOn(registration, entered);
    if (entered > day) break;
    if (!authorities.includes(registration.value)) authorities.push(registration.value);
  }
  return authorities.length > 1 ? authorities.toSorted() : authorities;
}

function add(stretches: Stretch[], stretch: Stretch): void {
  const last = stretches.at(-1);
  if (last && last.to === stretch.from && isAlike(last, stretch)) {
    stretches[stretches.length - 1] = { ...last, to: stretch.to };
  } else {
    stretches.push(stretch);
  }
}

function isAlike(one: Stretch, other: Stretch): boolean {
  return (
    one.registration === other.registration &&
    one.status === other.status &&
    one.region === other.region &&
    one.citizenship === other.citizenship &&
    one.placeFled.country === other.placeFled.country &&
    one.placeFled.area === other.placeFled.area &&
    one.sex === other.sex &&
    one.authorities.length === other.authorities.length &&
    one.authorities.every((authority, at) => authority === other.authorities[at])
  );
}
