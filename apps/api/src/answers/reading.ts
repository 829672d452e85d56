import { applyDecorators, Injectable } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { type AsKnown, KnownAtInvalid, resolveKnownAt, waitFor } from '#projections';
import { KnownAt, PositionText } from '../body/query.js';
import { invalid } from '../body/validation.js';
import type { ProblemCode } from '../problem-codes.js';
import { ProblemResponses } from './problems.js';

/** Of every read model: wait until it knows your own write. */
export class AtLeastQuery {
  @PositionText({
    optional: true,
    description: 'Kosh-Position of your own write: the answer waits until it is in it, 5 s at most.',
  })
  readonly atLeast?: string;
}

export class KnownAtQuery extends AtLeastQuery {
  @KnownAt({
    optional: true,
    description:
      'As it was known then: a position of the log, or a moment. The same position gives the same bytes.',
  })
  readonly knownAt?: string;
}

/** From which position of the log the read models answer. */
@Injectable()
export class ReadModels {
  constructor(private readonly pool: Pool) {}

  /**
   * Waits for `atLeast`, and says in the headers from which position is answered and how far behind the
   * log that is.
   */
  async asKnown(names: readonly string[], query: KnownAtQuery, reply: FastifyReply): Promise<AsKnown> {
    if (query.atLeast !== undefined) await waitFor(this.pool, names, Number(query.atLeast));
    const known = await resolveKnownAt(this.pool, names, query.knownAt).catch((error: unknown) => {
      if (!(error instanceof KnownAtInvalid)) throw error;
      throw invalid([{ pointer: '?knownAt', code: 'not-a-moment', detail: error.message }]);
    });
    void reply.headers({
      'Kosh-Position': String(known.position),
      'Kosh-Recorded-At': known.recordedAt ?? 'never',
      'Kosh-Behind': String(known.behind),
    });
    return known;
  }
}

/** A route that reads. `example` is what it may answer; `problems` are those of few routes that it may answer, too. */
export function Reads(
  summary: string,
  example: unknown,
  problems: readonly ProblemCode[] = [],
): MethodDecorator {
  return applyDecorators(
    ApiBearerAuth(),
    ApiOperation({ summary }),
    ApiOkResponse({
      description: 'Read.',
      headers: {
        'Kosh-Position': { description: 'The answer holds the log up to here.', schema: { type: 'string' } },
        'Kosh-Recorded-At': { description: 'When that was recorded.', schema: { type: 'string' } },
        'Kosh-Behind': {
          description: 'Events of the log that are not in the answer yet.',
          schema: { type: 'string' },
        },
      },
      content: { 'application/json': { schema: { type: 'object' }, example } },
    }),
    ProblemResponses('read', [], problems),
  );
}
