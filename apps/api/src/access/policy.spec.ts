import { describe, expect, it } from '@jest/globals';
import { type Role, ROLES } from '#vault';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { decide, OPEN, POLICY, reachOf } from './policy.js';
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

  it('shows a registrar who is also an auditor every file, and names in those of the own office', () => {
    const grant = decide('GET /v1/cases/:id', ['auditor', 'registrar']);
    expect(grant).toEqual({ role: 'registrar+auditor', scope: 'nation', personalData: 'office' });
    const reach = (isOwnOffice: boolean) => grant && reachOf(grant, isOwnOffice);
    expect(reach(true)).toEqual({ file: true, personalData: true });
    expect(reach(false)).toEqual({ file: true, personalData: false });
  });

  it('gives several roles all that one of them may, in each office, and nothing that none may', () => {
    const reach = (route: string, roles: readonly Role[], isOwnOffice: boolean) => {
      const grant = decide(route, roles);
      return grant ? reachOf(grant, isOwnOffice) : { file: false, personalData: false };
    };
    for (const route of Object.keys(POLICY)) {
      for (const roles of combinations(ROLES)) {
        for (const isOwnOffice of [true, false]) {
          const each = roles.map((role) => reach(route, [role], isOwnOffice));
          expect({ route, roles, isOwnOffice, ...reach(route, roles, isOwnOffice) }).toEqual({
            route,
            roles,
            isOwnOffice,
            file: each.some(({ file }) => file),
            personalData: each.some(({ personalData }) => personalData),
          });
        }
      }
    }
  });
});

/** Every set of some of them, also the empty one. */
function combinations(roles: readonly Role[]): Role[][] {
  return roles.reduce<Role[][]>((sets, role) => sets.flatMap((set) => [set, [...set, role]]), [[]]);
}

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
