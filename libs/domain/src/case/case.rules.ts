import {
  type AreaCode,
  areaValidOn,
  countryOfArea,
  type Day,
  firstDay,
  lastDay,
  type PartialDate,
  successorOn,
} from '#reference';
import { type Contradicted, Refused } from '../decider.js';
import type { CaseEvent, Place } from './case.events.js';
import { evolveCase } from './case.evolve.js';
import { HOME, type KnownCase } from './case.state.js';
import { inOrder, startOf } from './presence.js';
import { type Fact, named } from './track.js';

/** What has happened cannot lie after today. Throws `date-in-future`. */
export function mustBePast(on: PartialDate | undefined, today: Day, pointer: string): void {
  if (on === undefined || firstDay(on) <= today) return;
  const detail = `${on} lies after today, ${today}. Record what has happened.`;
  throw new Refused('date-in-future', detail, { pointer, facts: { today } });
}

/** An area belongs to its country. Throws `area-not-in-country`. */
export function mustBePlace(place: Place | undefined, pointer: string): void {
  if (place?.area === undefined) return;
  const { country, area } = place;
  const owner = countryOfArea(area);
  if (owner === country) return;
  const detail =
    owner === undefined ? `We know no area ${area}.` : `${area} belongs to ${owner}, not to ${country}.`;
  const facts = owner === undefined ? {} : { country: owner };
  throw new Refused('area-not-in-country', detail, { pointer: `${pointer}/area`, facts });
}

/** A region is an area of the model country, there on that date. Throws also `region-not-valid-on-date`. */
export function mustBeRegion(region: AreaCode, on: PartialDate, pointer: string): void {
  const owner = countryOfArea(region);
  if (owner !== HOME) {
    const detail = `${region} is not an area of ${HOME}.`;
    throw new Refused('area-not-in-country', detail, { pointer, facts: { country: owner ?? 'UKN' } });
  }
  if (areaValidOn(region, firstDay(on)) || areaValidOn(region, lastDay(on))) return;
  const successor = successorOn(region, firstDay(on));
  const detail = `There was no ${region} on ${on}; its land belonged to ${successor}.`;
  throw new Refused('region-not-valid-on-date', detail, { pointer, facts: { successor } });
}

/** Nobody is born after being seen, nor lives longer than anyone has. Throws `birth-year-implausible`. */
export function mustBePlausible(
  birthYear: number | undefined,
  seenOn: readonly (PartialDate | undefined)[],
  pointer: string,
): void {
  if (birthYear === undefined) return;
  const latest = Math.min(...seenOn.flatMap((on) => (on === undefined ? [] : [Number(on.slice(0, 4))])));
  const earliest = latest - YEARS_MAX;
  if (birthYear >= earliest && birthYear <= latest) return;
  const detail = `Someone here in ${latest} was born between ${earliest} and ${latest}, not in ${birthYear}.`;
  throw new Refused('birth-year-implausible', detail, { pointer, facts: { earliest, latest } });
}

/** The longest life that is proven lasted 122 years. */
const YEARS_MAX = 122;

/** Nobody is registered before arriving, except for a flight. Throws `arrival-after-registration`. */
export function mustArriveFirst(
  arrivedOn: PartialDate,
  registeredOn: PartialDate,
  pointer: string,
  recorded?: Contradicted | null,
): void {
  if (firstDay(arrivedOn) <= lastDay(registeredOn)) return;
  const detail = `An arrival on ${arrivedOn} lies after the registration on ${registeredOn}.`;
  const details = recorded ? { pointer, contradicts: [named(recorded)] } : { pointer };
  throw new Refused('arrival-after-registration', detail, details);
}

/** The events, if they fit what the case holds. Throws `would-contradict` with the events they contradict. */
export function mustFit(
  state: KnownCase,
  events: readonly CaseEvent[],
  pointer: string,
): readonly CaseEvent[] {
  const next = events.reduce(evolveCase, state);
  if (!next.known) return events;
  const isNew = ({ version }: Contradicted) => version > state.version;
  const clashes = clashesIn(next).filter((clash) => clash.some(isNew));
  const fits = movesFit(next) || !movesFit(state);
  if (clashes.length === 0 && fits) return events;
  const old = [...clashes.flat(), ...(fits ? [] : inTheWay(next, isNew))].filter((fact) => !isNew(fact));
  const contradicts = [...new Map(old.map((fact) => [fact.version, named(fact)])).values()];
  const those = contradicts.map(({ version, type, on }) => `event ${version}, ${type} (${on})`).join('; ');
  const detail = `This contradicts ${those}. Check the date, or correct what was recorded before.`;
  throw new Refused('would-contradict', detail, { pointer, contradicts });
}

/** Pairs of facts of which the first would have to come before the second, and cannot. */
function clashesIn(state: KnownCase): readonly (readonly [Fact<unknown>, Fact<unknown>])[] {
  const { arrival, met, registrations, statuses, regions, moves } = state;
  const death = moves.find(({ value }) => value === 'died');
  const inLife = [...(met ? [met] : []), ...registrations, ...statuses, ...regions];
  const inPresence = [
    ...(met?.value.country === HOME ? [met] : []),
    ...regions.filter(({ type }) => type === 'MigrantRelocated'),
  ];
  const pairs: [Fact<unknown>, Fact<unknown>][] = [
    ...(death ? inLife.map((fact): [Fact<unknown>, Fact<unknown>] => [fact, death]) : []),
    ...(arrival ? inPresence.map((fact): [Fact<unknown>, Fact<unknown>] => [arrival, fact]) : []),
  ];
  return pairs.filter(([first, second]) => liesAfter(first, second));
}

function movesFit(state: KnownCase): boolean {
  const start = startOf(state);
  if (!start) return state.moves.every(({ value }) => value === 'died');
  return inOrder(start.day, state.moves) !== undefined;
}

/** What keeps the moves from fitting: one too many, those before the start, or what the new one follows. */
function inTheWay(state: KnownCase, isNew: (fact: Contradicted) => boolean): readonly Fact<unknown>[] {
  const { met, moves } = state;
  const start = startOf(state);
  if (!start) return met ? [met] : [];
  const old = moves.filter((move) => !isNew(move));
  const suspects = [
    old.filter((move) =>
      inOrder(
        start.day,
        moves.filter((other) => other !== move),
      ),
    ),
    old.filter((move) => liesAfter(start.fact, move)),
    [start.fact, ...old]
      .filter((fact) => moves.some((move) => isNew(move) && !liesAfter(fact, move)))
      .slice(-1),
  ];
  return suspects.find((facts) => facts.length > 0) ?? [start.fact];
}

function liesAfter(one: Fact<unknown>, other: Fact<unknown>): boolean {
  return firstDay(one.on) > lastDay(other.on);
}
