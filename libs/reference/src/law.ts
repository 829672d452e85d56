import type { CountryCode } from './countries.js';
import { addDays, type Day, firstDay, lastDay, type PartialDate } from './dates.js';
import { LAWS } from './laws.js';
import type { Authority, StatusCode } from './statuses.js';

/**
 * An instrument of law: in force from the day `from`, included, until the day `to`, excluded. Where only the
 * month or year is known it begins on the first and ends on the last day, but never before it was adopted.
 */
export type Law = Readonly<{
  id: string;
  title: string;
  adopted: PartialDate;
  from: Day;
  /** The first day on which it is no longer in force; absent while it is. */
  to?: Day;
  /** The statuses that rest on it; each may be given by each of the issuers. */
  statuses: readonly StatusCode[];
  issuers: readonly Authority[];
  /** Whose citizens it shuts out, for ever or until the day `to`, excluded. */
  excludedNationalities: readonly Readonly<{ country: CountryCode; to?: Day }>[];
  source: string;
}>;

const BY_ID: ReadonlyMap<string, Law> = new Map(LAWS.map((law) => [law.id, law]));

/** The instrument of that id, in force or not. */
export function lawById(id: string): Law | undefined {
  return BY_ID.get(id);
}

/** Whether the instrument was in force on any of the days that `date` may mean. */
export function lawInForce(id: string, date: PartialDate): boolean {
  const law = BY_ID.get(id);
  return law !== undefined && inForce(law, date);
}

/**
 * The days of `date` on which the instrument was in force, where it was on some of them and not on others:
 * a decision under it was taken on one of these. Undefined where nothing is narrowed.
 */
export function daysInForce(id: string, date: PartialDate): Readonly<{ first: Day; last: Day }> | undefined {
  if (date.length === 10) return undefined;
  const law = BY_ID.get(id);
  if (!law || !inForce(law, date)) return undefined;
  const [first, last] = [firstDay(date), lastDay(date)];
  const { from, to } = law;
  if (from <= first && (to === undefined || to > last)) return undefined;
  return {
    first: from > first ? from : first,
    last: to !== undefined && to <= last ? addDays(to, -1) : last,
  };
}

/** What is on offer: the laws under which `issuer` could give `status` on any of the days `date` may mean. */
export function lawsOffering(status: StatusCode, issuer: Authority, date: PartialDate): readonly Law[] {
  return LAWS.filter(
    (law) => law.statuses.includes(status) && law.issuers.includes(issuer) && inForce(law, date),
  );
}

/** Whether the instrument shuts out citizens of that country on all of the days that `date` may mean. */
export function nationalityExcluded(id: string, citizenship: CountryCode, date: PartialDate): boolean {
  const excluded = BY_ID.get(id)?.excludedNationalities.find(({ country }) => country === citizenship);
  return excluded !== undefined && (excluded.to === undefined || lastDay(date) < excluded.to);
}

function inForce({ from, to }: Law, date: PartialDate): boolean {
  return from <= lastDay(date) && (to === undefined || firstDay(date) < to);
}
