import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { EXAMPLE_IDS } from './examples.js';
import { field, type FieldOptions, type Rule, shown } from './field.js';
import { UUID } from '../uuid.js';

type BodyClass = new () => object;

/** A field that is an object with fields of its own. */
export const ObjectOf = (body: BodyClass, options: FieldOptions = {}) =>
  applyDecorators(
    field([OBJECT], { type: () => body }, options),
    ValidateNested(),
    Type(() => body),
  );

/** A list of such objects. */
export const ListOf = (body: BodyClass, min: number, max: number, options: FieldOptions = {}) =>
  applyDecorators(
    field(
      [LIST, size(min, max), OBJECTS],
      { type: () => body, isArray: true, minItems: min, maxItems: max },
      options,
    ),
    ValidateNested({ each: true }),
    Type(() => body),
  );

/** A list of ids of passengers, each once. */
export const Passengers = (min: number, max: number, options: FieldOptions = {}) =>
  field(
    [LIST, size(min, max), IDS, ONCE],
    { type: [String], minItems: min, maxItems: max, uniqueItems: true },
    { example: [EXAMPLE_IDS.passenger], ...options },
  );

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** For items that an earlier rule has found to be a list. */
const every = (test: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(test);

const OBJECT: Rule = {
  code: 'not-an-object',
  test: isObject,
  detail: (value) => `Expected an object, found ${shown(value)}.`,
};

const LIST: Rule = {
  code: 'not-a-list',
  test: Array.isArray,
  detail: (value) => `Expected a list, found ${shown(value)}.`,
};

const OBJECTS: Rule = {
  code: 'not-an-object',
  test: every(isObject),
  detail: () => 'Every item of the list must be an object.',
};

const IDS: Rule = {
  code: 'not-an-id',
  test: every((item) => typeof item === 'string' && UUID.test(item)),
  detail: () => 'Every item of the list must be an id that Kosh gave (a UUID in lower case).',
};

const ONCE: Rule = {
  code: 'repeated-item',
  test: (value) => Array.isArray(value) && new Set(value).size === value.length,
  detail: () => 'Name each of them once.',
};

function size(min: number, max: number): Rule {
  return {
    code: 'wrong-length',
    test: (value) => Array.isArray(value) && value.length >= min && value.length <= max,
    detail: (value) => `Expected ${min} to ${max} items, found ${Array.isArray(value) ? value.length : 0}.`,
  };
}
