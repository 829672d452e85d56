import type { ProblemKind } from './problem-codes.js';

const field = (title: string, cure: string): ProblemKind => ({
  status: 422,
  title,
  cause:
    'A field or parameter has a value that is not possible. It stands in `errors[]` of `validation-failed`.',
  cure,
});

/** What may be wrong with one field: the codes in `errors[]`. */
export const FAULTS = {
  'area-unknown': field('No such area', 'Use ISO 3166-2, or a dated area of the agency.'),
  'case-or-list-name': field('Neither or both', 'Name a case or a listName, one of the two.'),
  'control-characters': field('Control characters', 'Leave them out.'),
  'country-unknown': field(
    'No such country',
    'Use ISO 3166-1 alpha-3, UKN or XXA; for Chechnya RUS with area RU-CE.',
  ),
  'date-impossible': field(
    'No such date',
    'Send a date of the Gregorian calendar from 1583 to 9999, or only what is known of it.',
  ),
  'not-a-date': field('Not a date', 'Send YYYY, YYYY-MM or YYYY-MM-DD; a whole day where that is asked for.'),
  'not-a-list': field('Not a list', 'Send a JSON array.'),
  'not-a-moment': field('Not a moment', 'Send a position of the log, or a moment with its offset.'),
  'not-a-number': field('Not a number', 'Send a whole number.'),
  'not-a-place': field('Not a place', 'Send an object of country and, where known, area.'),
  'not-an-id': field('Not an id', 'Send a UUID in lower case, as Kosh gave it.'),
  'not-an-object': field('Not an object', 'Send a JSON object.'),
  'not-one-of': field('None of the values', 'Send one of the values that the detail lists.'),
  'not-text': field('Not text', 'Send a JSON string.'),
  'out-of-range': field('Too small or too large', 'Send a number in the range that the detail names.'),
  'repeated-item': field('Named twice', 'Name each item once.'),
  required: field('Missing', 'Send the field.'),
  'too-deep': field('Nested too deep', 'Send what the API describes: nothing in it is that deep.'),
  'unknown-field': field('Unknown', 'Leave the field out; the API at /docs lists those there are.'),
  'wrong-length': field('Too short or too long', 'Send as much as the detail names.'),
} satisfies Record<string, ProblemKind>;
