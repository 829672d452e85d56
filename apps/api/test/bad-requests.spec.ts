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
    expect(response.headers.get('allow')).toBe('GET, POST');
    expect(problem.detail).toBe('There is no DELETE here: use GET or POST.');
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
