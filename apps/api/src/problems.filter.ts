import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from '#domain';
import {
  KeyReused,
  NotFound,
  OutcomeUnknown,
  StaleVersion,
  Unavailable,
  VersionConflict,
} from '#event-store';
import { KnownAtNotSettled, StillBehind } from '#projections';
import { Log } from './log.js';
import { Problem } from './problem.js';
import { type ProblemCode, PROBLEMS } from './problem-codes.js';
import { REFUSALS } from './refusal-codes.js';
import { traceIdOf } from './request-id.js';

/** Whatever goes wrong, anywhere, becomes one shape of answer (RFC 9457) here. */
@Catch()
export class ProblemsFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest(), http.getResponse());
  }

  /** Also for what Fastify refuses before it knows a route. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error, request);
    if (problem.code === 'internal') this.log.fault(request.id, error);
    void reply
      .status(problem.status)
      .headers({
        ...problem.headers,
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
      })
      .send(
        JSON.stringify({
          type: `/problems/${problem.code}`,
          title: problem.title,
          status: problem.status,
          detail: problem.detail,
          instance: `urn:uuid:${request.id}`,
          code: problem.code,
          traceId: traceIdOf(request),
          errors: problem.errors,
          facts: problem.facts,
          contradicts: problem.contradicts,
        }),
      );
  }
}

type Answer = Required<Pick<Problem['more'], 'errors' | 'headers'>> &
  Pick<Problem['more'], 'facts' | 'contradicts'> & {
    code: string;
    title: string;
    status: number;
    detail: string;
  };

function problemOf(error: unknown, request: FastifyRequest): Answer {
  if (error instanceof Refused) return refusal(error);
  const { code, message, more } = error instanceof Problem ? error : known(error, request);
  const { status, title } = PROBLEMS[code];
  return { errors: [], headers: {}, ...more, code, title, status, detail: message };
}

const TITLES = new Map(Object.entries(REFUSALS).map(([code, { title }]) => [code, title]));

function refusal({ code, message, details }: Refused): Answer {
  const { pointer, facts, contradicts } = details;
  return {
    code,
    title: TITLES.get(code) ?? 'Refused by a rule',
    status: 409,
    detail: message,
    headers: {},
    errors: pointer === undefined ? [] : [{ pointer: `#${pointer}`, code, detail: message }],
    ...(facts && { facts }),
    ...(contradicts && { contradicts }),
  };
}

const SOON = { 'Retry-After': '1' };
const UNDEFINED_TABLE = '42P01';

function known(error: unknown, { url }: FastifyRequest): Problem {
  if (error instanceof NotFound) return new Problem('not-found', notFound(url));
  if (error instanceof VersionConflict) return new Problem('version-conflict', error.message);
  if (error instanceof KeyReused) return new Problem('idempotency-key-reused', error.message);
  if (error instanceof Unavailable) return new Problem('unavailable', error.message, { headers: SOON });
  if (error instanceof OutcomeUnknown)
    return new Problem('outcome-unknown', error.message, { headers: SOON });
  if (error instanceof StaleVersion) {
    return new Problem('stale-version', error.message, { headers: { ETag: `"${error.actual}"` } });
  }
  if (error instanceof KnownAtNotSettled) return notSettled(error.message);
  if (error instanceof StillBehind)
    return new Problem('projection-lagging', error.message, { headers: SOON });
  if (codeOf(error) === UNDEFINED_TABLE)
    return new Problem('projection-lagging', NOT_MADE, { headers: SOON });
  if (isOutOfReach(error))
    return new Problem('unavailable', 'The database does not answer.', { headers: SOON });
  return byStatus(error);
}

function notSettled(found: string): Problem {
  const detail = `${found} Ask for that position or an earlier one, or leave knownAt out.`;
  const code = 'known-at-not-settled';
  return new Problem(code, detail, { errors: [{ pointer: '?knownAt', code, detail }] });
}

const NOT_MADE = 'This read model has not been made yet. Is a projector running?';
const NOT_FOUND = 'There is no such thing, or it is not for you to see.';

/** Flights and estimates are the whole agency's: nobody is kept from seeing one. */
function notFound(url: string): string {
  if (url.startsWith('/v1/flights/')) return 'There is no such flight. Check the id; /v1/flights lists them.';
  if (url.startsWith('/v1/estimates/')) {
    return 'There is no such estimate. Check the id; /v1/estimates lists them.';
  }
  return 'There is no such case, or it is not for you to see. Check the id.';
}

/** What the framework refuses by itself: it gives a status and no code. */
function byStatus(error: unknown): Problem {
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  const code = STATUS_CODES[status];
  if (code === undefined)
    return new Problem('internal', 'A fault of this service. It was logged under this id.');
  return new Problem(code, code === 'not-found' ? NOT_FOUND : PROBLEMS[code].cure);
}

const STATUS_CODES: Readonly<Record<number, ProblemCode>> = {
  400: 'bad-request',
  404: 'not-found',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  503: 'unavailable',
};

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
}

/** No connection, none free in time, or one that the server ended (classes 08, 53 and 57 of its codes). */
function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('syscall' in error && ['connect', 'read', 'write'].includes(String(error.syscall))) return true;
  if (/^(08|53|57)\w{3}$/.test(codeOf(error))) return true;
  return /^Connection terminated|^timeout exceeded when trying to connect/.test(error.message);
}

/** SQLSTATE, where Postgres gave one. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
