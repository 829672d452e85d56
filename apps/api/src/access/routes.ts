import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { OPEN, POLICY } from './policy.js';

/**
 * Watches which routes come to be. `check` throws where one has no row in the policy, or a row has no
 * route.
 */
export function mustBeInPolicy(adapter: FastifyAdapter): { check: () => void } {
  const routes = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (!/^\/docs\b/.test(url)) routes.add(`${one} ${url}`);
  });
  return {
    check() {
      const rows = new Set([...Object.keys(POLICY), ...OPEN]);
      const bare = [...routes].filter((route) => !rows.has(route));
      const idle = [...rows].filter((row) => !routes.has(row));
      if (bare.length > 0) throw new Error(`These routes have no row in the policy: ${bare.join(', ')}.`);
      if (idle.length > 0) throw new Error(`These rows of the policy have no route: ${idle.join(', ')}.`);
    },
  };
}
