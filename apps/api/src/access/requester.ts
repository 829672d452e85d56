import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type By as StoredBy, canonical } from '#event-store';
import { Problem } from '../problem.js';
import { traceparentOf } from '../request-id.js';
import { type Caller, mustBeKnown } from './caller.js';

/**
 * Who asks for a write, under which key: `transact` takes it as it is. `now` is the moment of asking, in
 * UTC.
 */
export type Requester = StoredBy & Pick<Caller, 'today'> & Readonly<{ now: string }>;

/** The requester, as a parameter of a route that writes. Needs the header Idempotency-Key. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Requester =>
  requesterOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Throws `idempotency-key-missing` or `bad-header`. */
export function requesterOf(request: FastifyRequest): Requester {
  const { actor, office, scope, today, requestId } = mustBeKnown(request);
  const ifMatch = versionOf(request.headers['if-match']);
  const traceparent = traceparentOf(request);
  return {
    actor,
    office,
    scope,
    today,
    now: new Date().toISOString(),
    key: keyOf(request.headers['idempotency-key']),
    fingerprint: fingerprintOf(request),
    correlationId: requestId,
    ...(ifMatch !== undefined && { ifMatch }),
    ...(traceparent && { traceparent }),
  };
}

/** 1 to 255 visible ASCII characters, as a structured-field string (in double quotes) or bare. */
function keyOf(header: string | string[] | undefined): string {
  if (header === undefined || header === '') {
    throw new Problem('idempotency-key-missing', 'Send a new Idempotency-Key with every new write.');
  }
  const key = String(header).replace(/^"(.*)"$/, '$1');
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(
    'bad-header',
    'Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.',
  );
}

function versionOf(header: string | undefined): number | undefined {
  // Whatever there is (RFC 9110, 13.1.1): a record that is not there is answered 404 anyway.
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:"([1-9]\d{0,8})"|([1-9]\d{0,8}))$/.exec(header.trim());
  if (version) return Number(version[1] ?? version[2]);
  throw new Problem(
    'bad-header',
    'If-Match must be one version, such as "7": the ETag of the record. Or *: any version.',
  );
}

/** The same request is the same bytes, in whatever order its members were sent. */
function fingerprintOf({ method, url, body }: FastifyRequest): Buffer {
  return createHash('sha256')
    .update(canonical([method, url.split('?')[0], body ?? null]))
    .digest();
}
