import { field, type FieldOptions, type Rule, shown } from './field.js';
import { isInstant } from './values.js';

/** A whole number in a query. */
export const Whole = (min: number, max: number, options: FieldOptions = {}) =>
  field([whole(min, max)], { type: 'integer', minimum: min, maximum: max }, options);

/** A position of the log. */
export const PositionText = (options: FieldOptions = {}) =>
  field(
    [whole(0, Number.MAX_SAFE_INTEGER)],
    { type: 'integer', minimum: 0 },
    { example: '4711', ...options },
  );

/** A position of the log, or a moment. */
export const KnownAt = (options: FieldOptions = {}) =>
  field([KNOWN_AT], { type: String }, { example: '1998-07-01T00:00:00Z', ...options });

/** Several codes, with commas between them. */
export const Codes = (values: readonly string[], options: FieldOptions = {}) =>
  field([codes(values)], { type: String }, options);

const KNOWN_AT: Rule = {
  code: 'not-a-moment',
  test: (value) => typeof value === 'string' && (/^\d{1,15}$/.test(value) || isInstant(value)),
  detail: (value) =>
    `Expected a position such as 4711, or a moment such as 1998-07-01T00:00:00Z, found ${shown(value)}.`,
};

function whole(min: number, max: number): Rule {
  return {
    code: 'not-a-number',
    test: (value) =>
      typeof value === 'string' && /^\d{1,16}$/.test(value) && Number(value) >= min && Number(value) <= max,
    detail: (value) => `Expected a whole number from ${min} to ${max}, found ${shown(value)}.`,
  };
}

function codes(values: readonly string[]): Rule {
  return {
    code: 'not-one-of',
    test: (value) => {
      const items = typeof value === 'string' ? value.split(',') : [''];
      return items.every((item) => values.includes(item)) && new Set(items).size === items.length;
    },
    detail: (value) =>
      `Expected some of ${values.join(', ')}, each once, with commas between, found ${shown(value)}.`,
  };
}
