import { applyDecorators, UseInterceptors } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import { ProblemResponses } from './problems.js';
import { ReceiptAnswer, ReceiptInterceptor } from './receipt.js';

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

/** A route that records what happened, and answers a receipt. `summary` says what is recorded. */
export function Records(summary: string, answer: new () => object = ReceiptAnswer): MethodDecorator {
  const response: ApiResponseOptions = { type: answer, headers: HEADERS, description: 'Recorded.' };
  return applyDecorators(
    UseInterceptors(ReceiptInterceptor),
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
    ApiCreatedResponse(response),
    ApiOkResponse({ ...response, description: 'Already so; nothing was recorded.' }),
    ProblemResponses(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 503),
  );
}
