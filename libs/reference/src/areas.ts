import { AREAS_ABROAD } from './areas-abroad.js';
import type { CountryCode } from './countries.js';
import type { Day } from './dates.js';
import { AREAS_OF_KAZAKHSTAN } from './kazakhstan.js';
import { type Language, type Name, nameOn } from './names.js';

/** ISO 3166-2, or a longer code of ours (`KZ-TALDYKORGAN`) for an area that ISO 3166-2 does not know. */
export type AreaCode = string;

/**
 * An area, in being from the day `from`, included, until the day `to`, excluded (absent: not bounded).
 * `coveredBy` says in order which area covers it outside those days, from which day on.
 */
export type Area = Readonly<{
  code: AreaCode;
  country: CountryCode;
  names: readonly Name[];
  from?: Day;
  to?: Day;
  coveredBy?: readonly Readonly<{ from?: Day; area: AreaCode }>[];
  source: string;
}>;

/** The areas of Kazakhstan by date, and the areas abroad that the agency's people come from. */
export const AREAS: readonly Area[] = [...AREAS_OF_KAZAKHSTAN, ...AREAS_ABROAD];

const BY_CODE: ReadonlyMap<string, Area> = new Map(AREAS.map((area) => [area.code, area]));

/** Whether we know an area of that code, of whatever time. */
export function isArea(code: string): boolean {
  return BY_CODE.has(code);
}

/** The country that a known area belongs to. */
export function countryOfArea(code: AreaCode): CountryCode | undefined {
  return BY_CODE.get(code)?.country;
}

/** Whether the area was in being on that day. */
export function areaValidOn(code: AreaCode, day: Day): boolean {
  const area = BY_CODE.get(code);
  return area !== undefined && (area.from ?? day) <= day && (area.to === undefined || day < area.to);
}

/** The area that covers this one on that day: itself while in being, else what it became or came from. */
export function successorOn(code: AreaCode, day: Day): AreaCode {
  if (areaValidOn(code, day)) return code;
  const cover = BY_CODE.get(code)?.coveredBy?.findLast(({ from }) => from === undefined || from <= day);
  return cover?.area ?? code;
}

/** What the area was called on that day; the code itself if we do not know it. */
export function areaName(code: AreaCode, day: Day, language: Language = 'en'): string {
  return nameOn(BY_CODE.get(code)?.names ?? [{ en: code }], day, language);
}

/** The areas of Kazakhstan that were in being on that day: where the agency may register someone. */
export function regionsOn(day: Day): readonly Area[] {
  return AREAS_OF_KAZAKHSTAN.filter(({ code }) => areaValidOn(code, day));
}
