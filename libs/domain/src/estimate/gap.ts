import { type Day, firstDay, lastDay, type Population } from '#reference';
import type { Place } from '../case/case.events.js';
import type { Component, EstimateRecorded, Figure } from './estimate.events.js';
import { figureOf, isUnquantified, less, remainder } from './figure.js';

/** Whether an estimate can be held against a count of persons present on a day; else the reason why not. */
export type Comparability =
  'comparable' | 'other-population' | 'not-a-stock' | 'not-persons' | 'part-of-the-country' | 'other-day';

/** Registered persons who fled one place, on `validOn`, of one population. */
export type RegisteredCount = Readonly<{ placeFled: Place; registered: number }>;

/** What is registered, what was estimated, and what follows. */
export type GapFigures = Readonly<{
  registered: number;
  /** As it was said; for the rest, what the total leaves. Null if the estimate says nothing of it. */
  estimate: Figure | null;
  /** The estimate's, and so the result's: more than N, less r registered, is more than N - r. */
  qualifier: Figure['qualifier'] | null;
  /** Never 0 for what is not known: null, and `label` says why, or there is only a `low` and a `high`. */
  unregistered: number | null;
  low?: number;
  high?: number;
  label: null | 'inconsistent' | 'not-quantified' | 'not-comparable';
}>;

/** One origin that the estimate names, or several that it names jointly and that are never split. */
export type GapRow = GapFigures &
  Readonly<{
    placesFled: readonly Place[];
    /** For `most-of`: of what. */
    of?: Figure;
  }>;

export type GapNote = Readonly<{ code: 'counted-on-last-day' | 'rows-differ-from-total'; detail: string }>;

export type Gap = Readonly<{
  comparability: Comparability;
  /** As the estimate names them. */
  rows: readonly GapRow[];
  /** Every origin that the estimate does not name. */
  other: GapFigures;
  total: GapFigures;
  notes: readonly GapNote[];
}>;

type Estimate = EstimateRecorded['data'];
type Scope = Readonly<{ population: Population; validOn: Day }>;

/** A stock of persons of the same population in the whole country, for that day or a period ending on it. */
export function comparable(estimate: Estimate, { population, validOn }: Scope): Comparability {
  if (estimate.population !== population) return 'other-population';
  if (estimate.measure !== 'stock') return 'not-a-stock';
  if (estimate.unit !== 'persons') return 'not-persons';
  if (estimate.area !== undefined) return 'part-of-the-country';
  if (lastDay(estimate.period.to) !== validOn) return 'other-day';
  return 'comparable';
}

/** Registered against unregistered by origin, by one estimate. `counts`: persons of the scope. */
export function gapRows(
  input: Scope & Readonly<{ estimate: Estimate; counts: readonly RegisteredCount[] }>,
): Gap {
  const { estimate, counts, validOn } = input;
  const { placeFled, components = [] } = estimate;
  const comparability = comparable(estimate, input);

  const left = remainder(estimate, components);
  const rest = components.some(isUnquantified) ? null : left;
  // An estimate for one place says nothing of other places; that place itself is what its components leave.
  const parts: readonly Component[] = placeFled
    ? [...components, { placesFled: [placeFled], ...(rest ?? { qualifier: 'unquantified' }) }]
    : components;

  const registeredIn = (index: number) =>
    sum(counts.map((count) => (partOf(count.placeFled, parts) === index ? count.registered : 0)));
  const rowOf = (part: Component, index: number): GapRow => ({
    placesFled: part.placesFled,
    ...figures(figureOf(part), registeredIn(index), comparability),
    ...(part.qualifier === 'most-of' && left && { of: left }),
  });
  const rows = parts.map(rowOf);
  const other = figures(placeFled ? null : rest, registeredIn(-1), comparability);
  const registered = sum(counts.map((count) => count.registered));
  const total = figures(placeFled ? null : figureOf(estimate), registered, comparability);
  const gap = { comparability, rows, other, total };
  return { ...gap, notes: comparability === 'comparable' ? notesOn(gap, estimate, validOn) : [] };
}

function figures(said: Figure | null, registered: number, comparability: Comparability): GapFigures {
  const left = said && less(said, registered);
  const label = labelOf(left, comparability);
  // Components may exceed a total that sets no limit: then nothing is estimated of the rest.
  const estimate = said && isNegative(said) ? null : said;
  const row = { registered, estimate, qualifier: estimate?.qualifier ?? null, unregistered: null, label };
  if (!left || label) return row;
  const { value, low, high } = left;
  return {
    ...row,
    unregistered: value ?? null,
    ...(low !== undefined && { low }),
    ...(high !== undefined && { high }),
  };
}

function labelOf(left: Figure | null, comparability: Comparability): GapFigures['label'] {
  if (comparability !== 'comparable') return 'not-comparable';
  if (!left || isUnquantified(left)) return 'not-quantified';
  return isNegative(left) ? 'inconsistent' : null;
}

function isNegative({ value = 0, high = 0 }: Figure): boolean {
  return value < 0 || high < 0;
}

/** Where a place is counted: with its area if that is named, else with its country; -1 if neither is. */
function partOf({ country, area }: Place, parts: readonly Component[]): number {
  const naming = (wanted: string | undefined) =>
    parts.findIndex(({ placesFled }) =>
      placesFled.some((place) => place.country === country && place.area === wanted),
    );
  const own = naming(area);
  return own >= 0 ? own : naming(undefined);
}

function notesOn(gap: Omit<Gap, 'notes'>, { period }: Estimate, validOn: Day): GapNote[] {
  const notes: GapNote[] = [];
  if (firstDay(period.from) !== validOn) {
    const span = period.from === period.to ? period.from : `${period.from} to ${period.to}`;
    const detail = `The estimate is for ${span}; it is counted on the last day of that, ${validOn}.`;
    notes.push({ code: 'counted-on-last-day', detail });
  }
  const rows = [...gap.rows, gap.other];
  const added = sum(rows.map((row) => row.unregistered ?? 0));
  if (gap.total.unregistered !== null && added !== gap.total.unregistered) {
    const without = rows.filter((row) => row.unregistered === null).map(explain);
    const detail =
      `The rows add up to ${added} unregistered, the total is ${gap.total.unregistered}. ` +
      `Not in the sum: ${without.join('; ')}.`;
    notes.push({ code: 'rows-differ-from-total', detail });
  }
  return notes;
}

function explain(row: GapFigures | GapRow): string {
  const { registered, estimate, label } = row;
  const name =
    'placesFled' in row ? row.placesFled.map(({ country, area }) => area ?? country).join(' + ') : 'other';
  const said = estimate ? (estimate.value ?? estimate.qualifier) : 'nothing';
  return `${name} (${registered} registered, ${said} estimated${label ? `, ${label}` : ''})`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
