import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import pg from 'pg';
import { LOCAL_AUDIENCE, LOCAL_ISSUER, type Role, ROLES } from '#vault';
import { type Caller, type Stack, startStack } from '../../../test/support/stack.js';
import { AHMAD, JEDDAH_ALMATY } from './requests.js';

let stack: Stack;
let admin: pg.Client;
let registrar: Caller;
let id: string;

beforeAll(async () => {
  stack = await startStack();
  admin = new pg.Client(stack.databaseUrl);
  await admin.connect();
  registrar = await stack.as(['registrar']);
  ({ id } = await registrar.did('/cases', AHMAD));
});
afterAll(async () => {
  await admin?.end();
  await stack?.close();
});

type AccessRow = { actor: string; role: string; action: string; subject: string; outcome: string };

async function accesses(): Promise<AccessRow[]> {
  const { rows } = await admin.query<AccessRow>(
    'select actor, role, action, subject, outcome from audit.access order by seq',
  );
  return rows;
}

describe('a file', () => {
  beforeEach(async () => {
    await admin.query('truncate audit.access');
  });

  it.each([
    ['registrar', 200],
    ['caseworker', 200],
    ['decision-officer', 200],
    ['auditor', 200],
    ['flight-coordinator', 403],
    ['analyst', 403],
    ['admin', 403],
  ] as const)('answers a %s with %d', async (role, status) => {
    expect((await (await stack.as([role])).get(`/cases/${id}`)).status).toBe(status);
  });

  it('shows names to those who work with it, and not to the auditor', async () => {
    expect((await registrar.get(`/cases/${id}`)).body['person']).toEqual(AHMAD.person);
    const seen = (await (await stack.as(['auditor'], 'Astana')).get(`/cases/${id}`)).body;
    expect(seen).toMatchObject({ id, status: 'asylum-seeker' });
    expect(seen).not.toHaveProperty('person');
  });

  it('shows names to a registrar who is also an auditor: of the own office, and of no other', async () => {
    const seen = (await (await stack.as(['registrar', 'auditor'])).get(`/cases/${id}`)).body;
    expect(seen['person']).toEqual(AHMAD.person);
    const elsewhere = await stack.as(['registrar', 'auditor'], 'Atyrau');
    const masked = await elsewhere.get(`/cases/${id}`);
    expect(masked).toMatchObject({ status: 200, body: { id, status: 'asylum-seeker' } });
    expect(masked.body).not.toHaveProperty('person');
    expect((await elsewhere.post(`/cases/${id}/deaths`, { diedOn: '1999' })).status).toBe(404);
    expect((await accesses()).map(({ role }) => role)).toEqual(['registrar+auditor', 'registrar+auditor']);
  });

  it('is not there for another office, whether it is read or written', async () => {
    const atyrau = await stack.as(['registrar', 'decision-officer'], 'Atyrau');
    const absent = await atyrau.get(`/cases/${id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))}`);
    const present = await atyrau.get(`/cases/${id}`);
    expect(present.status).toBe(404);
    expect(present.body['detail']).toBe(absent.body['detail']);
    expect((await atyrau.get(`/cases/${id}/history`)).status).toBe(404);
    expect((await atyrau.post(`/cases/${id}/deaths`, { diedOn: '1999' })).status).toBe(404);
    expect((await atyrau.report<{ items: unknown[] }>('/cases', registrar.position)).items).toEqual([]);
  });

  it('leaves a row for every reading, also for one that was withheld', async () => {
    await registrar.get(`/cases/${id}`);
    await registrar.get(`/cases/${id}/history`);
    await registrar.report('/cases');
    await (await stack.as(['registrar'], 'Atyrau')).get(`/cases/${id}`);
    expect(await accesses()).toEqual([
      { actor: 'registrar@Almaty', role: 'registrar', action: 'read-case', subject: id, outcome: 'shown' },
      { actor: 'registrar@Almaty', role: 'registrar', action: 'read-history', subject: id, outcome: 'shown' },
      { actor: 'registrar@Almaty', role: 'registrar', action: 'list-cases', subject: id, outcome: 'shown' },
      { actor: 'registrar@Atyrau', role: 'registrar', action: 'read-case', subject: id, outcome: 'withheld' },
    ]);
  });

  it('is not answered where the reading cannot be recorded', async () => {
    await admin.query('revoke insert on audit.access from kosh_api');
    const answers = [
      await registrar.get(`/cases/${id}`),
      await registrar.get(`/cases/${id}/history`),
      await registrar.get(`/cases?atLeast=${registrar.position}`),
    ];
    await admin.query('grant insert on audit.access to kosh_api');
    for (const { status, body } of answers) {
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'unavailable' });
      expect(JSON.stringify(body)).not.toContain('AFG');
    }
  });
});

describe('a manifest', () => {
  it('shows names to the coordinator, from the file or the list, and leaves a row for each', async () => {
    const coordinator = await stack.as(['flight-coordinator'], 'Astana');
    const { id: flight } = await coordinator.did('/flights', JEDDAH_ALMATY);
    const passengers = [{ case: id }, { listName: 'Zia, Karim' }];
    await coordinator.did(`/flights/${flight}/passengers`, { passengers });
    await admin.query('truncate audit.access');
    const seen = (
      await coordinator.get<{ passengers: { name: string; passenger: string }[] }>(
        `/flights/${flight}/manifest`,
      )
    ).body;
    expect(seen.passengers.map(({ name }) => name)).toEqual(['Ахмад Зия', 'Zia, Karim']);
    expect((await accesses()).map(({ subject }) => subject)).toEqual([id, seen.passengers[1]?.passenger]);
    const masked = await (await stack.as(['auditor'])).get(`/flights/${flight}/manifest`);
    expect(JSON.stringify(masked.body)).not.toMatch(/Ахмад|Zia/);
    const both = await stack.as(['auditor', 'flight-coordinator'], 'Astana');
    expect((await both.get(`/flights/${flight}/manifest`)).body).toEqual(seen);
  });
});

describe('a role', () => {
  const ROUTES: readonly (readonly [string, string, readonly Role[]])[] = [
    ['POST', '/cases', ['registrar']],
    ['POST', '/encounters', ['registrar', 'caseworker']],
    ['POST', '/cases/:id/status-changes', ['decision-officer']],
    ['POST', '/flights', ['flight-coordinator']],
    ['POST', '/estimates', ['analyst']],
    ['GET', '/cases', ['registrar', 'caseworker', 'decision-officer', 'auditor']],
    ['GET', '/reports/population', ['caseworker', 'decision-officer', 'analyst', 'auditor']],
    ['GET', '/audit/events', ['auditor']],
    ['GET', '/audit/verification', ['auditor']],
  ];

  it.each(ROUTES)('is needed for %s %s', async (method, path, allowed) => {
    const refused = [];
    for (const role of ROLES) {
      const response = await fetch(`${stack.url}/v1${path.replace(':id', id)}`, {
        method,
        headers: { authorization: `Bearer ${(await stack.as([role])).token}` },
      });
      if (response.status === 403) refused.push(role);
      await response.arrayBuffer();
    }
    expect(refused).toEqual(ROLES.filter((role) => !allowed.includes(role)));
  });
});

describe('a token', () => {
  const key = generateKeyPairSync('ed25519').privateKey;
  const sign = (claims: object, change: (token: SignJWT) => SignJWT = (token) => token): Promise<string> =>
    change(
      new SignJWT({ office: 'Almaty', roles: ['registrar'], ...claims })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuer(LOCAL_ISSUER)
        .setAudience(LOCAL_AUDIENCE)
        .setSubject('mallory')
        .setExpirationTime('1h'),
    ).sign(key);
  const asked = async (token: string): Promise<Response> =>
    fetch(`${stack.url}/v1/cases`, { headers: { authorization: `Bearer ${token}` } });

  it('signed by someone else is refused, with how to come in', async () => {
    const response = await asked(await sign({}));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
  });

  it('without a signature is refused', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: LOCAL_ISSUER,
      aud: LOCAL_AUDIENCE,
      sub: 'mallory',
      office: 'Almaty',
      roles: ['auditor'],
    };
    expect((await asked(`${part({ alg: 'none' })}.${part(claims)}.`)).status).toBe(401);
  });

  it('that was altered is refused', async () => {
    const [head = '', body = '', signature = ''] = registrar.token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const more = Buffer.from(JSON.stringify({ ...claims, roles: ROLES })).toString('base64url');
    expect((await asked(`${head}.${more}.${signature}`)).status).toBe(401);
  });

  it('without a role that exists opens nothing', async () => {
    expect((await (await stack.as([])).get('/cases')).status).toBe(403);
  });
});

describe('an answer', () => {
  it('may load nothing where it is opened as a page, but for the pages of the documentation', async () => {
    const policyOf = async (path: string) =>
      (await fetch(`${stack.url}${path}`)).headers.get('content-security-policy');
    for (const path of ['/v1/cases', '/nowhere', '/v1/cases/%E0%A4%A']) {
      expect(await policyOf(path)).toMatch(/^default-src 'none'/);
    }
    expect(await policyOf('/docs')).toMatch(/script-src 'self'; script-src-attr 'none'/);
  });
});

describe('local mode', () => {
  it('says so in every answer', async () => {
    const paths = ['/livez', '/v1/cases', '/nowhere', '/v1/cases/%E0%A4%A', '/docs-json'];
    const answers = await Promise.all(paths.map((path) => fetch(`${stack.url}${path}`)));
    expect(answers.map(({ headers }) => headers.get('kosh-mode'))).toEqual(paths.map(() => 'local'));
  });
});
