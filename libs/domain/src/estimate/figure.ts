import { Refused } from '../decider.js';
import type { Figure } from './estimate.events.js';

const NUMBERS: readonly ('value' | 'low' | 'high')[] = ['value', 'low', 'high'];

/** Whether the figure gives no number at all, in its own words: then it has none, not 0. */
export function isUnquantified({ qualifier }: Figure): boolean {
  return qualifier === 'unquantified' || qualifier === 'most-of';
}

/** Refuses a figure that contradicts itself. `at` points to it in the request: `` or `/components/1`. */
export function mustBeCoherent(figure: Figure, at: string): void {
  const { qualifier, value, low, high } = figure;
  if (isUnquantified(figure)) {
    const given = NUMBERS.find((name) => figure[name] !== undefined);
    if (given === undefined) return;
    const detail = `What is ${qualifier} has no ${given}, not even 0: leave it out.`;
    throw new Refused('unquantified-has-value', detail, { pointer: `${at}/${given}` });
  }
  if (qualifier === 'range') {
    const missing = low === undefined ? 'low' : high === undefined ? 'high' : undefined;
    if (missing) {
      const detail = `A range has low and high: give its ${missing} too.`;
      throw new Refused('range-incomplete', detail, { pointer: `${at}/${missing}` });
    }
  } else if (value === undefined) {
    const detail = `What is ${qualifier} has a value. Give it; if no number was said, send unquantified.`;
    throw new Refused('value-missing', detail, { pointer: `${at}/value` });
  }
  if (low !== undefined && high !== undefined && low > high) {
    const detail = `From ${low} to ${high} is no range. Exchange low and high.`;
    throw new Refused('range-reversed', detail, { pointer: `${at}/high` });
  }
  if (value !== undefined && (value < (low ?? value) || value > (high ?? value))) {
    const bounds = [low === undefined ? [] : `at least ${low}`, high === undefined ? [] : `at most ${high}`];
    const detail = `The value is ${bounds.flat().join(' and ')}, not ${value}. Check value, low and high.`;
    throw new Refused('value-outside-range', detail, { pointer: `${at}/value` });
  }
}

/** The least that a figure can mean: what it takes of its total for certain. */
export function least({ qualifier, value = 0, low = value }: Figure): number {
  switch (qualifier) {
    case 'exact':
    case 'about':
    case 'at-least':
    case 'more-than':
      return value;
    case 'range':
      return low;
    case 'at-most':
    case 'most-of':
    case 'unquantified':
      return 0;
  }
}

/** The most that a figure can mean, if it sets a limit. */
export function most({ qualifier, value, high }: Figure): number | undefined {
  switch (qualifier) {
    case 'exact':
    case 'at-most':
      return value;
    case 'range':
      return high;
    case 'about':
    case 'at-least':
    case 'more-than':
    case 'most-of':
    case 'unquantified':
      return undefined;
  }
}

/** The figure of an estimate or of a component, alone. */
export function figureOf(figure: Figure): Figure {
  return less(figure, 0);
}

/** The figure less a number, as qualified: more than N, less r, is more than N - r. No `low` below 0. */
export function less({ qualifier, value, low, high }: Figure, known: number): Figure {
  return {
    qualifier,
    ...(value !== undefined && { value: value - known }),
    ...(low !== undefined && low >= known && { low: low - known }),
    ...(high !== undefined && { high: high - known }),
  };
}

/**
 * What a total leaves beside its parts, those without a number apart. Null if that cannot be said: it can, if
 * the parts are exact, or parts and total exact or about. Negative if the parts exceed a total without limit.
 */
export function remainder(total: Figure, parts: readonly Figure[]): Figure | null {
  const numbered = parts.filter((part) => !isUnquantified(part));
  const isExact = ({ qualifier }: Figure) => qualifier === 'exact';
  const isClose = (figure: Figure) => isExact(figure) || figure.qualifier === 'about';
  if (isUnquantified(total) || !numbered.every(isClose)) return null;

  const known = numbered.reduce((sum, { value = 0 }) => sum + value, 0);
  const left = less(total, known);
  if (numbered.every(isExact)) return left;
  return isClose(total) ? { ...left, qualifier: 'about' } : null;
}
