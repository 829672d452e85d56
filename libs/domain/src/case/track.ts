import { type Day, firstDay, lastDay, type PartialDate } from '#reference';
import type { Contradicted } from '../decider.js';

/** A value of the file, and the day from which it holds; null where it holds from the start. */
export type Held<Value> = Readonly<{ value: Value; on: PartialDate | null }>;

/** A dated value, with the event that gives the date. In a refusal `on` is this date, not the event's own. */
export type Fact<Value> = Readonly<{ value: Value; on: PartialDate } & Contradicted>;

/**
 * The values of one field in the order of time. Each enters on the first day it may mean, but never before
 * the one it follows. Where dates leave the order open, what was recorded later came later.
 */
export type Track<F extends Held<unknown>> = readonly F[];

/** How a refusal names the event that a fact comes from. */
export function named({ version, type, on }: Contradicted): Contradicted {
  return { version, type, on };
}

/** The day on which something dated `on` enters the timeline, if it follows what entered on `after`. */
export function entersOn(on: PartialDate | null, after: Day = ''): Day {
  if (on === null) return after;
  const first = on.length === 10 ? on : firstDay(on);
  return first > after ? first : after;
}

/** The value on that day; undefined before the first. */
export function heldOn<Value>(track: Track<Held<Value>>, day: Day): Value | undefined {
  let entered = '';
  let value: Value | undefined;
  for (const held of track) {
    entered = entersOn(held.on, entered);
    if (entered > day) break;
    value = held.value;
  }
  return value;
}

/**
 * Where something dated `on` may stand, so that every date still has a day that fits: the indexes before
 * which it can be put, the latest first. Never empty.
 */
export function places(track: Track<Held<unknown>>, on: PartialDate): readonly [number, ...number[]] {
  const first = firstDay(on);
  const last = lastDay(on);
  let entered = '';
  const entries = track.map((held) => (entered = entersOn(held.on, entered)));
  const fitting: number[] = [];
  for (let at = track.length; at >= 0; at -= 1) {
    if ((entries[at - 1] ?? '') <= last) fitting.push(at);
    const before = track[at - 1];
    if (before && (before.on === null || lastDay(before.on) < first)) break;
  }
  const [latest = track.length, ...earlier] = fitting;
  return [latest, ...earlier];
}

/** The first of `places`. Nearly always it is the end, and that is found without lists. */
function latestPlace(track: Track<Held<unknown>>, on: PartialDate): number {
  let entered = '';
  for (const held of track) entered = entersOn(held.on, entered);
  return entered <= firstDay(on) ? track.length : places(track, on)[0];
}

/** The track with one fact more, at the latest place or before the index `at`. */
export function placed<F extends Held<unknown>>(
  track: Track<F>,
  fact: F & { on: PartialDate },
  at: number = latestPlace(track, fact.on),
): Track<F> {
  return track.toSpliced(at, 0, fact);
}
