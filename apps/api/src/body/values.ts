import {
  airportRemedy,
  AREAS,
  AUTHORITIES,
  FIRST_YEAR,
  isArea,
  isAirport,
  isCountry,
  isDay,
  isPartialDate,
  LAWS,
  lawById,
  suggestCountry,
} from '#reference';
import { UUID } from '../uuid.js';
import { EXAMPLE_IDS } from './examples.js';
import { field, type FieldOptions, type Rule, shown } from './field.js';

/** One of a list of codes. */
export const OneOf = (values: readonly string[], options: FieldOptions = {}) =>
  field([oneOf(values)], { type: String, enum: [...values] }, { example: values[0], ...options });

/** Text of `min` to `max` characters, without control characters. */
export const Text = (min: number, max: number, options: FieldOptions = {}) =>
  field([TEXT, length(min, max), PRINTABLE], { type: String, minLength: min, maxLength: max }, options);

/** Text of several lines. */
export const Prose = (max: number, options: FieldOptions = {}) =>
  field([TEXT, length(1, max), LINES], { type: String, minLength: 1, maxLength: max }, options);

/** A whole number. */
export const Count = (min: number, max: number, options: FieldOptions = {}) =>
  field([NUMBER, within(min, max)], { type: 'integer', minimum: min, maximum: max }, options);

/** ISO 3166-1 alpha-3, `UKN` for unknown, `XXA` for stateless. */
export const Country = (options: FieldOptions = {}) =>
  field([COUNTRY], { type: String, minLength: 3, maxLength: 3 }, { example: 'AFG', ...options });

/** ISO 3166-2, or a dated area of the agency. */
export const Area = (options: FieldOptions = {}) =>
  field([AREA], { type: String }, { example: 'KZ-75', ...options });

/** IATA, three capital letters. */
export const Airport = (options: FieldOptions = {}) =>
  field([AIRPORT], { type: String, pattern: '^[A-Z]{3}$' }, { example: 'ALA', ...options });

/** The id of an instrument in the catalogue of law. */
export const LegalBasis = (options: FieldOptions = {}) =>
  field([LAW], { type: String, enum: LAWS.map(({ id }) => id) }, { example: 'KZ-1998-RSD', ...options });

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. */
export const PartialDate = (options: FieldOptions = {}) =>
  field(
    [PARTIAL, REAL_DATE],
    { type: String, pattern: PARTIAL_SHAPE.source },
    { example: '1998-06', ...options },
  );

/** A whole day, `YYYY-MM-DD`. */
export const WholeDay = (options: FieldOptions = {}) =>
  field([DAY, REAL_DAY], { type: String, format: 'date' }, { example: '1998-06-26', ...options });

/** RFC 3339, with its offset from UTC. */
export const Instant = (options: FieldOptions = {}) =>
  field([INSTANT], { type: String, format: 'date-time' }, { example: '1998-06-26T04:30:00Z', ...options });

/** An id that Kosh gave. */
export const Id = (options: FieldOptions = {}) =>
  field([ID], { type: String, format: 'uuid' }, { example: EXAMPLE_IDS.case, ...options });

/** Female, male or unknown. */
export const SexCode = (options: FieldOptions = {}) => OneOf(SEXES, options);

/** The year of birth. */
export const BirthYear = (options: FieldOptions = {}) => Count(...BIRTH_YEARS, { example: 1961, ...options });

/** Who keeps a list or issues a status. */
export const AuthorityCode = (options: FieldOptions = {}) => OneOf(AUTHORITIES, options);

const SEXES = ['F', 'M', 'U'] as const;
const BIRTH_YEARS = [1850, 2100] as const;

const PARTIAL_SHAPE = /^\d{4}(-\d{2}){0,2}$/;
const DAY_SHAPE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT_SHAPE = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

export function isInstant(value: string): boolean {
  return isDay(INSTANT_SHAPE.exec(value)?.[1] ?? '') && !Number.isNaN(Date.parse(value));
}

const text = (test: (value: string) => boolean) => (value: unknown) =>
  typeof value === 'string' && test(value);

const TEXT: Rule = {
  code: 'not-text',
  test: (value) => typeof value === 'string',
  detail: (value) => `Expected text, found ${shown(value)}.`,
};

const PRINTABLE: Rule = {
  code: 'control-characters',
  test: text((value) => !/[\p{Cc}\p{Cs}]/u.test(value)),
  detail: () => 'Leave out control characters, line breaks and broken characters.',
};

const LINES: Rule = {
  ...PRINTABLE,
  test: text((value) => !/[^\P{Cc}\n\t]|\p{Cs}/u.test(value)),
  detail: () => 'Leave out control characters and broken characters; line breaks may stay.',
};

const NUMBER: Rule = {
  code: 'not-a-number',
  test: (value) => Number.isSafeInteger(value),
  detail: (value) => `Expected a whole number, found ${shown(value)}.`,
};

const COUNTRY: Rule = {
  code: 'country-unknown',
  test: text(isCountry),
  detail: (value) => {
    const meant = typeof value === 'string' ? suggestCountry(value) : undefined;
    const remedy = meant ? meant.text : 'Use ISO 3166-1 alpha-3, UKN (unknown) or XXA (stateless).';
    return `${shown(value)} is not a country code. ${remedy}`;
  },
};

const AREA: Rule = {
  code: 'area-unknown',
  test: text(isArea),
  detail: (value) => `${shown(value)} is none of the ${AREAS.length} areas we know. ${areasLike(value)}`,
};

const AIRPORT: Rule = {
  code: 'airport-unknown',
  test: text(isAirport),
  detail: (value) =>
    `${shown(value)} is not the code of an airport. ${airportRemedy(typeof value === 'string' ? value : '')}`,
};

const LAW: Rule = {
  code: 'legal-basis-unknown',
  test: text((value) => lawById(value) !== undefined),
  detail: (value) =>
    `${shown(value)} is not in the catalogue of law. Use one of ${LAWS.map(({ id }) => id).join(', ')}.`,
};

const PARTIAL: Rule = {
  code: 'not-a-date',
  test: text((value) => PARTIAL_SHAPE.test(value)),
  detail: (value) => `Expected YYYY, YYYY-MM or YYYY-MM-DD, found ${shown(value)}.`,
};

const REAL_DATE: Rule = {
  code: 'date-impossible',
  test: text(isPartialDate),
  detail: (value) => `${outOfCalendar(value)} Send what is known: a year alone will do.`,
};

const DAY: Rule = {
  code: 'not-a-date',
  test: text((value) => DAY_SHAPE.test(value)),
  detail: (value) => `Expected a whole day, YYYY-MM-DD, found ${shown(value)}.`,
};

const REAL_DAY: Rule = {
  code: 'date-impossible',
  test: text(isDay),
  detail: outOfCalendar,
};

const INSTANT: Rule = {
  code: 'not-an-instant',
  test: text(isInstant),
  detail: (value) =>
    typeof value === 'string' && INSTANT_SHAPE.test(value)
      ? `${outOfCalendar(value)} Check the day, the hour and the offset.`
      : `Expected a moment with its offset, such as 1998-06-26T04:30:00Z, found ${shown(value)}.`,
};

const ID: Rule = {
  code: 'not-an-id',
  test: text((value) => UUID.test(value)),
  detail: (value) => `Expected an id that Kosh gave (a UUID in lower case), found ${shown(value)}.`,
};

/** The rules of a value by themselves, for fields that may hold one value or another. */
export const RULES = {
  country: [COUNTRY],
  area: [AREA],
  sex: [oneOf(SEXES)],
  year: [NUMBER, within(...BIRTH_YEARS)],
  date: [PARTIAL, REAL_DATE],
  authority: [oneOf(AUTHORITIES)],
} satisfies Record<string, readonly Rule[]>;

/** Why there is no such date, of a value in the shape of one. */
function outOfCalendar(value: unknown): string {
  if (typeof value !== 'string' || value >= FIRST_YEAR) return `There is no ${shown(value)} in the calendar.`;
  return (
    `Expected a date of the Gregorian calendar, from ${FIRST_YEAR} to 9999, found ${shown(value)}. ` +
    'Convert a date of another calendar.'
  );
}

/** The areas of the country that the code begins with. */
function areasLike(value: unknown): string {
  const prefix = typeof value === 'string' ? (/^[A-Z]{2}-/.exec(value)?.[0] ?? '') : '';
  const known = AREAS.filter(({ code }) => prefix !== '' && code.startsWith(prefix));
  if (known.length === 0) return 'Use ISO 3166-2, such as RU-CE or KZ-75, or leave the area out.';
  return `Those of that country are ${known.map(({ code }) => code).join(', ')}.`;
}

function oneOf(values: readonly string[]): Rule {
  return {
    code: 'not-one-of',
    test: text((value) => values.includes(value)),
    detail: (value) => `Expected one of ${values.join(', ')}, found ${shown(value)}.`,
  };
}

function length(min: number, max: number): Rule {
  return {
    code: 'wrong-length',
    test: text((value) => value.trim().length >= min && value.length <= max),
    detail: (value) =>
      `Expected ${min} to ${max} characters, not all of them blank, ` +
      `found ${typeof value === 'string' ? value.length : 'no text'}.`,
  };
}

function within(min: number, max: number): Rule {
  return {
    code: 'out-of-range',
    test: (value) => typeof value === 'number' && value >= min && value <= max,
    detail: (value) => `Expected ${min} to ${max}, found ${shown(value)}.`,
  };
}
