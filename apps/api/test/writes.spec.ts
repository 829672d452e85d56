import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { canonical, connect, head } from '#event-store';
import { ROLES } from '#vault';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { AHMAD, JEDDAH_ALMATY, OVER_4000 } from './requests.js';

let stack: Stack;
let registrar: Caller;
let officer: Caller;
let coordinator: Caller;
let pool: ReturnType<typeof connect>;

beforeAll(async () => {
  stack = await startStack();
  pool = connect(stack.databaseUrl, 'kosh_api');
  registrar = await stack.as(['registrar']);
  officer = await stack.as(['decision-officer']);
  coordinator = await stack.as(['flight-coordinator']);
});
afterAll(async () => {
  await pool?.end();
  await stack?.close();
});

const written = async (): Promise<number> => (await head(pool)).position;
const fingerprint = (...request: readonly unknown[]): Buffer =>
  createHash('sha256').update(canonical(request)).digest();
const RECOGNISED = { to: 'refugee', legalBasis: 'KZ-1998-RSD', issuer: 'AMD', effectiveOn: '1998-09-01' };

describe('a write', () => {
  it('answers a receipt: what it made, and the event that proves it', async () => {
    const { status, body, headers } = await registrar.post('/cases', AHMAD);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      version: 1,
      position: await written(),
      hash: (await head(pool)).hash,
      recordedAt: (await head(pool)).recordedAt,
    });
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('location')).toBe(`/v1/cases/${String(body['id'])}`);
    expect(headers.get('kosh-position')).toBe(String(body['position']));
  });

  it('sent five times with one key is done once, and answered the same each time', async () => {
    const before = await written();
    const key = { 'idempotency-key': `"${uuidv7()}"` };
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push(await registrar.post('/cases', AHMAD, key));
    expect(await written()).toBe(before + 1);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const replayed = answers.map(({ headers }) => headers.get('idempotent-replayed'));
    expect(replayed).toEqual([null, 'true', 'true', 'true', 'true']);
  });

  it('sent five times at once with one key is done once, too', async () => {
    const before = await written();
    const key = { 'idempotency-key': uuidv7() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => registrar.post('/cases', AHMAD, key)));
    expect(await written()).toBe(before + 1);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('is the same request in whatever order its members come', async () => {
    const key = { 'idempotency-key': uuidv7() };
    const first = await registrar.post('/cases', AHMAD, key);
    const again = await registrar.post('/cases', Object.fromEntries(Object.entries(AHMAD).toReversed()), key);
    expect(again.body).toEqual(first.body);
  });

  it('is refused when its key was used for another request', async () => {
    const key = { 'idempotency-key': uuidv7() };
    await registrar.post('/cases', AHMAD, key);
    const before = await written();
    const other = await registrar.post('/cases', { ...AHMAD, sex: 'F' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    expect(await written()).toBe(before);
  });

  it.each([
    ['POST', '/cases', { ...AHMAD, sex: 'male' }],
    ['POST', '/cases', { ...AHMAD, nickname: 'Zia' }],
    ['POST', '/cases/none/deaths', { diedOn: '1999' }],
    ['POST', '/flights', {}],
    ['POST', '/flights/none/manifest', { version: 1 }],
    ['PUT', '/cases/none/person', { names: [] }],
    ['POST', '/estimates/none/supersession', { by: uuidv7() }],
    ['POST', '/encounters', { ...JEDDAH_ALMATY }],
  ])(
    'is told first that its key was used, also where %s %s is wrong by itself',
    async (method, path, body) => {
      const everyone = await stack.as(ROLES);
      const key = { 'idempotency-key': uuidv7() };
      await everyone.did('/cases', AHMAD, key);
      const before = await written();
      const alone = await everyone.post(path, body, {}, method);
      expect(alone.body['code']).not.toBe('idempotency-key-reused');
      const other = await everyone.post(path, body, key, method);
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
      expect(await written()).toBe(before);
    },
  );

  it('that was accepted once is answered so, also by a version that takes its like no more', async () => {
    const key = { 'idempotency-key': uuidv7() };
    const { id } = await coordinator.did('/flights', JEDDAH_ALMATY);
    const path = `/flights/${id}/passengers`;
    const first = await coordinator.post(path, { passengers: [{ listName: 'Zia, Karim' }] }, key);
    // As if the first had been sent in a form that is refused now.
    const now = { passengers: [{ listName: 'Zia, Karim', seat: '1A' }] };
    const admin = new pg.Client(stack.databaseUrl);
    await admin.connect();
    await admin.query('update log.keys set fingerprint = $1 where key = $2', [
      fingerprint('POST', `/v1${path}`, now),
      key['idempotency-key'],
    ]);
    await admin.end();
    const again = await coordinator.post(path, now, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await coordinator.post(path, now)).status).toBe(422);
  });

  it('may use a key that someone else has used', async () => {
    const key = { 'idempotency-key': uuidv7() };
    const mine = await registrar.post('/cases', AHMAD, key);
    const theirs = await (await stack.as(['registrar'], 'Shymkent')).post('/cases', AHMAD, key);
    expect(theirs.status).toBe(201);
    expect(theirs.body['id']).not.toBe(mine.body['id']);
  });

  it('answers 200 with the last of the record when it is so already', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const moved = await registrar.did(`/cases/${id}/relocations`, {
      region: 'KZ-19',
      relocatedOn: '1998-09-01',
    });
    const again = await registrar.post(`/cases/${id}/relocations`, {
      region: 'KZ-19',
      relocatedOn: '1998-09-01',
    });
    expect(again).toMatchObject({ status: 200, body: { ...moved } });
  });

  it('with If-Match * is done at whatever version the record is, if there is one (RFC 9110)', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const any = { 'if-match': '*' };
    const death = { diedOn: '1999' };
    expect((await registrar.post(`/cases/${id}/deaths`, death, any)).status).toBe(201);
    expect((await registrar.post(`/cases/${uuidv7()}/deaths`, death, any)).status).toBe(404);
  });

  it('with If-Match is done for whoever saw the record last, and not for the other', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const ifMatch = { 'if-match': '"1"' };
    const answers = await Promise.all([
      officer.post(`/cases/${id}/status-changes`, RECOGNISED, ifMatch),
      officer.post(`/cases/${id}/status-changes`, { ...RECOGNISED, to: 'rejected' }, ifMatch),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 412]));
    const late = answers.find(({ status }) => status === 412);
    expect(late?.body['code']).toBe('stale-version');
    expect(late?.headers.get('etag')).toBe('"2"');
  });

  it('is written with who asked, for which office, on which request', async () => {
    const requestId = uuidv7();
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await registrar.post('/cases', AHMAD, { 'x-request-id': requestId, traceparent: trace });
    const { rows } = await pool.query<{ meta: string }>(
      'select meta from log.events order by position desc limit 1',
    );
    expect(JSON.parse(rows[0]?.meta ?? '')).toMatchObject({
      actor: 'registrar@Almaty',
      office: 'Almaty',
      correlationId: requestId,
      traceparent: trace,
    });
  });
});

describe('what the API records of a person', () => {
  it('goes from an encounter over registration, move, decision and departure to the history', async () => {
    const { id } = await registrar.did('/encounters', {
      metOn: '1997-11',
      place: { country: 'KAZ', area: 'KZ-75' },
    });
    const { person: _, ...facts } = AHMAD;
    await registrar.did(`/cases/${id}/registrations`, {
      ...facts,
      arrivedOn: '1997-10',
      person: AHMAD.person,
    });
    await registrar.did(`/cases/${id}/relocations`, { region: 'KZ-19', relocatedOn: '1998-08-01' });
    await officer.did(`/cases/${id}/status-changes`, {
      ...RECOGNISED,
      reasonCode: 'first-instance',
      reason: 'Heard.',
    });
    await registrar.did(`/cases/${id}/departures`, {
      departedOn: '1999-01',
      kind: 'resettlement',
      destination: 'CAN',
    });
    await registrar.did(`/cases/${id}/returns`, { returnedOn: '1999-03' });
    await registrar.did(`/cases/${id}/corrections`, {
      field: 'placeFled',
      from: { country: 'AFG' },
      to: { country: 'TJK', area: 'TJ-KT' },
      reasonCode: 'document-seen',
      reason: 'The passport was seen.',
    });
    await registrar.did(`/cases/${id}/deaths`, { diedOn: '1999-12-31' });
    const { body } = await registrar.get<{ items: { type: string; reason?: string }[] }>(
      `/cases/${id}/history`,
    );
    expect(body.items.flatMap(({ reason }) => reason ?? [])).toEqual(['Heard.', 'The passport was seen.']);
    expect(body.items.map(({ type }) => type)).toEqual([
      'MigrantEncountered',
      'MigrantRegistered',
      'MigrantRelocated',
      'StatusChanged',
      'MigrantDeparted',
      'MigrantReturned',
      'CaseCorrected',
      'MigrantDied',
    ]);
  });

  it('keeps corrected names in the vault, and says in the event only which details they were', async () => {
    const { id } = await registrar.did('/cases', AHMAD);
    const person = { names: AHMAD.person.names, birth: { date: '1961', calendar: 'gregorian' } };
    const put = (): Promise<{ status: number }> => registrar.post(`/cases/${id}/person`, person, {}, 'PUT');
    expect((await put()).status).toBe(201);
    expect((await put()).status).toBe(200);
    const { rows } = await pool.query<{ body: string }>(
      'select body from log.events where stream = $1 order by version',
      [`case-${id}`],
    );
    expect(rows.map((row) => row.body).at(-1)).toBe('{"fields":["birth"]}');
    expect((await registrar.get(`/cases/${id}`)).body['person']).toEqual(person);
  });
});

describe('what the API records of a flight', () => {
  it('closes the arithmetic from the plan to the arrival', async () => {
    const { id } = await coordinator.did('/flights', JEDDAH_ALMATY);
    const { id: file } = await registrar.did('/cases', AHMAD);
    const added = await coordinator.did<{ passengers: { passenger: string }[] }>(
      `/flights/${id}/passengers`,
      {
        passengers: [
          { case: file },
          { listName: 'Zia, Karim' },
          { listName: 'Zia, Leila' },
          { listName: 'Rahimi, Omar' },
        ],
      },
    );
    const [a = '', b = '', c = '', d = ''] = added.passengers.map(({ passenger }) => passenger);
    await coordinator.did(`/flights/${id}/manifest`);
    expect((await coordinator.post(`/flights/${id}/passengers/${d}`, undefined, {}, 'DELETE')).status).toBe(
      201,
    );
    await coordinator.did(`/flights/${id}/boardings`, { passengers: [a, b] });
    await coordinator.did(`/flights/${id}/no-shows`, { passengers: [c], reasonCode: 'ill' });
    const wrong = await coordinator.post(`/flights/${id}/departure`, {
      departedAt: '1998-06-26T04:41:00Z',
      onBoard: 3,
    });
    expect(wrong).toMatchObject({ status: 409, body: { code: 'boarded-mismatch', facts: { expected: 2 } } });
    await coordinator.did(`/flights/${id}/departure`, { departedAt: '1998-06-26T04:41:00Z', onBoard: 2 });
    await coordinator.did(`/flights/${id}/diversion`, {
      airport: 'TAS',
      landedAt: '1998-06-26T09:00:00Z',
      left: [b],
    });
    await coordinator.did(`/flights/${id}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-06-26T17:00:00+06:00',
      onBoard: 1,
    });
    const flight = await coordinator.report<object>(`/flights/${id}`);
    expect(flight).toMatchObject({
      phase: 'arrived',
      version: 2,
      listed: 3,
      boarded: 2,
      noShow: 1,
      leftElsewhere: 1,
      arrived: 1,
    });
  });

  it('adds the same passengers once, and names them again when asked again', async () => {
    const { id } = await coordinator.did('/flights', JEDDAH_ALMATY);
    const key = { 'idempotency-key': uuidv7() };
    const body = { passengers: [{ listName: 'Zia, Karim' }] };
    const first = await coordinator.post(`/flights/${id}/passengers`, body, key);
    const again = await coordinator.post(`/flights/${id}/passengers`, body, key);
    expect(again.body).toEqual(first.body);
    expect(first.body['passengers']).toHaveLength(1);
  });

  it('frees everyone on the list when it is cancelled', async () => {
    const { id: file } = await registrar.did('/cases', AHMAD);
    const [one, other] = [
      await coordinator.did('/flights', JEDDAH_ALMATY),
      await coordinator.did('/flights', JEDDAH_ALMATY),
    ];
    const passengers = { passengers: [{ case: file }] };
    await coordinator.did(`/flights/${one.id}/passengers`, passengers);
    const twice = await coordinator.post(`/flights/${other.id}/passengers`, passengers);
    expect(twice).toMatchObject({
      status: 409,
      body: { code: 'on-another-manifest', errors: [{ pointer: '#/passengers/0/case' }] },
    });
    await coordinator.did(`/flights/${one.id}/cancellation`, { reasonCode: 'weather' });
    await coordinator.did(`/flights/${other.id}/passengers`, passengers);
    expect((await registrar.get(`/cases/${file}`)).body['manifest']).toMatchObject({ flight: other.id });
  });
});

describe('what the API records of an estimate', () => {
  it('keeps it as it was said, also when a newer one stands in its place', async () => {
    const analyst = await stack.as(['analyst']);
    const [old, newer] = [
      await analyst.did('/estimates', OVER_4000),
      await analyst.did('/estimates', OVER_4000),
    ];
    await analyst.did(`/estimates/${old.id}/supersession`, { by: newer.id });
    await analyst.did(`/estimates/${newer.id}/retraction`, { reasonCode: 'misread' });
    const { items } = await analyst.report<{ items: { id: string; said: object; standing: string }[] }>(
      '/estimates',
    );
    expect(items).toMatchObject([
      { id: old.id, said: OVER_4000, standing: 'superseded' },
      { id: newer.id, said: OVER_4000, standing: 'retracted' },
    ]);
  });
});
