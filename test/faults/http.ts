import { Agent, request as httpRequest } from 'node:http';
import type { Phase } from './journal.js';
import type { Json } from '../support/stack.js';

export type Answer = Readonly<{ status: number; body: Json; retryAfterMs: number; repeated: boolean }>;

type Ended = Exclude<Phase, { phase: 'asked' }>;

export type Sending = Readonly<{
  method: string;
  token: string;
  timeoutMs: number;
  body?: unknown;
  key?: string;
  ifMatch?: number;
  /** RFC 9218: who can wait says so. */
  background?: boolean;
}>;

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: 'fifo' });

/** One request. Throws where there is no answer, or none in time: the connection is then destroyed. */
export function send(url: string, sending: Sending): Promise<Answer> {
  const { method, token, timeoutMs, body, key, ifMatch, background } = sending;
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = httpRequest(
      url,
      {
        method,
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          ...(payload !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
          }),
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(background && { priority: 'u=7' }),
          ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('aborted', () => fail(Object.assign(new Error('cut off'), { code: 'ECONNRESET' })));
        response.on('end', () => {
          clearTimeout(timer);
          try {
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json,
              repeated: response.headers['idempotent-replayed'] === 'true',
              retryAfterMs: Number(response.headers['retry-after'] ?? 0.03) * 1_000,
            });
          } catch (error) {
            fail(error);
          }
        });
      },
    );
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }));
    }, timeoutMs);
    function fail(error: unknown): void {
      clearTimeout(timer);
      reject(error instanceof Error ? error : new Error(String(error)));
    }
    request.on('error', fail);
    request.end(payload);
  });
}

/** Of the problem; the status where it has none. */
export function codeOf({ status, body: { code } }: Answer): string {
  return typeof code === 'string' ? code : String(status);
}

/** What a write was answered, as a journal has it; `category` is the addressed stream's. */
export function receiptOf({ status, body, repeated }: Answer, category: string): Ended {
  const { id, version, position, hash } = body;
  return {
    phase: 'receipt',
    receipt: {
      outcome: status === 200 ? 'already-true' : repeated ? 'repeated' : 'recorded',
      stream: `${category}-${String(id)}`,
      version: Number(version),
      position: Number(position),
      hash: String(hash),
    },
  };
}
