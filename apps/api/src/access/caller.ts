import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Day } from '#reference';
import type { Grant } from './policy.js';

/** Who asks: from the token, with what the policy grants on this route. `today` is the agency's day. */
export type Caller = Grant & Readonly<{ actor: string; office: string; today: Day; requestId: string }>;

const callers = new WeakMap<object, Caller>();

/** Set once, by the guard. */
export function remember(request: FastifyRequest, caller: Caller): void {
  callers.set(request.raw, caller);
}

/** Undefined on an open route. */
export function callerOf(request: Pick<FastifyRequest, 'raw'>): Caller | undefined {
  return callers.get(request.raw);
}

/** The caller, as a parameter of a route that reads. */
export const Reader = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return mustBeKnown(context.switchToHttp().getRequest<FastifyRequest>());
});

export function mustBeKnown(request: FastifyRequest): Caller {
  const caller = callerOf(request);
  if (!caller)
    throw new Error('A route that asks for its caller is open to everyone: give it a row in the policy.');
  return caller;
}
