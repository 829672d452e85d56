import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import { UUID } from './uuid.js';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/;

/** The id that the sender gave in X-Request-Id, if it is a UUID, else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = String(headers['x-request-id']);
  return UUID.test(given) ? given : uuidv7();
}

/** The W3C trace context, if the sender has one. */
export function traceparentOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const given = String(headers['traceparent']);
  return TRACEPARENT.test(given) ? given : undefined;
}

/** The sender's trace, or one made of the request's id, which has as many digits. */
export function traceIdOf(request: Pick<FastifyRequest, 'headers' | 'id'>): string {
  return TRACEPARENT.exec(traceparentOf(request) ?? '')?.[1] ?? request.id.replaceAll('-', '');
}
