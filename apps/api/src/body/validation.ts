import { type ArgumentMetadata, Body, type PipeTransform, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type Fault, Problem } from '../problem.js';

/** Bodies and queries must be as their classes say, and nothing more. Throws `validation-failed`. */
export class Validation implements PipeTransform {
  private readonly body = strict('#/');
  private readonly query = strict('?');

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // A body with a class of its own; `NoBody` looks at what it gets itself.
    const isAsked = metadata.type === 'body' && metadata.metatype !== Object;
    if (isAsked && (value === undefined || value === null)) throw emptyBody();
    const result: unknown = await this[metadata.type === 'query' ? 'query' : 'body'].transform(
      value,
      metadata,
    );
    return result;
  }
}

/** The parameter of a route that takes no body: nothing, or `{}`. */
export const NoBody = () =>
  Body({
    transform(value: unknown) {
      const [name] = Object.keys(value ?? {});
      if (name !== undefined) throw invalid([{ pointer: `#/${name}`, ...UNKNOWN_FIELD }]);
    },
  });

/** Where a route takes a body and got none. */
export function emptyBody(): Problem {
  return new Problem('malformed-json', 'The body is empty. Send one JSON object.');
}

/** All that is wrong, in one problem. */
export function invalid(faults: readonly Fault[]): Problem {
  const [first] = faults;
  const others = faults.length > 1 ? ` And ${faults.length - 1} more.` : '';
  const detail = first ? `${first.pointer}: ${first.detail}${others}` : 'The request was not understood.';
  return new Problem('validation-failed', detail, { errors: faults.slice(0, FAULTS_MAX) });
}

export const UNKNOWN_FIELD = { code: 'unknown-field', detail: 'There is no such field here. Leave it out.' };

const FAULTS_MAX = 50;

function strict(root: string): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => invalid(errors.flatMap((error) => faultsOf(error, root))),
  });
}

function faultsOf({ property, constraints = {}, children = [] }: ValidationError, above: string): Fault[] {
  const pointer = `${above}${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return [
    ...Object.entries(constraints).map(([code, detail]) =>
      // The one rule that is not ours, and has the validator's own name.
      code === 'whitelistValidation' ? { pointer, ...UNKNOWN_FIELD } : { pointer, code, detail },
    ),
    ...children.flatMap((child) => faultsOf(child, `${pointer}/`)),
  ];
}
