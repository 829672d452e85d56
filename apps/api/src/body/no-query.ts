import type { ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { invalid, UNKNOWN_FIELD } from './validation.js';

/**
 * Throws `validation-failed` where a query comes to a route that takes none. The class of a query refuses
 * what it does not know, but a route without one never looks.
 */
export function mustAskNothing(context: ExecutionContext): void {
  const { query } = context.switchToHttp().getRequest<FastifyRequest>();
  const names = Object.keys(query ?? {});
  if (names.length === 0 || takesQuery(context)) return;
  throw invalid(names.map((name) => ({ pointer: `?${name}`, ...UNKNOWN_FIELD })));
}

function takesQuery(context: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
