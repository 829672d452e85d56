import { describe, expect, it } from '@jest/globals';
import { type Role, ROLES } from '#vault';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decide, OPEN, POLICY } from './policy.js';
import { mustBeInPolicy } from './routes.js';

describe('the policy', () => {
  it('gives no role all that another may do', () => {
    const may = (role: Role) => Object.keys(POLICY).filter((route) => decide(route, [role]));
    const supersets = ROLES.flatMap((one) =>
      ROLES.filter((other) => other !== one && may(other).length > 0)
        .filter((other) => may(other).every((route) => may(one).includes(route)))
        .map((other) => `${one} may do all that ${other} may`),
    );
    expect(supersets).toEqual([]);
  });

  it('gives nothing on a route that it does not have, and nothing without a role', () => {
    expect(decide('DELETE /v1/cases', ROLES)).toBeUndefined();
    expect(decide('GET /v1/cases', [])).toBeUndefined();
  });

  it('of several roles takes the one that sees furthest', () => {
    expect(decide('GET /v1/cases', ['registrar', 'auditor'])).toEqual({
      role: 'auditor',
      scope: 'nation',
      seesPersonalData: false,
    });
  });
});

describe('an API', () => {
  const withRoutes = (...routes: readonly string[]) => {
    const adapter = new FastifyAdapter({ exposeHeadRoutes: false });
    const { check } = mustBeInPolicy(adapter);
    for (const route of routes) {
      const [method = '', url = ''] = route.split(' ');
      adapter.getInstance().route({ method, url, handler: () => ({}) });
    }
    return check;
  };
  const all = [...Object.keys(POLICY), ...OPEN];

  it('starts when every route has a row in the policy', () => {
    expect(withRoutes(...all)).not.toThrow();
  });

  it('does not start with a route that has none', () => {
    expect(withRoutes(...all, 'GET /v1/secrets')).toThrow(/no row in the policy.*GET \/v1\/secrets/);
  });

  it('does not start with a row that has no route', () => {
    expect(withRoutes(...all.slice(1))).toThrow(/have no route/);
  });
});
