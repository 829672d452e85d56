import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import { PROBLEMS } from '../problem-codes.js';

class FaultAnswer {
  @ApiProperty({ example: '#/placeFled/country' }) readonly pointer!: string;
  @ApiProperty({ example: 'country-unknown' }) readonly code!: string;
  @ApiProperty({ example: '"Chechnya" is not a country code. Use RUS with area RU-CE.' })
  readonly detail!: string;
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
    example: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-26' }],
    description: 'Of a refusal: the events of the record that stand against it.',
  })
  readonly contradicts?: object[];
}

/** The problems that a route may answer, by status, with their codes. */
export function ProblemResponses(...statuses: readonly number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: status === 409 ? 'Refused by a rule; `code` says which.' : codes(status),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemAnswer' } } },
      }),
    ),
  );
}

function codes(status: number): string {
  return Object.entries(PROBLEMS)
    .filter(([, kind]) => kind.status === status)
    .map(([code, { title }]) => `\`${code}\`: ${title}.`)
    .join(' ');
}
