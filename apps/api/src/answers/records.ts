import { applyDecorators, UseInterceptors } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import type { Receipt } from '#event-store';
import type { RefusalCode } from '../refusal-codes.js';
import { ProblemResponses } from './problems.js';
import { Also, ReceiptAnswer, ReceiptInterceptor } from './receipt.js';

const HEADERS = {
  ETag: {
    description: 'The version of the record, for If-Match.',
    schema: { type: 'string', example: '"1"' },
  },
  Location: { description: 'The record.', schema: { type: 'string', example: '/v1/cases/0192f0c4-…' } },
  'Kosh-Position': {
    description: 'For atLeast, to read your own write.',
    schema: { type: 'string', example: '4711' },
  },
  'Idempotent-Replayed': { description: '`true`: this key was used before.', schema: { type: 'string' } },
};

type Told<Body extends object> = Readonly<{
  /** What it takes, with one whole example that is accepted; none: no body. */
  body?: readonly [type: new () => Body, example: NoInfer<Body>];
  /** What the rules may refuse it with: the description shows each. */
  refusals: readonly RefusalCode[];
  /** What it answers, if that is more than a receipt, and how the rest comes of the command's events. */
  answer?: readonly [type: new () => ReceiptAnswer, also: (events: Receipt['events']) => object];
}>;

/** A route that records what happened, and answers a receipt. `summary` says what is recorded. */
export function Records<Body extends object>(
  summary: string,
  { body, refusals, answer: [type, also] = [ReceiptAnswer, () => ({})] }: Told<Body>,
): MethodDecorator {
  const response: ApiResponseOptions = { type, headers: HEADERS, description: 'Recorded.' };
  return applyDecorators(
    UseInterceptors(ReceiptInterceptor),
    Also(also),
    ApiBearerAuth(),
    ApiOperation({ summary }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: 'A new one for every new request, the same one to repeat a request. Kept for 30 days.',
      schema: { type: 'string', maxLength: 255 },
      example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Record it only if the record is still at this version.',
      schema: { type: 'string' },
      example: '"7"',
    }),
    ...(body ? [ApiBody({ type: body[0], examples: { accepted: { value: body[1] } } })] : []),
    ApiCreatedResponse(response),
    ApiOkResponse({ ...response, description: 'Already so; nothing was recorded.' }),
    ProblemResponses('write', refusals),
  );
}
