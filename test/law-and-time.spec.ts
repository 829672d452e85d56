import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { registration } from './support/people.js';
import { type Caller, type Stack, startStack } from './support/stack.js';

type Population = {
  rows: { region?: string; placeFled?: unknown; count: number }[];
  total: number;
  position: number;
};

let stack: Stack;
let officer: Caller;

beforeAll(async () => {
  stack = await startStack();
  officer = await stack.as(['registrar', 'caseworker', 'decision-officer', 'analyst']);
}, 60_000);

afterAll(() => stack.close());

describe('A5: the law on the day of the decision', () => {
  const recognised = async (basis: Record<string, unknown>) => {
    const { id } = await officer.did('/cases', registration());
    return officer.post(`/cases/${id}/status-changes`, { issuer: 'AMD', ...basis });
  };

  it.each(['1998-06-26', '1999-04-14'])('knows no Convention refugee on %s', async (effectiveOn) => {
    const answer = await recognised({ to: 'convention-refugee', legalBasis: 'KZ-1998-ACC', effectiveOn });
    expect(answer).toMatchObject({ status: 409, body: { code: 'framework-not-in-force' } });
    expect(answer.body['errors']).toMatchObject([{ pointer: '#/legalBasis' }]);
  });

  it('knows one from 1999-04-15 on', async () => {
    const answer = await recognised({
      to: 'convention-refugee',
      legalBasis: 'KZ-1998-ACC',
      effectiveOn: '1999-04-15',
    });
    expect(answer.status).toBe(201);
  });

  it('lets the Agency recognise under its own procedure in June 1998, and UNHCR not', async () => {
    const basis = { to: 'refugee', legalBasis: 'KZ-1998-RSD', effectiveOn: '1998-06-26' };
    expect((await recognised(basis)).status).toBe(201);
    const other = await recognised({ ...basis, issuer: 'UNHCR' });
    expect(other).toMatchObject({ status: 409, body: { code: 'issuer-not-entitled' } });
  });
});

describe('A16: a fact that is learned late, and an oblast that is gone', () => {
  let file: string;
  let before: number;

  beforeAll(async () => {
    before = (await officer.did('/cases', registration())).position;
    await officer.report(`/reports/population?validOn=1996-12-31`);
    const { id } = await officer.did(
      '/cases',
      registration({
        arrivedOn: '1996-03-10',
        registeredOn: '1998-06-20',
        region: 'KZ-19',
        authority: 'UNHCR',
        status: 'asylum-seeker',
      }),
    );
    file = id;
    await officer.did(`/cases/${id}/relocations`, { region: 'KZ-TALDYKORGAN', relocatedOn: '1996-03-10' });
  });

  it('leaves last year’s figure as it was, and today’s tells more', async () => {
    const path = '/reports/population?by=region&validOn=1996-12-31';
    const then = await officer.report<Population>(`${path}&knownAt=${before}`);
    const now = await officer.report<Population>(path);
    expect(then).toMatchObject({ rows: [], total: 0, position: before });
    expect(now).toMatchObject({ rows: [{ region: 'KZ-TALDYKORGAN', count: 1 }], total: 1 });
  });

  it('can be asked for by the moment of a recording, before and after', async () => {
    const { body } = await officer.get<{ items: { recordedAt: string; text: string }[] }>(
      `/cases/${file}/history`,
    );
    expect(body.items.at(-1)?.text).toContain('Taldykorgan');
    const auditor = await stack.as(['auditor']);
    const { body: log } = await auditor.get<{ items: { recordedAt: string }[] }>(
      `/audit/events?after=${before - 1}&limit=1`,
    );
    const total = async (moment = '') =>
      (await officer.report<Population>(`/reports/population?validOn=1996-12-31&knownAt=${moment}`)).total;
    expect(await total(log.items[0]?.recordedAt)).toBe(0);
    expect(await total(body.items.at(-1)?.recordedAt)).toBe(1);
  });

  it('gives the same bytes for the same position', async () => {
    const path = `/reports/population?by=region,placeFled&validOn=1998-12-31&knownAt=${before + 1}`;
    expect(JSON.stringify((await officer.report<Population>(path)).rows)).toBe(
      JSON.stringify((await officer.report<Population>(path)).rows),
    );
  });

  it('prints the oblast that covers the place on the day asked for', async () => {
    const of = async (day: string) => {
      const { rows } = await officer.report<Population>(`/reports/population?by=region&validOn=${day}`);
      return rows.map(({ region }) => region);
    };
    expect(await of('1996-12-31')).toEqual(['KZ-TALDYKORGAN']);
    expect(await of('1998-03-01')).toContain('KZ-19');
  });

  it('refuses a departure before the arrival, and names what it contradicts', async () => {
    const answer = await officer.post(`/cases/${file}/departures`, {
      departedOn: '1996-02-01',
      kind: 'permanent',
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'would-contradict' } });
    expect(answer.body['contradicts']).toContainEqual(
      expect.objectContaining({ type: 'MigrantRegistered', version: 1 }),
    );
  });

  it('refuses to look into what is not settled yet', async () => {
    const answer = await officer.get('/reports/population?knownAt=2999-01-01T00:00:00Z');
    expect(answer).toMatchObject({ status: 422, body: { code: 'known-at-not-settled' } });
  });
});

describe('A18: a bad line and a race', () => {
  it('the same command five times is one event and one answer', async () => {
    const body = registration();
    const key = { 'idempotency-key': uuidv7() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => officer.post('/cases', body, key)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const { body: history } = await officer.get<{ items: unknown[] }>(
      `/cases/${String(answers[0]?.body['id'])}/history`,
    );
    expect(history.items).toHaveLength(1);
    const other = await officer.post('/cases', { ...body, sex: 'F' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('of two officers who decide from the same page, one wins and the other is told the version', async () => {
    const { id, version } = await officer.did('/cases', registration());
    const decide = (to: string) =>
      officer.post(
        `/cases/${id}/status-changes`,
        { to, legalBasis: 'KZ-1998-RSD', issuer: 'AMD', effectiveOn: '1998-06-26' },
        { 'if-match': `"${version}"` },
      );
    const answers = await Promise.all([decide('refugee'), decide('rejected')]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 412]);
    const late = answers.find(({ status }) => status === 412);
    expect(late?.headers.get('etag')).toBe(`"${version + 1}"`);
  });
});
