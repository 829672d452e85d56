import { type Day, firstDay, HOME, lastDay } from '#reference';
import { type KnownCase, type Move } from './case.state.js';
import { entersOn, type Fact, lastOf } from './track.js';

/** The first day of being registered: not before being met unregistered, where the date leaves that open. */
export function registeredFrom({ met, registrations }: KnownCase): Day | undefined {
  const [first] = registrations;
  if (!first) return undefined;
  const day = entersOn(first);
  const metOn = met ? entersOn(met) : day;
  return metOn > day && metOn <= lastOf(first) ? metOn : day;
}

/** What presence begins with: the arrival; while it is unknown, the first encounter here or registration. */
export function startOf(state: KnownCase): { fact: Fact<unknown>; day: Day } | undefined {
  const { arrival, met, registrations } = state;
  if (arrival) return { fact: arrival, day: entersOn(arrival) };
  const registered = registeredFrom(state);
  if (met?.value.country === HOME) {
    const day = entersOn(met);
    if (registered === undefined || day <= registered) return { fact: met, day };
  }
  const [fact] = registrations;
  return fact && registered !== undefined ? { fact, day: registered } : undefined;
}

/**
 * The order in which the moves follow one another from `start` on: out and in by turns, death last. Undefined
 * if no choice of days allows one. No search is needed, since of two partial dates that overlap the one lies
 * in the other.
 */
export function inOrder(start: Day, moves: readonly Move[]): readonly Move[] | undefined {
  const left = moves.filter(({ value }) => value !== 'died');
  const deaths = moves.filter(({ value }) => value === 'died');
  const ordered: Move[] = [];
  let day = start;
  while (left.length > 0) {
    const awaited = ordered.length % 2 === 0 ? 'departed' : 'returned';
    // To wait for the first deadline of all costs nothing. Of what may come by then, take the most urgent.
    const deadline = lastDay(mostUrgent(left).on);
    const ready = left.filter(({ value, on }) => value === awaited && firstDay(on) <= deadline);
    if (ready.length === 0) return undefined;
    const next = mostUrgent(ready);
    if (lastDay(next.on) < day) return undefined;
    day = entersOn(next, day);
    ordered.push(next);
    left.splice(left.indexOf(next), 1);
  }
  const [death, secondDeath] = deaths;
  if (secondDeath || (death && lastDay(death.on) < day)) return undefined;
  return [...ordered, ...deaths];
}

function mostUrgent(moves: readonly Move[]): Move {
  return moves.reduce((least, move) => (lastDay(move.on) < lastDay(least.on) ? move : least));
}
