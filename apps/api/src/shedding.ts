import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { PROBLEMS } from './problem-codes.js';
import { traceIdOf } from './request-id.js';
import { Settings } from './settings.js';

/** How often it is looked how the process is. */
const LOOK_MS = 250;
/** Requests that wait for a connection so long mean that there are too few for what is asked. */
const POOL_WAIT_MS = 1_000;
/** With fewer under way a slow turn of the event loop is not from too many requests. */
const FEW = 32;
/** Requests of the background under way at a time: one more would take from the others what it waits for. */
const BACKGROUND_MAX = 1;
const BACKGROUND_LOOP_DELAY_MS = 20;

/** Whoever is refused comes again after a second, or later where so many more were refused in the last one. */
const REFUSED_PER_SECOND = 50;
const RETRY_AFTER_MAX = 30;

const HEALTH = new Set(['/livez', '/readyz', '/metrics']);

type Taken = { readonly background: boolean; isAnswered: boolean; isLeft: boolean };

/**
 * Refuses what would only wait: more requests than this process can answer soon are told so at once, so that those that
 * are taken stay quick and nothing queues without a limit. Whoever says that he can wait (RFC 9218, `Priority: u=7`, as a
 * bulk load does) is the first to be refused.
 */
@Injectable()
export class Shedding {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });
  private readonly taken = new Map<FastifyRequest, Taken>();
  /** Those of each connection. */
  private readonly connections = new WeakMap<Socket, Set<FastifyRequest>>();
  private readonly timer: NodeJS.Timeout;
  private background = 0;
  private loopDelayMs = 0;
  private poolWaitsMs = 0;
  private refused = 0;
  /** In the last second, about. */
  private refusedLast = 0;

  constructor(
    private readonly settings: Settings,
    private readonly pool: Pool,
  ) {
    this.delay.enable();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** To be called before any other hook: what is refused costs no more than the refusal. */
  guard(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      const why = this.take(request);
      if (why === undefined) done();
      else this.refuse(why, request, reply);
    });
    server.addHook('onSend', async (request) => this.know(request, { isAnswered: true }));
    server.addHook('onResponse', async (request) => this.end(request));
    server.addHook('onClose', async () => clearInterval(this.timer));
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.taken.size;
  }

  /** Why the request is not taken, where it is not. */
  private take(request: FastifyRequest): string | undefined {
    if (HEALTH.has(request.url)) return undefined;
    const background = /(^|,)\s*u=7\b/.test(String(request.headers['priority'] ?? ''));
    const why = this.whyNot(background);
    if (why !== undefined) return why;
    this.taken.set(request, { background, isAnswered: false, isLeft: false });
    this.ofItsConnection(request).add(request);
    if (background) this.background += 1;
    return undefined;
  }

  /** Neither a request that was read nor an answer that waits for its turn is told when its connection has closed. */
  private ofItsConnection({ socket }: FastifyRequest): Set<FastifyRequest> {
    const known = this.connections.get(socket);
    if (known) return known;
    const all = new Set<FastifyRequest>();
    this.connections.set(socket, all);
    socket.once('close', () => {
      for (const request of all) this.know(request, { isLeft: true });
    });
    return all;
  }

  /** As the filter of all problems would, at a fraction of the work: a refusal must cost less than what it spares. */
  private refuse(why: string, request: FastifyRequest, reply: FastifyReply): void {
    this.refused += 1;
    const { status, title } = PROBLEMS.overloaded;
    const more = Math.floor(this.refusedLast / REFUSED_PER_SECOND);
    void reply
      .status(status)
      .headers({
        'Content-Type': 'application/problem+json',
        'Retry-After': String(Math.min(RETRY_AFTER_MAX, 1 + more)),
      })
      .send(
        JSON.stringify({
          type: '/problems/overloaded',
          title,
          status,
          detail: `${why} Nothing was done.`,
          instance: `urn:uuid:${request.id}`,
          code: 'overloaded',
          traceId: traceIdOf(request),
          errors: [],
        }),
      );
  }

  private whyNot(background: boolean): string | undefined {
    const { requestsInFlightMax, loopDelayMsMax } = this.settings;
    if (this.inFlight >= requestsInFlightMax) return `${requestsInFlightMax} requests are under way.`;
    if (this.inFlight >= FEW && this.loopDelayMs > loopDelayMsMax) return 'This process has too much to do.';
    if (this.poolWaitsMs > POOL_WAIT_MS) return 'Requests wait for the database.';
    const isBusy = this.background >= BACKGROUND_MAX || this.loopDelayMs > BACKGROUND_LOOP_DELAY_MS;
    return background && isBusy ? 'Others come before what can wait.' : undefined;
  }

  /** Whoever has gone away leaves his work behind: it is under way until it has come to an answer, which nobody gets. */
  private know(request: FastifyRequest, more: Partial<Pick<Taken, 'isAnswered' | 'isLeft'>>): void {
    const taken = this.taken.get(request);
    if (!taken) return;
    Object.assign(taken, more);
    if (taken.isAnswered && taken.isLeft) this.end(request);
  }

  private end(request: FastifyRequest): void {
    const taken = this.taken.get(request);
    this.taken.delete(request);
    this.connections.get(request.socket)?.delete(request);
    if (taken?.background) this.background -= 1;
  }

  private look(): void {
    // The mean of all turns since the last look, beyond what the measurement itself waits.
    this.loopDelayMs = Math.max(0, this.delay.mean / 1e6 - 20);
    this.delay.reset();
    this.refusedLast = this.refusedLast * 0.75 + this.refused;
    this.refused = 0;
    this.poolWaitsMs = this.pool.waitingCount > 0 ? this.poolWaitsMs + LOOK_MS : 0;
  }
}
