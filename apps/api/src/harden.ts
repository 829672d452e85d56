import { Readable } from 'node:stream';
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
import { throwAwayRest } from './unread-body.js';

/** What holds for every request, whatever its route: headers, body, rate, and the line in the log. */
export async function harden(app: NestFastifyApplication, settings: Settings, routes: Routes): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    try {
      mustBePlain(request);
      // Many programs name the type of a body also where there is none.
      done(null, bytes.length === 0 ? undefined : parseBody(Buffer.from(bytes)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  server.addHook('onRequest', async (request, reply) => headersOf(settings, request, reply));
  app.get(Shedding).guard(server);
  server.addHook('onRequest', async (request) => {
    if (request.is404) noRoute(request, routes);
  });
  server.addHook('onSend', async (request, _, payload) => {
    await throwAwayRest(request.raw);
    if (request.method !== 'HEAD' || !(payload instanceof Readable)) return payload;
    // What nobody reads is not fetched either.
    payload.destroy();
    return Readable.from([]);
  });
  writeDown(app);
  await app.register(helmet, {
    // Among the headers of every answer: it would be put together anew for each, at a twentieth of the whole work.
    contentSecurityPolicy: false,
    strictTransportSecurity: settings.mode === 'production',
  });
  if (settings.requestsPerMinuteMax > 0) await limit(app, settings.requestsPerMinuteMax);
}

/** Nothing but the pages under /docs is a page; those have styles and pictures of their own. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";
const DOCS =
  "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'; " +
  "script-src 'self'; script-src-attr 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** What every answer says, also to what is refused before it has a route. */
export function headersOf({ mode }: Settings, request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({
    'X-Request-Id': request.id,
    'Cache-Control': 'no-store',
    'Content-Security-Policy': request.url.startsWith('/docs') ? DOCS : NO_PAGE,
    ...(mode === 'local' && { 'Kosh-Mode': 'local' }),
  });
}

/** In UTF-8, and not packed: bodies are small, and an unpacker could be made to do more than it would save. */
function mustBePlain({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    const detail = `The body is said to be in ${shown(charset)}. Send JSON in UTF-8.`;
    throw new Problem('unsupported-media-type', detail);
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new Problem(
    'unsupported-media-type',
    `The body is packed (Content-Encoding: ${shown(encoding)}). Send it as it is, without that header.`,
    { headers: { 'Accept-Encoding': 'identity' } },
  );
}

/** What the router did not find may be there for another method. */
function noRoute({ method, url }: FastifyRequest, routes: Routes): never {
  const allowed = routes.methodsOf(url.split('?')[0] ?? '');
  if (allowed.length === 0) {
    throw new Problem('not-found', 'There is nothing at this address. /docs lists the routes.');
  }
  const methods = allowed.filter((one) => one !== 'HEAD').join(' or ');
  throw new Problem('method-not-allowed', `There is no ${method} here: use ${methods}.`, {
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
