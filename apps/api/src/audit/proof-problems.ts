import { NotAsSigned, NothingToProve, NotSignedYet } from '#audit';
import { Problem } from '../problem.js';
import type { ProblemCode } from '../problem-codes.js';

/** What a route that proves may answer, for its description. */
export const PROOF_PROBLEMS = ['not-signed-yet', 'not-as-signed'] as const satisfies readonly ProblemCode[];

/** A checkpoint comes within so long. */
const SIGNED_WITHIN_S = '60';

/** What is asked of the prover, with what it cannot prove as a problem. */
export async function orProblem<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NothingToProve) throw new Problem('not-found', error.message);
    if (error instanceof NotAsSigned) throw new Problem('not-as-signed', error.message);
    if (!(error instanceof NotSignedYet)) throw error;
    throw new Problem('not-signed-yet', error.message, { headers: { 'Retry-After': SIGNED_WITHIN_S } });
  }
}
