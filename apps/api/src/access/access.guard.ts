import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { todayIn } from '#reference';
import { Problem } from '../problem.js';
import { Settings } from '../settings.js';
import { remember } from './caller.js';
import { decide, OPEN, POLICY } from './policy.js';
import { Tokens } from './tokens.js';

/** Stands before every route: a valid token, and a role that the policy grants the route to. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly settings: Settings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = `${request.method} ${request.routeOptions.url}`;
    if (OPEN.includes(route)) return true;
    const { actor, office, roles } = await this.tokens.verify(request.headers.authorization);
    const grant = decide(route, roles);
    if (!grant) {
      const held = roles.length > 0 ? roles.join(', ') : 'none';
      const wanted = Object.keys(POLICY[route] ?? {}).join(' or ');
      throw new Problem('forbidden', `${route} is for ${wanted}. Your roles: ${held}.`);
    }
    const today = todayIn(this.settings.timeZone, new Date());
    remember(request, { actor, office, today, requestId: request.id, ...grant });
    return true;
  }
}
