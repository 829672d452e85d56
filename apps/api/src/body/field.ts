import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';

/**
 * What a value must be. `code` is stable and stands in `errors[]` of the problem; `detail` says what to
 * send instead.
 */
export type Rule = Readonly<{
  code: string;
  test: (value: unknown) => boolean;
  detail: (value: unknown) => string;
}>;

/** `example` is shown in the API's description. An optional field may be left out, but not be null. */
export type FieldOptions = Readonly<{ example?: unknown; description?: string; optional?: boolean }>;

/** A field of a body or query: its rules, of which the first that fails is reported, and its description. */
export function field(rules: readonly Rule[], schema: object, options: FieldOptions): PropertyDecorator {
  const { optional = false, ...shown } = options;
  return applyDecorators(
    ApiProperty({ ...schema, ...shown, required: !optional }),
    optional ? ValidateIf((_, value) => value !== undefined) : must(REQUIRED),
    ...rules.map(must),
  );
}

/** A field whose rules depend on another field: its command checks it. */
export const AnyValue = (options: FieldOptions = {}) => field([], { oneOf: ANY }, options);

const ANY = ['string', 'integer', 'object', 'null'].map((type) => ({ type }));

const REQUIRED: Rule = {
  code: 'required',
  test: (value) => value !== undefined,
  detail: () => 'This field is required.',
};

function must({ code, test, detail }: Rule): PropertyDecorator {
  return ValidateBy({
    name: code,
    validator: { validate: test, defaultMessage: (found) => detail(found?.value) },
  });
}

/** What was found, short enough for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
