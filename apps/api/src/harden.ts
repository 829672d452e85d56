import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from './access/caller.js';
import type { Routes } from './access/routes.js';
import { shown } from './body/field.js';
import { parseBody } from './body/parse.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import { traceIdOf } from './request-id.js';
import type { Settings } from './settings.js';
import { Shedding } from './shedding.js';

/** What holds for every request, whatever its route: headers, body, rate, and the line in the log. */
export async function harden(app: NestFastifyApplication, settings: Settings, routes: Routes): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    try {
      mustBePlain(request);
      // Many programs name the type of a body on DELETE too, where there is none.
      const isNone = request.method === 'DELETE' && bytes.length === 0;
      done(null, isNone ? undefined : parseBody(Buffer.from(bytes)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  server.addHook('onRequest', async (request, reply) => headersOf(settings, request, reply));
  app.get(Shedding).guard(server);
  server.addHook('onRequest', async (request) => {
    if (request.is404) mustBeNoRoute(request, routes);
  });
  writeDown(app);
  await app.register(helmet, {
    // The pages under /docs have styles and pictures of their own; nothing else is a page.
    contentSecurityPolicy: {
      directives: {
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        upgradeInsecureRequests: settings.mode === 'production' ? [] : null,
      },
    },
    strictTransportSecurity: settings.mode === 'production',
  });
  if (settings.requestsPerMinuteMax > 0) await limit(app, settings.requestsPerMinuteMax);
}

/** What every answer says, also to what is refused before it has a route. */
export function headersOf({ mode }: Settings, request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({
    'X-Request-Id': request.id,
    'Cache-Control': 'no-store',
    ...(mode === 'local' && { 'Kosh-Mode': 'local' }),
  });
}

/** Bodies are small: what an unpacker could be made to do is not worth what it would save. */
function mustBePlain({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new Problem(
    'unsupported-media-type',
    `The body is packed (Content-Encoding: ${shown(encoding)}). Send it as it is, without that header.`,
    { headers: { 'Accept-Encoding': 'identity' } },
  );
}

/** What the router did not find may be there for another method. */
function mustBeNoRoute({ method, url }: FastifyRequest, routes: Routes): void {
  const allowed = routes.methodsOf(url.split('?')[0] ?? '');
  if (allowed.length === 0) return;
  throw new Problem('method-not-allowed', `There is no ${method} here: use ${allowed.join(' or ')}.`, {
    headers: { Allow: allowed.join(', ') },
  });
}

/** One line and one measurement per request, when it is answered. */
function writeDown(app: NestFastifyApplication): void {
  const [log, metrics] = [app.get(Log), app.get(Metrics)];
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', async (request, reply) => {
      const { actor, role } = callerOf(request) ?? {};
      const line = {
        requestId: request.id,
        traceId: traceIdOf(request),
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      };
      log.request({ ...line, actor, role });
      metrics.request(line);
    });
}

/** Per token, so that colleagues behind one address do not wait for each other; without one, per address. */
async function limit(app: NestFastifyApplication, max: number): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: '1 minute',
    keyGenerator: ({ headers, ip }) => headers.authorization ?? ip,
    allowList: ({ url }) => ['/livez', '/readyz', '/metrics'].includes(url ?? ''),
    errorResponseBuilder: () => new Problem('too-many-requests', `At most ${max} requests a minute.`),
  });
}
