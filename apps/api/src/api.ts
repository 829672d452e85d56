import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { EventStore, openStore } from '#event-store';
import { loadMasterKey, Vault } from '#vault';
import { mustBeInPolicy } from './access/routes.js';
import { Tokens } from './access/tokens.js';
import { AppModule } from './app.module.js';
import { BODY_BYTES_MAX } from './body/parse.js';
import { describeApi } from './describe.js';
import { harden } from './harden.js';
import { Log } from './log.js';
import { Readiness } from './operations/health.controller.js';
import { ProblemsFilter } from './problems.filter.js';
import { requestIdOf } from './request-id.js';
import { Settings } from './settings.js';

export type Api = Readonly<{
  app: NestFastifyApplication;
  /** Answers the address, such as `http://127.0.0.1:3000`. */
  listen: () => Promise<string>;
  /** Within 10 s: nothing new, what is under way to its end, then the connections to the database. */
  close: () => Promise<void>;
}>;

/** For what is under way when the API is closed; then its connections are cut. */
const DRAIN_MAX_MS = 8_000;

/** The API, ready to listen. The database must be migrated. Throws where the vault has another master key. */
export async function createApi(settings: Settings, deps: { log?: Log } = {}): Promise<Api> {
  const log = deps.log ?? Log.to(settings.logLevel);
  const { store, pool, close: closeStore } = openStore(settings.databaseUrl);
  try {
    const app = await build(settings, log, [
      { provide: Settings, useValue: settings },
      { provide: Log, useValue: log },
      { provide: EventStore, useValue: store },
      { provide: Pool, useValue: pool },
      { provide: Vault, useValue: await Vault.open(pool, await loadMasterKey(settings.masterKey)) },
      {
        provide: Tokens,
        useValue: settings.oidc ? Tokens.oidc(settings.oidc) : await Tokens.local(settings.dataDir),
      },
    ]);
    return {
      app,
      async listen() {
        return app.getHttpAdapter().getInstance().listen({ host: settings.host, port: settings.port });
      },
      async close() {
        app.get(Readiness).drain();
        const server: Server = app.getHttpServer();
        const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MAX_MS);
        await app.close();
        clearTimeout(cut);
        await closeStore();
      },
    };
  } catch (error) {
    await closeStore();
    throw error;
  }
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
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    // What is refused before there is a route, such as a malformed address.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      new ProblemsFilter(log).answer(error, request, reply),
  });
  const routes = mustBeInPolicy(adapter);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(opened), adapter, {
    logger: log,
    bodyParser: false,
  });
  await harden(app, settings);
  describeApi(app);
  await app.init();
  await adapter.getInstance().ready();
  routes.check();
  return app;
}
