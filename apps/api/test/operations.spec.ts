import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { asyncApi } from '#kafka';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { AHMAD } from './requests.js';
import { OPEN } from '../src/access/policy.js';

let stack: Stack;
let registrar: Caller;
const logged = new PassThrough();

beforeAll(async () => {
  stack = await startStack({ logTo: logged });
  registrar = await stack.as(['registrar']);
});

describe('a running API', () => {
  afterAll(() => stack?.close());

  it('is alive and ready', async () => {
    const [live, ready] = await Promise.all([fetch(`${stack.url}/livez`), fetch(`${stack.url}/readyz`)]);
    expect(live.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ok',
      checks: { accepting: 'ok', database: 'ok', migrations: 'ok' },
    });
  });

  it('is not ready while the database lacks a migration', async () => {
    const admin = new pg.Client(stack.databaseUrl);
    await admin.connect();
    await admin.query('update kosh.migrations set sha256 = reverse(sha256) where number = 1');
    const ready = await fetch(`${stack.url}/readyz`);
    await admin.query('update kosh.migrations set sha256 = reverse(sha256) where number = 1');
    await admin.end();
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'failed', checks: { migrations: 'failed' } });
  });

  it('is degraded, but ready, while events have waited long for Kafka, and takes commands', async () => {
    await registrar.did('/cases', AHMAD);
    const admin = new pg.Client(stack.databaseUrl);
    await admin.connect();
    await admin.query(`insert into road.relay values ('kosh.given-up', 0, 1), ('kosh.events', 0, 7)`);
    expect(await ready()).toMatchObject([
      200,
      { status: 'ok', checks: { relay: 'ok' }, relay: { behind: 1 } },
    ]);
    await admin.query(`update log.events set recorded_at = recorded_at - interval '1 minute'`);
    expect(await ready()).toEqual([
      200,
      {
        status: 'degraded',
        checks: { accepting: 'ok', database: 'ok', migrations: 'ok', relay: 'degraded' },
        relay: { behind: 1, oldestSeconds: expect.any(Number) },
      },
    ]);
    const { position } = await registrar.did('/cases', AHMAD);
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    expect(metrics).toContain(`kosh_outbox_pending ${position}`);
    expect(Number(/^kosh_outbox_oldest_age_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(60);
    await admin.query(`update road.relay set position = $1 where name = 'kosh.events'`, [position]);
    expect(await ready()).toMatchObject([200, { status: 'ok', relay: { behind: 0, oldestSeconds: 0 } }]);
    await admin.query('delete from road.relay');
    await admin.end();
  });

  it('counts what it did, under names that name nobody', async () => {
    await registrar.did('/cases', AHMAD);
    await registrar.post('/cases', { ...AHMAD, arrivedOn: '1998-06-27' });
    await registrar.report('/cases');
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    expect(metrics).toContain('kosh_commands_total{command="RegisterMigrant",outcome="recorded"} 3');
    expect(metrics).toContain(
      'kosh_commands_total{command="RegisterMigrant",outcome="arrival-after-registration"} 1',
    );
    expect(metrics).toContain('kosh_events_appended_total{type="MigrantRegistered"} 3');
    expect(metrics).toContain('kosh_projection_lag_events{projection="cases"} 0');
    expect(metrics).toMatch(
      /kosh_http_request_duration_seconds_count\{method="POST",route="\/v1\/cases",status="201"\} 3/,
    );
    expect(metrics).toContain('kosh_projection_lag_seconds{projection="cases"} 0');
    expect(metrics).toMatch(/^kosh_append_duration_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^kosh_build_info\{version="\d+\.\d+\.\d+",node="v\d+[^"]*"\} 1$/m);
    expect(metrics).not.toContain('Almaty');
  });

  it('logs a line per request, with nothing that its sender wrote', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    await registrar.get(`/cases?placeFled=Chechnya&after=${id}`);
    await registrar.post('/cases', { ...AHMAD, citizenship: 'Зия' });
    const lines = String(logged.read() ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ method: 'GET', route: '/v1/cases', status: 422, role: 'registrar' }),
    );
    expect(JSON.stringify(lines)).not.toMatch(/Ахмад|Зия|Chechnya/);
  });

  it('answers HEAD as GET, without the body', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const authorization = `Bearer ${registrar.token}`;
    const auditor = `Bearer ${(await stack.as(['auditor'])).token}`;
    const ask = async (path: string, token: string, method: string) => {
      const headers = { authorization: token, accept: 'application/x-ndjson' };
      const response = await fetch(`${stack.url}${path}`, { method, headers });
      return { response, text: await response.text() };
    };
    for (const [path, token] of [
      ['/livez', ''],
      ['/readyz', ''],
      ['/docs', ''],
      [`/v1/cases/${id}`, authorization],
      ['/v1/cases?limit=1', authorization],
      ['/v1/audit/events', auditor],
      ['/v1/audit/events', authorization],
      ['/v1/cases', ''],
    ] as const) {
      const [head, get] = [await ask(path, token, 'HEAD'), await ask(path, token, 'GET')];
      expect([path, head.response.status, head.text]).toEqual([path, get.response.status, '']);
      expect(head.response.headers.get('content-type')).toBe(get.response.headers.get('content-type'));
    }
  });

  it('describes itself in OpenAPI 3.1, every route with examples, receipts and problems', async () => {
    const document = (await (await fetch(`${stack.url}/docs-json`)).json()) as OpenApi;
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.description).toMatch(/npx kosh token[^]*\/docs-json/);
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, ...operation })),
    );
    expect(operations.length).toBeGreaterThan(35);
    for (const { route, summary, security, responses, parameters = [], requestBody } of operations) {
      expect({ route, summary }).toEqual({ route, summary: expect.stringMatching(/\w/) });
      const isOpen = OPEN.some((open) => open.toLowerCase() === route.toLowerCase());
      expect({ route, security }).toEqual({ route, security: isOpen ? undefined : [{ bearer: [] }] });
      expect(summary).not.toContain('`');
      const ids = parameters.filter((one) => one.in === 'path');
      expect({ route, ids }).toEqual({
        route,
        ids: ids.map((one) => ({ ...one, description: expect.stringMatching(/^The \w+: the id/) })),
      });
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '422', '429']));
      const shown = JSON.stringify([responses['200'], responses['201'], requestBody]);
      expect({ route, shown }).toMatchObject({ shown: expect.stringMatching(/"\$ref"|"example"/) });
      const isKeyed = parameters.some(({ name }) => name === 'Idempotency-Key');
      expect({ route, isKeyed }).toEqual({ route, isKeyed: !route.startsWith('get') });
    }
    expect(document.components.schemas['RegisterMigrantBody']).toMatchObject({
      properties: { citizenship: { example: 'AFG' }, registeredOn: { example: '1998-06-26' } },
    });
    expect((await fetch(`${stack.url}/docs`)).status).toBe(200);
  });

  it('describes the events on Kafka beside it, in AsyncAPI', async () => {
    const { externalDocs } = (await (await fetch(`${stack.url}/docs-json`)).json()) as {
      externalDocs: { url: string };
    };
    const response = await fetch(new URL(externalDocs.url, stack.url));
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual(asyncApi({ topic: 'kosh.events', partitions: 12 }));
  });

  it('describes no route that it does not have', async () => {
    const document = (await (await fetch(`${stack.url}/docs-json`)).json()) as OpenApi;
    expect(Object.keys(document.paths).filter((path) => /household|merge|permit|import/.test(path))).toEqual(
      [],
    );
  });
});

async function ready(): Promise<[status: number, body: unknown]> {
  const response = await fetch(`${stack.url}/readyz`);
  return [response.status, await response.json()];
}

type Operation = Readonly<{
  summary?: string;
  security?: unknown;
  responses: Readonly<Record<string, unknown>>;
  parameters?: readonly { name: string; in: string; description?: string }[];
  requestBody?: unknown;
}>;
type OpenApi = Readonly<{
  openapi: string;
  info: { description: string };
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<{ schemas: Readonly<Record<string, unknown>> }>;
}>;

describe('a caller who sends too fast', () => {
  it('is told to wait, as a problem', async () => {
    const slow = await startStack({ env: { KOSH_REQUESTS_PER_MINUTE: '3' } });
    const hasty = await slow.as(['registrar']);
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push(await hasty.get('/cases'));
    const colleague = await (await slow.as(['registrar'], 'Shymkent')).get('/cases');
    await slow.close();
    expect(answers.map(({ status }) => status === 429)).toEqual([false, false, false, true, true]);
    expect(answers[4]?.body['code']).toBe('too-many-requests');
    expect(Number(answers[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(colleague.status).not.toBe(429);
  });
});

describe('an API that has too much to do', () => {
  let busy: Stack;

  beforeAll(async () => {
    busy = await startStack({ env: { KOSH_REQUESTS_IN_FLIGHT: '6' } });
  });

  afterAll(() => busy.close());

  it('takes what it can answer soon and refuses the rest at once, as a problem; its health it tells', async () => {
    const caller = await busy.as(['registrar']);
    const asked = Array.from({ length: 40 }, () => caller.post('/cases', AHMAD));
    const health = await Promise.all([fetch(`${busy.url}/livez`), fetch(`${busy.url}/readyz`)]);
    const answers = await Promise.all(asked);
    expect(health.map(({ status }) => status)).toEqual([200, 200]);
    const taken = answers.filter(({ status }) => status === 201).length;
    const refused = answers.filter(({ status }) => status === 503);
    expect([taken > 0, refused.length > 0, taken + refused.length]).toEqual([true, true, 40]);
    expect(refused[0]?.body).toMatchObject({ code: 'overloaded', type: '/problems/overloaded' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect((await caller.post('/cases', AHMAD)).status).toBe(201);
  });

  it('counts what a caller has left behind, as long as it is under way', async () => {
    const caller = await busy.as(['registrar']);
    const isFull = async () => (await caller.get('/cases?limit=1')).status === 503;
    const writer = new pg.Client(busy.databaseUrl);
    await writer.connect();
    await writer.query('select pg_advisory_lock(5001)'); // Nothing is appended meanwhile.
    const leaving = new AbortController();
    let refused = 0;
    // Six are taken, and wait. As soon as the others are refused, all callers go away.
    const asked = Array.from({ length: 12 }, async () => {
      const headers = {
        authorization: `Bearer ${caller.token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      };
      const [method, body, signal] = ['POST', JSON.stringify(AHMAD), leaving.signal];
      const { status } = await fetch(`${busy.url}/v1/cases`, { method, headers, body, signal });
      if (status === 503) refused += 1;
      if (refused === 6) leaving.abort();
    });
    await Promise.allSettled(asked);
    expect(await isFull()).toBe(true);
    await writer.end();
    while (await isFull()) continue;
  });

  it('refuses first what says that it can wait', async () => {
    const caller = await busy.as(['registrar']);
    const bulk = Array.from({ length: 6 }, () => caller.post('/cases', AHMAD, { priority: 'u=7' }));
    const live = caller.post('/cases', AHMAD);
    const refused = (await Promise.all(bulk)).filter(({ status }) => status === 503);
    expect([refused.length >= 2, (await live).status]).toEqual([true, 201]);
  });
});

describe('an API that is stopped', () => {
  it('finishes what is under way, takes nothing new and ends', async () => {
    const ending = await startStack();
    const caller = await ending.as(['registrar']);
    await caller.did('/cases', AHMAD);
    const underWay = Array.from({ length: 20 }, () => caller.post('/cases', AHMAD).catch(() => undefined));
    await Promise.race(underWay);
    const startedAt = Date.now();
    await ending.close();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    const answers = await Promise.all(underWay);
    expect(
      answers.filter((answer) => answer !== undefined && answer.status >= 500 && answer.status !== 503),
    ).toEqual([]);
    await expect(caller.get('/cases')).rejects.toThrow(/fetch failed/);
  });
});

describe('the process', () => {
  it('names every wrong setting and exits with 78', () => {
    const main = new URL('../../../dist/apps/api/src/main.js', import.meta.url).pathname;
    const { status, stderr } = spawnSync(process.execPath, [main], {
      env: { KOSH_MODE: 'production', DATABASE_URL: 'postgres://db/kosh' },
      encoding: 'utf8',
    });
    expect(status).toBe(78);
    expect(stderr).toMatch(/OIDC_ISSUER[^]*KOSH_MASTER_KEY[^]*DATABASE_URL/);
  });
});
