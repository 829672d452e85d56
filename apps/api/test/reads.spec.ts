import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { chain, connect, GENESIS, head, leaf } from '#event-store';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { AHMAD, JEDDAH_ALMATY } from './requests.js';

type Page<T> = Readonly<{ items: readonly T[]; next: string | null }>;
type Listed = Readonly<{ id: string; status: string }>;

let stack: Stack;
let registrar: Caller;
let analyst: Caller;
let auditor: Caller;
let pool: ReturnType<typeof connect>;
const ids: string[] = [];

beforeAll(async () => {
  stack = await startStack();
  pool = connect(stack.databaseUrl, 'kosh_api');
  [registrar, analyst, auditor] = await Promise.all([
    stack.as(['registrar', 'decision-officer']),
    stack.as(['analyst']),
    stack.as(['auditor']),
  ]);
  for (let i = 0; i < 5; i += 1) ids.push((await registrar.did('/cases', AHMAD)).id);
});
afterAll(async () => {
  await pool?.end();
  await stack?.close();
});

describe('a file', () => {
  it('is read as of a day, and as it was known', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const { position: before } = await head(pool);
    const recognised = { to: 'refugee', legalBasis: 'KZ-1998-RSD', issuer: 'AMD', effectiveOn: '1998-09-01' };
    await registrar.did(`/cases/${id}/status-changes`, recognised);
    const status = async (query: string): Promise<unknown> =>
      (await registrar.get(`/cases/${id}?${query}`)).body['status'];
    expect(await status('')).toBe('refugee');
    expect(await status('validOn=1998-08-31')).toBe('asylum-seeker');
    expect(await status(`knownAt=${before}`)).toBe('asylum-seeker');
    expect(await registrar.get(`/cases/${id}?validOn=1998-06-19`)).toMatchObject({
      body: { present: false },
    });
    expect((await registrar.get(`/cases/${id}?knownAt=${before - 1}`)).status).toBe(404);
  });

  it('carries its version as ETag, and is kept in no cache', async () => {
    const { headers } = await registrar.get(`/cases/${ids[0]}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('a history', () => {
  it('pages by cursor, each event once, and links the next page', async () => {
    const moves = ['KZ-19', 'KZ-75', 'KZ-19', 'KZ-75'];
    for (const [i, region] of moves.entries()) {
      await registrar.did(`/cases/${ids[0]}/relocations`, { region, relocatedOn: `1998-0${i + 6}-30` });
    }
    const seen: number[] = [];
    let path: string | undefined = `/cases/${ids[0]}/history?limit=2`;
    while (path !== undefined) {
      const { body, headers }: { body: Page<{ version: number }>; headers: Headers } =
        await registrar.get(path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ version }) => version));
      path = /^<\/v1(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(body.next).toBe(path === undefined ? null : String(seen.at(-1)));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect((await registrar.get<Page<object>>(`/cases/${ids[0]}/history?after=5`)).body.items).toEqual([]);
  });
});

describe('a list', () => {
  it('pages by cursor, each row once, and links the next page', async () => {
    const seen: string[] = [];
    let path: string | undefined = `/cases?limit=2&status=asylum-seeker&atLeast=${registrar.position}`;
    while (path !== undefined) {
      const { body, headers }: { body: Page<Listed>; headers: Headers } = await registrar.get(path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ id }) => id));
      path = /^<\/v1(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(path === undefined).toBe(body.next === null);
    }
    expect(seen).toEqual(ids);
  });

  it('is filtered by what the files hold', async () => {
    const found = async (query: string): Promise<number> =>
      (await registrar.report<Page<Listed>>(`/cases?${query}`)).items.length;
    expect(await found('status=refugee')).toBe(1);
    expect(await found('placeFled=AFG&present=true&late=true&region=KZ-75')).toBe(6);
    expect(await found('citizenship=TJK')).toBe(0);
  });
});

describe('a report', () => {
  it('says from which position it answers, and gives the same bytes for it again', async () => {
    const path = '/v1/reports/population?by=origin,status&validOn=1998-12-31';
    const read = async (query: string): Promise<Response> =>
      fetch(`${stack.url}${path}${query}`, { headers: { authorization: `Bearer ${analyst.token}` } });
    const now = await read(`&atLeast=${registrar.position}`);
    const text = await now.text();
    const position = now.headers.get('kosh-position');
    await registrar.did('/cases', AHMAD);
    expect(await (await read(`&knownAt=${position}&atLeast=${registrar.position}`)).text()).toBe(text);
    expect(JSON.parse(text)).toMatchObject({
      validOn: '1998-12-31',
      position: Number(position),
      total: 6,
      rows: [
        { placeFled: { country: 'AFG' }, status: 'asylum-seeker', count: 5 },
        { placeFled: { country: 'AFG' }, status: 'refugee', count: 1 },
      ],
    });
    expect(now.headers.get('kosh-behind')).toBe('0');
  });

  it('waits for your own write, and says so when it does not come', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const own = await registrar.report<Page<Listed>>(`/cases?after=${ids.at(-1)}`);
    expect(own.items.map((item) => item.id)).toContain(id);
    const late = await analyst.get(`/reports/population?atLeast=${registrar.position + 1_000}`);
    expect(late).toMatchObject({ status: 503, body: { code: 'projection-lagging' } });
    expect(late.headers.get('retry-after')).toBe('1');
  });

  it('of flights counts who landed in a period', async () => {
    const coordinator = await stack.as(['flight-coordinator']);
    const { id } = await coordinator.did('/flights', JEDDAH_ALMATY);
    const { passengers } = await coordinator.did<{ passengers: { passenger: string }[] }>(
      `/flights/${id}/passengers`,
      {
        passengers: [{ listName: 'Zia, Karim' }],
      },
    );
    await coordinator.did(`/flights/${id}/manifest`);
    await coordinator.did(`/flights/${id}/boardings`, {
      passengers: passengers.map(({ passenger }) => passenger),
    });
    await coordinator.did(`/flights/${id}/departure`, { departedAt: '1998-06-26T04:41:00Z', onBoard: 1 });
    await coordinator.did(`/flights/${id}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-06-26T11:00:00Z',
      onBoard: 1,
    });
    const report = await coordinator.report('/reports/flights?from=1998-01-01&to=1998-12-31');
    expect(report).toMatchObject({
      unit: 'persons',
      rows: [{ departureCountry: 'SAU', placeFled: { country: 'UKN' }, flights: 1, persons: 1 }],
    });
    const { items } = await coordinator.report<Page<Listed>>('/flights?phase=arrived&departureCountry=SAU');
    expect(items).toMatchObject([{ id, arrived: 1 }]);
  });

  it('of registered people holds them against each estimate', async () => {
    const report = await analyst.report(
      '/reports/registration-gap?validOn=1998-12-31&authority=AMD',
      registrar.position,
    );
    expect(report).toMatchObject({
      population: 'refugees',
      authority: 'AMD',
      registered: [{ placeFled: { country: 'AFG' }, registered: 8 }],
      estimates: [],
    });
  });
});

describe('a manifest', () => {
  it('is printed as it stood in each version, with a hash of its own', async () => {
    const coordinator = await stack.as(['flight-coordinator']);
    const { id } = await coordinator.did('/flights', JEDDAH_ALMATY);
    await coordinator.did(`/flights/${id}/passengers`, { passengers: [{ listName: 'Zia, Karim' }] });
    await coordinator.did(`/flights/${id}/manifest`);
    const read = async (query: string) =>
      (
        await coordinator.get<{ version: number; listed: number; hash: string }>(
          `/flights/${id}/manifest${query}`,
        )
      ).body;
    const first = await read('');
    await coordinator.did(`/flights/${id}/passengers`, { passengers: [{ listName: 'Zia, Leila' }] });
    expect(first).toMatchObject({ version: 1, listed: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await read('?version=1')).toEqual(first);
    const second = await read('');
    expect(second).toMatchObject({ version: 2, listed: 2 });
    expect(second.hash).not.toBe(first.hash);
  });
});

describe('the log', () => {
  type Line = Record<'stream' | 'type' | 'recordedAt' | 'body' | 'meta' | 'hash', string> & {
    position: number;
    version: number;
    schemaVersion: number;
    occurredOn: string | null;
    sealed: string | null;
  };

  it('is handed over as lines from which anyone can recompute every hash', async () => {
    const response = await fetch(`${stack.url}/v1/audit/events`, {
      headers: { authorization: `Bearer ${auditor.token}`, accept: 'application/x-ndjson' },
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    let hash = GENESIS;
    for (const line of lines) {
      const sealed = line.sealed === null ? null : Buffer.from(line.sealed, 'hex');
      hash = chain(hash, leaf({ ...line, sealed }));
      expect(hash.toString('hex')).toBe(line.hash);
    }
    expect(lines.at(-1)?.hash).toBe((await head(pool)).hash);
  });

  it('is handed over in pages, too', async () => {
    const { body, headers } = await auditor.get<Page<Line>>('/audit/events?after=1&limit=2');
    expect(body.items.map(({ position }) => position)).toEqual([2, 3]);
    expect(body.next).toBe('3');
    expect(headers.get('link')).toBe('</v1/audit/events?after=3&limit=2>; rel="next"');
    expect((await auditor.get<Page<Line>>('/audit/events?after=999999')).body).toEqual({
      items: [],
      next: null,
    });
  });

  it('is verified, and the first altered position is named', async () => {
    const { position, hash } = await head(pool);
    const whole = (await auditor.get('/audit/verification')).body;
    expect(whole).toMatchObject({ whole: true, events: position, headHash: hash });
    expect(whole['readModels']).toContainEqual({ name: 'population', position, behind: 0 });
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    expect(metrics).toContain(`kosh_audit_chain_verified_position ${position}`);

    const admin = new pg.Client(stack.databaseUrl);
    await admin.connect();
    await admin.query(`update log.events set body = replace(body, '"AFG"', '"TJK"') where position = 2`);
    await admin.end();
    expect((await auditor.get('/audit/verification')).body).toMatchObject({
      whole: false,
      firstBad: { position: 2, what: 'hash' },
    });
  });
});
