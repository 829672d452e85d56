import type { RefusalDetails } from '#domain';
import type { ProblemCode } from './problem-codes.js';

/** What is wrong with one field. `pointer` is `#/placeFled/country` in a body, `?validOn` in a query. */
export type Fault = Readonly<{ pointer: string; code: string; detail: string }>;

type More = Pick<RefusalDetails, 'facts' | 'contradicts'> &
  Readonly<{ errors?: readonly Fault[]; headers?: Readonly<Record<string, string>> }>;

/** An answer that is not the one asked for. Thrown anywhere in the API, written by `problems.filter.ts`. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly more: More = {},
  ) {
    super(detail);
  }
}
