import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { connect, head } from '#event-store';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
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
