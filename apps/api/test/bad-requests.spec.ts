import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { connect, head } from '#event-store';
import type { Role } from '#vault';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { BODY_BYTES_MAX } from '../src/body/parse.js';
import { CHANGES, ESTIMATES, FLIGHTS, REGISTRATIONS } from './bad-commands.js';
import { type Bad, BODIES, HEADERS, raw, READS } from './bad-requests.js';
import { AHMAD, JEDDAH_ALMATY, OVER_4000 } from './requests.js';

let stack: Stack;
let caller: Caller;
let pool: ReturnType<typeof connect>;
const ids = new Map([['absent', uuidv7()]]);

beforeAll(async () => {
  stack = await startStack();
  pool = connect(stack.databaseUrl, 'kosh_api');
  caller = await stack.as(['registrar', 'flight-coordinator', 'analyst']);
  ids.set('case', (await caller.did('/cases', AHMAD)).id);
  ids.set('flight', (await caller.did('/flights', JEDDAH_ALMATY)).id);
  ids.set('estimate', (await caller.did('/estimates', OVER_4000)).id);
});
afterAll(async () => {
  await pool?.end();
  await stack?.close();
});

describe.each([
  ['body', BODIES],
  ['header', HEADERS],
  ['registration', REGISTRATIONS],
  ['change of a case', CHANGES],
  ['flight', FLIGHTS],
  ['estimate', ESTIMATES],
  ['reading', READS],
])('a malformed %s', (_, table) => {
  it.each(table)(
    '(%s) is a clear problem, and nothing is written',
    async (...[, request, body, answer, headers]: Bad) => {
      const { position: before } = await head(pool);
      const { response, problem } = await send(request, body, headers);
      const { status, code, errors, detail, type, instance } = problem;
      const pointed = errors.map((fault) =>
        status === 422 ? `422 ${fault.pointer} ${fault.code}` : `${status} ${code} ${fault.pointer}`,
      );
      expect([`${status} ${code}`, ...pointed]).toContain(answer);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toMatch('application/problem+json');
      expect(type).toBe(`/problems/${code}`);
      expect(instance).toBe(`urn:uuid:${response.headers.get('x-request-id')}`);
      expect(detail).toMatch(/\w/);
      expect((await head(pool)).position).toBe(before);
    },
  );
});

describe('a problem', () => {
  it('suggests Russia with the area of Chechnya to whoever writes "Chechnya" for a country', async () => {
    const { problem } = await send('POST /cases', { ...AHMAD, citizenship: 'Chechnya' });
    expect(problem.detail).toMatch(/RUS.*RU-CE/);
  });

  it('of an airport names the one that was perhaps meant, or how one is added', async () => {
    const { problem } = await send('POST /flights', { ...JEDDAH_ALMATY, from: 'Jeddah', to: 'QQQ' });
    expect(problem.errors).toMatchObject([
      { pointer: '#/from', detail: '"Jeddah" is not the code of an airport. Did you mean JED (Jeddah)?' },
      { pointer: '#/to', detail: expect.stringContaining('have it added to the list') },
    ]);
  });

  it.each([
    ['1000-01-01', /^Expected a date of the Gregorian calendar, from 1583 to 9999, found "1000-01-01"\./],
    ['1340', /Convert a date of another calendar/],
    ['1998-02-30', /^There is no "1998-02-30" in the calendar\./],
  ])('of the date %s says what is taken', async (registeredOn, says) => {
    const { problem } = await send('POST /cases', { ...AHMAD, registeredOn });
    expect(problem.errors).toMatchObject([{ detail: expect.stringMatching(says) }]);
  });

  it('of an area of Kazakhstan names those that there are', async () => {
    const { problem } = await send('POST /cases', { ...AHMAD, region: 'KZ-99' });
    expect(problem.detail).toMatch(/Those of that country are .*KZ-75/);
  });

  it('of two years of birth names both fields', async () => {
    const person = { ...AHMAD.person, birth: { date: '1962-03-21' } };
    const { problem } = await send('POST /cases', { ...AHMAD, person });
    expect(problem).toMatchObject({ facts: { birthYear: 1961, bornIn: 1962 } });
    expect(problem.detail).toContain('birthYear 1961, and person.birth.date is of 1962');
  });

  it('names every fault at once', async () => {
    const { problem } = await send('POST /cases', {
      ...AHMAD,
      sex: 'x',
      citizenship: 'x',
      registeredOn: 'x',
    });
    const pointers = problem.errors.map(({ pointer }) => pointer);
    expect(pointers.toSorted()).toEqual(['#/citizenship', '#/registeredOn', '#/sex']);
  });

  it('of another method says which there are', async () => {
    const { response, problem } = await send('DELETE /cases', undefined);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(problem.detail).toBe('There is no DELETE here: use GET or POST.');
  });

  it('of an address that is none says where the routes are listed, and of an id what was not found', async () => {
    const detail = async (request: string, body?: object) => (await send(request, body)).problem.detail;
    expect(await detail('GET /households')).toContain('/docs lists the routes');
    const flight = 'There is no such flight. Check the id; /v1/flights lists them.';
    expect(await detail('GET /flights/:absent')).toBe(flight);
    expect(await detail('GET /flights/:absent/manifest')).toBe(flight);
    expect(await detail('POST /flights/:absent/cancellation', { reasonCode: 'weather' })).toBe(flight);
    expect(await detail('POST /cases/:absent/deaths', { diedOn: '1999' })).toMatch(/^There is no such case/);
  });

  it('of a body tells nothing, other letters and no JSON apart', async () => {
    const detail = async (body: unknown) => (await send('POST /cases', body)).problem.detail;
    expect(await detail(raw(''))).toBe('The body is empty. Send one JSON object.');
    expect(await detail(undefined)).toBe('The body is empty. Send one JSON object.');
    expect(await detail({ bytes: [0x7b, 0xff, 0x7d] })).toBe('The body is not UTF-8. Send JSON in UTF-8.');
    expect(await detail(raw('{"sex":'))).toBe('The body is not JSON: look near the end.');
    expect(await detail(raw('{"sex":M}'))).toMatch(
      /^The body is not JSON: look (near position 7|for a misplaced "M")\.$/,
    );
    expect(await detail(raw('{"sex" "M"}'))).toBe('The body is not JSON: look near position 7.');
  });

  it('of a token is told from one of no token (RFC 6750)', async () => {
    const asked = async (authorization: string | undefined) => {
      const { response, problem } = await send('GET /cases', undefined, { authorization });
      return [response.headers.get('www-authenticate'), problem.detail];
    };
    const none = ['Bearer realm="kosh"', expect.stringMatching(/^There is no token/)];
    expect(await asked(undefined)).toEqual(none);
    expect(await asked('Basic eDp5')).toEqual(none);
    const wrong = 'Bearer realm="kosh", error="invalid_token"';
    expect(await asked('Bearer abc')).toEqual([wrong, expect.stringMatching(/^The token is no JWT/)]);
    expect(await asked('Bearer a.b.c')).toEqual([
      wrong,
      expect.stringMatching(/^The token is not valid here/),
    ]);
  });

  it('of a report to come says up to where it can be asked', async () => {
    const { problem } = await send('GET /reports/population?knownAt=999999', undefined);
    expect(problem.detail).toMatch(/Ask for that position or an earlier one, or leave knownAt out\.$/);
  });

  it('names a query where none is taken', async () => {
    const { problem } = await send('GET /audit/verification?x=1', undefined, await as('auditor'));
    expect(problem.errors).toMatchObject([{ pointer: '?x', code: 'unknown-field' }]);
  });

  it.each([
    ['a body of 2 MB', '/cases', { 'content-type': 'application/json' }, '413'],
    ['another type', '/cases', { 'content-type': 'text/plain' }, '415'],
    ['no route', '/households', { 'content-type': 'application/json' }, '404'],
  ])('can be read by a client that sends all before it reads: %s', async (_, path, headers, status) => {
    const bytes = Buffer.alloc(2 * 1_024 * 1_024, 'x');
    expect(await sendAllThenRead(path, headers, bytes)).toMatch(`HTTP/1.1 ${status} `);
  });

  it('of a packed body names the header', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    const { response, problem } = await send('POST /cases', AHMAD, gzip);
    expect(problem.detail).toContain('Content-Encoding: "gzip"');
    expect(response.headers.get('accept-encoding')).toBe('identity');
    expect((await send('POST /cases', AHMAD, { 'content-encoding': 'identity' })).response.status).toBe(201);
  });

  it('of a large body says how much there may be', async () => {
    const { problem } = await send('POST /cases', { note: 'x'.repeat(BODY_BYTES_MAX) });
    expect(problem.detail).toContain(`${BODY_BYTES_MAX / 1_024} KiB`);
  });

  it('of another role says whose it is, and which the caller has', async () => {
    const { problem } = await send('POST /encounters', {}, await as('analyst', 'auditor'));
    expect(problem.detail).toBe(
      'POST /v1/encounters is for registrar or caseworker. Your roles: analyst, auditor.',
    );
  });

  it('leads to a page that says cause and cure', async () => {
    const { problem } = await send('POST /cases', raw('{'));
    const page = await fetch(`${stack.url}${problem.type}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('What to do');
  });
});

/** As Python's urllib does: a plain socket, on which nothing is read before everything is written. */
async function sendAllThenRead(path: string, headers: object, body: Buffer): Promise<string> {
  const { hostname, port } = new URL(stack.url);
  const socket = connectTo(Number(port), hostname).pause();
  const head = Object.entries({
    host: hostname,
    authorization: `Bearer ${caller.token}`,
    'idempotency-key': uuidv7(),
    'content-length': body.length,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(`POST /v1${path} HTTP/1.1\r\n${head.join('')}\r\n`);
    const rest = (at: number) => {
      if (at >= body.length) resolve();
      else socket.write(body.subarray(at, at + 65_536), () => setTimeout(rest, 2, at + 65_536));
    };
    rest(0);
  });
  const answer: readonly unknown[] = await once(socket.resume(), 'data');
  socket.destroy();
  return String(answer[0]);
}

type Problem = Readonly<{
  type: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors: readonly { pointer: string; code: string }[];
}>;

async function as(...roles: readonly Role[]): Promise<Bad[4]> {
  return { authorization: `Bearer ${(await stack.as(roles)).token}` };
}

async function send(request: string, body: unknown, headers: Bad[4] = {}) {
  const [method = '', path = ''] = request.split(' ');
  const all = {
    authorization: `Bearer ${caller.token}`,
    'idempotency-key': uuidv7(),
    'content-type': body === undefined ? undefined : 'application/json',
    ...headers,
  };
  const response = await fetch(`${stack.url}/v1${withIds(path)}`, {
    method,
    headers: Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
    ...(body !== undefined && { body: bytesOf(body) }),
  });
  return { response, problem: (await response.json()) as Problem };
}

function withIds(text: string): string {
  return text.replaceAll(/:(case|flight|estimate|absent)\b/g, (_, name: string) => ids.get(name) ?? '');
}

function bytesOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'object' && body !== null && 'raw' in body) return String(body.raw);
  if (typeof body === 'object' && body !== null && 'bytes' in body)
    return Uint8Array.from(body.bytes as number[]);
  return withIds(JSON.stringify(body));
}
