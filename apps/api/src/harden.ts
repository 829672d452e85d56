import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { callerOf } from './access/caller.js';
import { parseBody } from './body/parse.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import type { Settings } from './settings.js';

/** What holds for every request, whatever its route: headers, body, rate, and the line in the log. */
export async function harden(app: NestFastifyApplication, settings: Settings): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, bytes, done) => {
    try {
      done(null, parseBody(Buffer.from(bytes)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Request-Id', request.id);
    void reply.header('Cache-Control', 'no-store');
    if (settings.mode === 'local') void reply.header('Kosh-Mode', 'local');
  });
  writeDown(app);
  await app.register(helmet, {
    // The pages under /docs have styles and pictures of their own; nothing else is a page.
    contentSecurityPolicy: {
      directives: { styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'] },
    },
    strictTransportSecurity: settings.mode === 'production',
  });
  if (settings.requestsPerMinuteMax > 0) await limit(app, settings.requestsPerMinuteMax);
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
