import { type Day, daysInForce, firstDay, lastDay, type PartialDate } from '#reference';
import type { Contradicted } from '../decider.js';

/** A date, and the days of it that are left where the law under which something was decided leaves fewer. */
export type Dated = Readonly<{ on: PartialDate; days?: Days }>;
type Days = Readonly<{ first: Day; last: Day }>;

/** A value of the file, and the day from which it holds; null where it holds from the start. */
export type Held<Value> = Readonly<{ value: Value; on: PartialDate | null; days?: Days }>;

/** A dated value, with the event that gives the date. In a refusal `on` is this date, not the event's own. */
export type Fact<Value> = Readonly<{ value: Value } & Dated & Contradicted>;

/**
 * The values of one field in the order of time. Each enters on the first day it may mean, but never before
 * the one it follows. Where dates leave the order open, what was recorded later came later.
 */
export type Track<F extends Held<unknown>> = readonly F[];

/** How a refusal names the event that a fact comes from. */
export function named({ version, type, on }: Contradicted): Contradicted {
  return { version, type, on };
}

/** The day on which something enters the timeline, if it follows what entered on `after`. */
export function entersOn({ on, days }: Omit<Held<unknown>, 'value'>, after: Day = ''): Day {
  if (on === null) return after;
  const first = days?.first ?? (on.length === 10 ? on : firstDay(on));
  return first > after ? first : after;
}

/** The first day that a date may mean. */
export function firstOf({ on, days }: Dated): Day {
  return days?.first ?? firstDay(on);
}

/** The last day that a date may mean. */
export function lastOf({ on, days }: Dated): Day {
  return days?.last ?? lastDay(on);
}

/** The date of a decision: no day before its law came into force, and none after the law's end. */
export function decidedOn(legalBasis: string, on: PartialDate): Dated {
  const days = daysInForce(legalBasis, on);
  return days ? { on, days } : { on };
}

/** The value on that day; undefined before the first. */
export function heldOn<Value>(track: Track<Held<Value>>, day: Day): Value | undefined {
  let entered = '';
  let value: Value | undefined;
  for (const held of track) {
    entered = entersOn(held, entered);
    if (entered > day) break;
    value = held.value;
  }
  return value;
}

/**
 * Where something of that date may stand, so that every date still has a day that fits: the indexes before
 * which it can be put, the latest first. Never empty.
 */
export function places(track: Track<Held<unknown>>, date: Dated): readonly [number, ...number[]] {
  const first = firstOf(date);
  const last = lastOf(date);
  let entered = '';
  const entries = track.map((held) => (entered = entersOn(held, entered)));
  const fitting: number[] = [];
  for (let at = track.length; at >= 0; at -= 1) {
    if ((entries[at - 1] ?? '') <= last) fitting.push(at);
    const before = track[at - 1];
    if (before && (before.on === null || (before.days?.last ?? lastDay(before.on)) < first)) break;
  }
  const [latest = track.length, ...earlier] = fitting;
  return [latest, ...earlier];
}

/** The first of `places`. Nearly always it is the end, and that is found without lists. */
function latestPlace(track: Track<Held<unknown>>, date: Dated): number {
  let entered = '';
  for (const held of track) entered = entersOn(held, entered);
  return entered <= firstOf(date) ? track.length : places(track, date)[0];
}

/** The track with one fact more, at the latest place or before the index `at`. */
export function placed<F extends Held<unknown>>(
  track: Track<F>,
  fact: F & Dated,
  at: number = latestPlace(track, fact),
): Track<F> {
  return track.toSpliced(at, 0, fact);
}
