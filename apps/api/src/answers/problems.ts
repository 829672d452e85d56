import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, type ProblemKind, PROBLEMS } from '../problem-codes.js';
import { type RefusalCode, REFUSALS } from '../refusal-codes.js';

class FaultAnswer {
  @ApiProperty({ example: '#/placeFled/country' }) readonly pointer!: string;
  @ApiProperty({ example: 'country-unknown' }) readonly code!: string;
  @ApiProperty({ example: '"Chechnya" is not a country code. Use RUS with area RU-CE.' })
  readonly detail!: string;
}

class ContradictedAnswer {
  @ApiProperty({ example: 1 }) readonly version!: number;
  @ApiProperty({ example: 'MigrantRegistered' }) readonly type!: string;
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'null' }], example: '1998-06-26' })
  readonly on!: string | null;
}

/** RFC 9457, as everything that goes wrong is answered. */
export class ProblemAnswer {
  @ApiProperty({ example: '/problems/validation-failed', description: 'A page that says cause and cure.' })
  readonly type!: string;
  @ApiProperty({ example: 'The request is not as described' }) readonly title!: string;
  @ApiProperty({ example: 422 }) readonly status!: number;
  @ApiProperty({ example: '#/placeFled/country: "Chechnya" is not a country code. Use RUS with area RU-CE.' })
  readonly detail!: string;
  @ApiProperty({ example: 'urn:uuid:0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01' }) readonly instance!: string;
  @ApiProperty({ example: 'validation-failed', description: 'Stable; for programs.' }) readonly code!: string;
  @ApiProperty({ example: '0192f0c47a107cc39e6b2f1d5c3a8b01' }) readonly traceId!: string;
  @ApiProperty({ type: [FaultAnswer], description: 'Each fault, where the fault is in the request.' })
  readonly errors!: FaultAnswer[];
  @ApiProperty({ required: false, example: { expected: 177 }, description: 'Of a refusal: what to act on.' })
  readonly facts?: object;
  @ApiProperty({
    required: false,
    type: [ContradictedAnswer],
    description: 'Of a refusal: the events of the record that stand against it.',
  })
  readonly contradicts?: ContradictedAnswer[];
}

/** What only a route of one kind answers; the other codes may come from both. */
const ONLY: Readonly<Record<'read' | 'write', readonly ProblemCode[]>> = {
  read: ['known-at-not-settled', 'projection-lagging'],
  write: [
    'malformed-json',
    'idempotency-key-missing',
    'version-conflict',
    'stale-version',
    'payload-too-large',
    'unsupported-media-type',
    'idempotency-key-reused',
    'outcome-unknown',
  ],
};

/** Only of the routes that name them. */
const OF_SOME_ROUTES: readonly ProblemCode[] = ['not-signed-yet', 'not-as-signed'];

/** Not of one route: each may have them, and a description of each would say nothing of it. */
const OF_NO_ROUTE: readonly ProblemCode[] = ['method-not-allowed', 'uri-too-long', 'internal'];

/** The problems that a route may answer, by status, each with an example; `own` are those of few routes. */
export function ProblemResponses(
  kind: 'read' | 'write',
  refusals: readonly RefusalCode[] = [],
  own: readonly ProblemCode[] = [],
): MethodDecorator {
  const others = OF_SOME_ROUTES.filter((code) => !own.includes(code));
  const foreign = [...ONLY[kind === 'read' ? 'write' : 'read'], ...OF_NO_ROUTE, ...others];
  const kinds = new Map<string, ProblemKind>([
    ...Object.entries(PROBLEMS).filter(([code]) => !foreign.some((other) => other === code)),
    ...refusals.map((code) => [code, REFUSALS[code]] as const),
  ]);
  const statuses = new Set([...kinds.values()].map(({ status }) => status));
  return applyDecorators(
    ...[...statuses].map((status) => {
      const those = [...kinds].filter(([, one]) => one.status === status);
      const rule = status === 409 ? 'Refused by a rule; `code` says which. Among them ' : '';
      return ApiResponse({
        status,
        description: rule + those.map(([code, { title }]) => `\`${code}\`: ${title}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/ProblemAnswer' },
            examples: Object.fromEntries(
              those.map(([code]) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      });
    }),
  );
}

const REQUEST = '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b05';

/** A problem of each code, as `components.examples` of the description. */
export function problemExamples(): Record<string, { value: ProblemAnswer }> {
  return Object.fromEntries(
    Object.entries<ProblemKind>({ ...REFUSALS, ...PROBLEMS }).map(([code, { status, title, cause }]) => {
      const value: ProblemAnswer = {
        type: `/problems/${code}`,
        title,
        status,
        detail: cause,
        instance: `urn:uuid:${REQUEST}`,
        code,
        traceId: REQUEST.replaceAll('-', ''),
        errors: [],
        ...TOLD_MORE.get(code),
      };
      return [code, { value }];
    }),
  );
}

const CHECHNYA = '"Chechnya" is not a country code. Use RUS with area RU-CE.';

const UP_TO =
  'The reports know the log up to position 4711, recorded at 1998-06-26T09:12:00.000Z. ' +
  'Ask for that position or an earlier one, or leave knownAt out.';
const BEFORE_LEAVING =
  'The person departed on 1999-03-01 (event 2), so cannot have returned before, in 1999-02. ' +
  'Check both dates.';
const NO_LAW_YET =
  'KZ-1998-ACC is in force from 1999-04-15, and the decision is of 1999-03-01. ' +
  'Then no instrument let AMD give convention-refugee.';

function at(pointer: string, code: string, detail: string): Pick<ProblemAnswer, 'detail' | 'errors'> {
  return { detail, errors: [{ pointer, code, detail }] };
}

/** Where the code alone does not show what such a problem tells. */
const TOLD_MORE: ReadonlyMap<string, Partial<ProblemAnswer>> = new Map<string, Partial<ProblemAnswer>>([
  [
    'validation-failed',
    {
      detail: `#/placeFled/country: ${CHECHNYA}`,
      errors: [{ pointer: '#/placeFled/country', code: 'country-unknown', detail: CHECHNYA }],
    },
  ],
  ['known-at-not-settled', at('?knownAt', 'known-at-not-settled', UP_TO)],
  [
    'would-contradict',
    {
      ...at('#/returnedOn', 'would-contradict', BEFORE_LEAVING),
      contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1999-03-01' }],
    },
  ],
  [
    'framework-not-in-force',
    {
      ...at('#/legalBasis', 'framework-not-in-force', NO_LAW_YET),
      facts: { on: '1999-03-01', from: '1999-04-15', onOffer: [] },
    },
  ],
  [
    'boarded-mismatch',
    {
      detail: '177 boarded, not 178.',
      errors: [{ pointer: '#/onBoard', code: 'boarded-mismatch', detail: '177 boarded, not 178.' }],
      facts: { expected: 177, given: 178 },
    },
  ],
]);
