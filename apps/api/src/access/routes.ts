import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { OPEN, POLICY } from './policy.js';

export type Routes = Readonly<{
  /** Throws where a route has no row in the policy, or a row has no route. */
  check: () => void;
  /** The methods that there are routes for at a path, sorted. */
  methodsOf: (path: string) => readonly string[];
}>;

/** Watches which routes come to be. */
export function mustBeInPolicy(adapter: FastifyAdapter): Routes {
  const routes = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one} ${url}`);
  });
  return {
    methodsOf: (path) =>
      [...routes]
        .map((route) => route.split(' '))
        .filter(([, pattern = '']) => fits(pattern, path))
        .map(([method = '']) => method)
        .toSorted(),
    check() {
      const rows = new Set([...Object.keys(POLICY), ...OPEN]);
      // HEAD is what GET is, without the body.
      const asked = [...routes].filter((route) => !/^HEAD | \/docs\b/.test(route));
      const bare = asked.filter((route) => !rows.has(route));
      const idle = [...rows].filter((row) => !routes.has(row));
      if (bare.length > 0) throw new Error(`These routes have no row in the policy: ${bare.join(', ')}.`);
      if (idle.length > 0) throw new Error(`These rows of the policy have no route: ${idle.join(', ')}.`);
    },
  };
}

/** `/v1/cases/:id` fits every path with something in that place. */
function fits(pattern: string, path: string): boolean {
  const [asked, places] = [path.split('/'), pattern.split('/')];
  return (
    asked.length === places.length &&
    places.every((place, i) => (place.startsWith(':') ? asked[i] !== '' : asked[i] === place))
  );
}
