import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { connect, EventStore, openStore } from '#event-store';
import { BadSettings } from '#running';
import { loadMasterKey, Vault } from '#vault';
import { mustBeInPolicy } from './access/routes.js';
import { Tokens } from './access/tokens.js';
import { AppModule } from './app.module.js';
import { BODY_BYTES_MAX } from './body/parse.js';
import { describeApi } from './describe.js';
import { harden, headersOf } from './harden.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { Readiness, type RelayHere } from './operations/health.controller.js';
import { ProblemsFilter } from './problems.filter.js';
import { requestIdOf } from './request-id.js';
import { Settings } from './settings.js';
import { Shedding } from './shedding.js';

export type Api = Readonly<{
  app: NestFastifyApplication;
  /** Answers the address, such as `http://127.0.0.1:3000`. */
  listen: () => Promise<string>;
  /** Within 10 s: nothing new, what is under way to its end, then the connections to the database. */
  close: () => Promise<void>;
}>;

/** For what is under way when the API is closed; then its connections are cut. */
const DRAIN_MAX_MS = 8_000;

type Dependencies = Readonly<{
  log?: Log;
  /** How the relay is, where the same process runs it, or has none; elsewhere the database tells. */
  relay?: RelayHere;
}>;

/**
 * The API, ready to listen. The database must be migrated. Throws `BadSettings`, `WrongMasterKey` or
 * `UnsafeSecret`.
 */
export async function createApi(settings: Settings, deps: Dependencies = {}): Promise<Api> {
  const log = deps.log ?? Log.to(settings.logLevel);
  const onAppend = (seconds: number) => metrics.appendEnded(seconds);
  const opened = openStore(settings.databaseUrl, { onAppend, readers: settings.readersMax });
  const { store, pool } = opened;
  // Whether it is ready must be told also when all others wait for a connection.
  const healthPool = connect(settings.databaseUrl, 'kosh_api', { max: 1, applicationName: 'kosh-health' });
  const closeStore = () => Promise.all([opened.close(), healthPool.end()]);
  const metrics = new Metrics(pool);
  const readiness = new Readiness(healthPool, deps.relay);
  try {
    if (settings.mode === 'production') await mustBeOrdinary(pool);
    const app = await build(settings, log, [
      { provide: Settings, useValue: settings },
      { provide: Log, useValue: log },
      { provide: EventStore, useValue: store },
      { provide: Pool, useValue: pool },
      { provide: Metrics, useValue: metrics },
      { provide: Readiness, useValue: readiness },
      { provide: Shedding, useValue: new Shedding(settings, pool) },
      { provide: Vault, useValue: await Vault.open(pool, await loadMasterKey(settings.masterKey)) },
      {
        provide: Tokens,
        useValue: settings.oidc ? Tokens.oidc(settings.oidc) : await Tokens.local(settings.dataDir),
      },
    ]);
    const { host, port } = settings;
    return {
      app,
      listen: () => app.getHttpAdapter().getInstance().listen({ host, port }),
      async close() {
        readiness.drain();
        await drained(app);
        await closeStore();
      },
    };
  } catch (error) {
    await closeStore();
    throw error;
  }
}

/** A superuser could change the log. Throws `BadSettings`. */
async function mustBeOrdinary(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ rolsuper: boolean }>(
    'select rolsuper from pg_roles where rolname = session_user',
  );
  if (rows[0]?.rolsuper === false) return;
  throw new BadSettings(['DATABASE_URL logs in as a superuser: use the login that `kosh migrate` makes.']);
}

/** Each connection is closed when its answer is given, and all that are left when time is up. */
async function drained(app: NestFastifyApplication): Promise<void> {
  const server: Server = app.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MAX_MS);
  await app.close();
  clearInterval(sweep);
  clearTimeout(cut);
}

async function build(
  settings: Settings,
  log: Log,
  opened: Parameters<typeof AppModule.with>[0],
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    logger: false,
    genReqId: requestIdOf,
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    // What is refused before there is a route, such as a malformed address.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      headersOf(settings, request, reply);
      new ProblemsFilter(log).answer(error, request, reply);
    },
  });
  const routes = mustBeInPolicy(adapter);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(opened), adapter, {
    logger: log,
    bodyParser: false,
  });
  await harden(app, settings, routes);
  describeApi(app, settings);
  await app.init();
  await adapter.getInstance().ready();
  routes.check();
  return app;
}
