import type { Place } from '#domain';
import { type Rule, shown } from './field.js';
import { Area, Country, RULES } from './values.js';

/** A country, and the area of it where that is known. */
export class PlaceBody implements Place {
  @Country({ example: 'RUS' }) readonly country!: string;
  @Area({ example: 'RU-CE', optional: true }) readonly area?: string;
}

/** The rules of a place by itself, for fields that may hold a place or something else. */
export const PLACE_RULES: readonly Rule[] = [
  {
    code: 'not-a-place',
    test: (value) => partsOf(value) !== undefined,
    detail: (value) => `Expected a place such as {"country":"RUS","area":"RU-CE"}, found ${shown(value)}.`,
  },
  ...RULES.country.map((rule) => ofPart('country', rule, rule.test)),
  ...RULES.area.map((rule) => ofPart('area', rule, (area) => area === undefined || rule.test(area))),
];

type Parts = Readonly<{ country?: unknown; area?: unknown }>;

/** Country and area, if the value is an object that has nothing else. */
function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const known = Object.keys(value).every((name) => name === 'country' || name === 'area');
  return known ? value : undefined;
}

function ofPart(name: keyof Parts, { code, detail }: Rule, test: Rule['test']): Rule {
  return {
    code,
    test: (value) => test(partsOf(value)?.[name]),
    detail: (value) => detail(partsOf(value)?.[name]),
  };
}
