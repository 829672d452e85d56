import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { registration } from '../../../test/support/people.js';
import { type Caller, type Json, type Stack, startStack } from '../../../test/support/stack.js';
import { type RunningNotary, startNotary } from '../../relay/src/notary.js';

const PROGRAM = new URL('../../../dist/libs/audit/src/offline/verify-offline.js', import.meta.url).pathname;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

type Receipt = Readonly<{ id: string; position: number; hash: string; recordedAt: string }>;
type Proof = Readonly<{ position: number; size: number; path: string[]; checkpoint: string }>;

let folder: string;
let stack: Stack;
let registrar: Caller;
let auditor: Caller;
/** May do anything with the database. */
let intruder: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kosh-proofs-'));
  stack = await startStack({ env: { KOSH_CHECKPOINT_DIR: join(folder, 'checkpoints') } });
  registrar = await stack.as(['registrar']);
  auditor = await stack.as(['auditor']);
  intruder = new pg.Client(stack.databaseUrl);
  await intruder.connect();
});

afterAll(async () => {
  await intruder.end();
  await stack.close();
  await rm(folder, { recursive: true });
});

describe('before anything is signed', () => {
  it('there is no key, no checkpoint and no proof', async () => {
    const { position } = await registrar.did<Receipt>('/cases', registration());
    for (const path of [
      '/audit/checkpoint-key',
      '/audit/checkpoints',
      `/audit/proofs/inclusion?position=${position}`,
    ]) {
      expect(await auditor.get(path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
  });

  it('an alarm is raised when that lasts', async () => {
    const age = async () => {
      const metrics = await (await fetch(`${stack.url}/metrics`)).text();
      return Number(/^kosh_unsigned_oldest_age_seconds (.*)$/m.exec(metrics)?.[1]);
    };
    const readiness = async (): Promise<unknown> => (await fetch(`${stack.url}/readyz`)).json();
    expect(await age()).toBeLessThan(180);
    expect(await readiness()).toMatchObject({ status: 'ok' });
    await intruder.query(`update log.events set recorded_at = recorded_at - interval '200 s'`);
    expect(await age()).toBeGreaterThan(190);
    expect(await readiness()).toMatchObject({ status: 'degraded', checks: { log: 'degraded' } });
    await intruder.query(`update log.events set recorded_at = recorded_at + interval '200 s'`);
  });
});

describe('when a notary signs', () => {
  let notary: RunningNotary;

  beforeAll(async () => {
    notary = await startNotary({
      databaseUrl: stack.databaseUrl,
      notary: { folder: join(folder, 'checkpoints'), key: { dataDir: folder }, rowsPerSecond: 1_000 },
      log: silent,
      pace: { every: { events: 20, ms: 50 }, pollMs: 10, passMs: 30 },
    });
  });

  afterAll(() => notary.close());

  /** Asks until it is answered so. */
  async function eventually(path: string, status = 200): Promise<Json> {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const answer = await registrar.get(path);
      if (answer.status === status) return answer.body;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${path} was never answered ${status}.`);
  }

  async function proven(...args: string[]): Promise<readonly [number, string]> {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env: {} });
    const out = text(child.stdout);
    const [code] = (await once(child, 'close')) as [number];
    return [code, await out];
  }

  it('publishes its key, to everyone', async () => {
    await eventually('/audit/checkpoints/latest');
    const response = await fetch(`${stack.url}/v1/audit/checkpoint-key`);
    const key = (await readFile(join(folder, 'checkpoints', 'key.pub'), 'utf8')).trim();
    expect(await response.json()).toEqual({ key, keys: [key] });
  });

  it('a receipt can be checked against a later checkpoint, apart from the system', async () => {
    const receipt = await registrar.did<Receipt>('/cases', registration());
    await registrar.did('/cases', registration());
    const proof = await eventually(`/audit/proofs/inclusion?position=${receipt.position}`);
    expect(proof).toMatchObject({ position: receipt.position, hash: receipt.hash });
    await writeFile(join(folder, 'receipt.json'), JSON.stringify(receipt));
    await writeFile(join(folder, 'proof.json'), JSON.stringify(proof));
    const { key } = (await auditor.get<{ key: string }>('/audit/checkpoint-key')).body;
    expect(await proven('--receipt', 'receipt.json', '--proof', 'proof.json', '--key', key)).toEqual([
      0,
      expect.stringContaining(`The receipt is of an event at position ${receipt.position}`),
    ]);

    const other = await registrar.did<Receipt>('/cases', registration());
    await writeFile(join(folder, 'receipt.json'), JSON.stringify(other));
    expect(await proven('--receipt', 'receipt.json', '--proof', 'proof.json', '--key', key)).toEqual([
      1,
      expect.stringContaining('NOT proven'),
    ]);
  });

  it('every event has a proof that is short and holds, under each checkpoint that covers it', async () => {
    await Promise.all(Array.from({ length: 60 }, () => registrar.did('/cases', registration())));
    await eventually(`/audit/proofs/inclusion?position=${registrar.position}`);
    const { items } = (await auditor.get<{ items: { size: number }[] }>('/audit/checkpoints')).body;
    const sizes = items.map(({ size }) => size);
    expect(sizes.length).toBeGreaterThan(3);
    for (let position = 1; position <= registrar.position; position += 1) {
      const size = sizes.find((one) => one >= position) ?? 0;
      for (const query of [`position=${position}`, `position=${position}&size=${size}`]) {
        const { status, body } = await registrar.get<Proof>(`/audit/proofs/inclusion?${query}`);
        // The API has checked it; it answers nothing that does not hold.
        expect([query, status]).toEqual([query, 200]);
        expect(body.path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(body.size)));
      }
    }
  });

  it('a later checkpoint only adds to an earlier one', async () => {
    const { items } = (await auditor.get<{ items: { size: number }[] }>('/audit/checkpoints')).body;
    const [first = { size: 0 }] = items;
    const { status, body } = await registrar.get(`/audit/proofs/consistency?from=${first.size}`);
    expect([status, body]).toMatchObject([200, { from: first.size, to: items.at(-1)?.size }]);
    await writeFile(join(folder, 'proof.json'), JSON.stringify(body));
    const keyFile = join('checkpoints', 'key.pub');
    expect(await proven('--proof', 'proof.json', '--key', keyFile)).toEqual([
      0,
      expect.stringContaining(`begins with the one of ${first.size} events, unchanged`),
    ]);
    expect(
      await registrar.get(`/audit/proofs/consistency?from=${first.size}&to=${first.size}`),
    ).toMatchObject({
      status: 200,
      body: { path: [] },
    });
  });

  it('checkpoints are listed in pages', async () => {
    type Items = { items: { size: number; checkpoint: string }[]; next: string | null };
    const all = (await auditor.get<Items>('/audit/checkpoints')).body;
    const sizes: number[] = [];
    for (let next: string | null = '0'; next !== null;) {
      const page: Items = (await auditor.get<Items>(`/audit/checkpoints?limit=2&after=${next}`)).body;
      sizes.push(...page.items.map(({ size }) => size));
      next = page.next;
    }
    expect(sizes).toEqual(all.items.map(({ size }) => size));
    const one = (await auditor.get<Items['items'][0]>(`/audit/checkpoints/${sizes[1]}`)).body;
    expect(one).toEqual(all.items[1]);
    expect(one.checkpoint).toBe(
      await readFile(join(folder, 'checkpoints', `${String(sizes[1]).padStart(16, '0')}.checkpoint`), 'utf8'),
    );
  });

  it.each([
    ['inclusion?position=1000000', 404, 'not-found'],
    ['inclusion?position=1&size=1000000', 404, 'not-found'],
    ['inclusion?position=0', 422, 'validation-failed'],
    ['inclusion?position=first', 422, 'validation-failed'],
    ['inclusion', 422, 'validation-failed'],
    ['inclusion?position=1&leaf=2', 422, 'validation-failed'],
    ['consistency?from=1000000', 404, 'not-found'],
    ['consistency?from=1&to=1000000', 404, 'not-found'],
    ['consistency', 422, 'validation-failed'],
  ])('%s is answered %i', async (path, status, code) => {
    expect(await registrar.get(`/audit/proofs/${path}`)).toMatchObject({ status, body: { code } });
  });

  it.each(['first', '0', '-1', '1e3', '1000000'])('there is no checkpoint %s', async (size) => {
    expect((await auditor.get(`/audit/checkpoints/${size}`)).status).toBe(404);
  });

  it('the lines of the log are a dump that the program verifies', async () => {
    const response = await fetch(`${stack.url}/v1/audit/events`, {
      headers: { authorization: `Bearer ${auditor.token}`, accept: 'application/x-ndjson' },
    });
    await writeFile(join(folder, 'dump.ndjson'), await response.text());
    const against = ['--checkpoints', 'checkpoints', '--key', 'checkpoints/key.pub', '--json'];
    const [code, out] = await proven('dump.ndjson', ...against);
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, events: registrar.position }]);
  });

  it('the verification tells how far signatures reach, and what the one in the background has found', async () => {
    type Verification = { background: { full: { position: number } | null } };
    let { body } = await auditor.get<Verification>('/audit/verification');
    while (body.background.full?.position !== registrar.position) {
      ({ body } = await auditor.get<Verification>('/audit/verification'));
    }
    expect(body).toMatchObject({
      whole: true,
      events: registrar.position,
      checkpoints: { signedUpTo: registrar.position, faults: [] },
      background: { firstBad: null, refusal: null },
    });
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^kosh_verification_full_position ${registrar.position}$`, 'm'));
    expect(metrics).toMatch(/^kosh_verification_first_bad_position 0$/m);
    expect(metrics).toMatch(/^kosh_notary_refusing 0$/m);
  });

  describe('and someone changes', () => {
    let latest: number;

    beforeEach(async () => {
      latest = registrar.position;
      await intruder.query(`create schema saved;
        create table saved.events as table log.events; create table saved.nodes as table audit.nodes;
        create table saved.checkpoints as table audit.checkpoints`);
    });

    afterEach(async () => {
      // Not truncate: it would show an empty log to whoever reads meanwhile.
      await intruder.query(`delete from log.events; delete from audit.nodes; delete from audit.checkpoints;
        insert into log.events table saved.events; insert into audit.nodes table saved.nodes;
        insert into audit.checkpoints table saved.checkpoints; drop schema saved cascade`);
      await eventually('/audit/proofs/inclusion?position=3');
    });

    it.each([
      ['an event', `update log.events set body = '{}' where position = 3`],
      ['an event beside it', `update log.events set body = '{}' where position = 4`],
      ['a node of the tree', `update audit.nodes set hash = sha256('x') where level = 4 and index = 1`],
      ['the removal of an event', 'delete from log.events where position = 3'],
      [
        'the checkpoint',
        `update audit.checkpoints set note = replace(note, E'\\nrecorded 2', E'\\nrecorded 1')`,
      ],
    ])('%s, there is no proof any more', async (_, sql) => {
      await intruder.query(sql);
      const answer = await registrar.get('/audit/proofs/inclusion?position=3');
      expect(answer).toMatchObject({ status: 500, body: { code: 'not-as-signed' } });
    });

    it('nothing but what follows from the log, it is made anew', async () => {
      await intruder.query('truncate audit.nodes');
      await eventually('/audit/proofs/inclusion?position=3');
      const { rows } = await intruder.query('select * from audit.nodes except select * from saved.nodes');
      expect(rows).toEqual([]);
    });

    it('the log, the alarm is raised where it is looked for', async () => {
      await intruder.query(`update log.events set meta = '{}' where position = 5`);
      for (let alarmed = false; !alarmed;) {
        const response = await fetch(`${stack.url}/readyz`);
        const { status, checks } = (await response.json()) as { status: string; checks: { log?: string } };
        expect(response.status).toBe(200);
        alarmed = status === 'degraded' && checks.log === 'degraded';
      }
      const { body } = await auditor.get('/audit/verification');
      expect(body).toMatchObject({
        whole: false,
        firstBad: { position: 5 },
        background: { firstBad: { position: 5 } },
      });
      const metrics = await (await fetch(`${stack.url}/metrics`)).text();
      expect(metrics).toMatch(/^kosh_verification_first_bad_position 5$/m);
      // What is recorded meanwhile is recorded, and not signed.
      await registrar.did('/cases', registration());
      const unsigned = await registrar.get(`/audit/proofs/inclusion?position=${registrar.position}`);
      expect(unsigned).toMatchObject({ status: 503, body: { code: 'not-signed-yet' } });
      expect(unsigned.headers.get('retry-after')).toBe('60');
      await intruder.query('insert into saved.events select * from log.events where position > $1', [latest]);
    });
  });
});
