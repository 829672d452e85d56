import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { todayIn } from '#reference';
import { mustAskNothing } from '../body/no-query.js';
import { Problem } from '../problem.js';
import { Settings } from '../settings.js';
import { remember } from './caller.js';
import { decide, OPEN, POLICY } from './policy.js';
import { Tokens } from './tokens.js';

/** Stands before every route: a valid token, a role that the policy grants the route to, no stray query. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly settings: Settings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // Whoever may read something may ask for its head.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = `${method} ${request.routeOptions.url}`;
    if (OPEN.includes(route)) return true;
    const { actor, office, roles } = await this.tokens.verify(request.headers.authorization);
    const grant = decide(route, roles);
    if (!grant) {
      const held = roles.length > 0 ? roles.join(', ') : 'none';
      const wanted = Object.keys(POLICY[route] ?? {}).join(' or ');
      throw new Problem('forbidden', `${route} is for ${wanted}. Your roles: ${held}.`);
    }
    mustAskNothing(context);
    const today = todayIn(this.settings.timeZone, new Date());
    remember(request, { actor, office, today, requestId: request.id, ...grant });
    return true;
  }
}
