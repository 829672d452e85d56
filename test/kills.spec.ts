import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { verify } from '#audit';
import { freePort } from '#embedded';
import { connect, head } from '#event-store';
import { READ_MODELS, waitFor } from '#projections';
import { localTokens, ROLES } from '#vault';
import { freshDatabase, type TestDatabase } from './support/database.js';
import { kafkaBrokers } from './support/kafka.js';
import { registration } from './support/people.js';
import { AppProcess } from './support/processes.js';

const ROUNDS = 15;
const CLIENTS = 8;

type Acknowledged = Readonly<{ id: string; position: number; hash: string }>;

let database: TestDatabase;
let dataDir: string;
let token: string;
let url: string;
const processes: Record<'api' | 'relay' | 'standbyRelay' | 'projector' | 'standbyProjector', AppProcess[]> = {
  api: [],
  relay: [],
  standbyRelay: [],
  projector: [],
  standbyProjector: [],
};

beforeAll(async () => {
  database = await freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'kosh-kills-'));
  const withKafka = process.env['KOSH_TEST_KAFKA_REMEDY'] === undefined;
  const env = {
    DATABASE_URL: database.url,
    KOSH_DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    KOSH_REQUESTS_PER_MINUTE: '0',
    ...(withKafka && { KAFKA_BROKERS: await kafkaBrokers(), KAFKA_TOPIC: `kosh.kills.${uuidv7()}` }),
  };
  const [apiPort, ...ports] = await Promise.all(Array.from({ length: 5 }, () => freePort()));
  url = `http://127.0.0.1:${apiPort}`;
  const ready = (port: number | undefined) => `http://127.0.0.1:${port}/livez`;
  processes.api = [new AppProcess('api', { ...env, PORT: String(apiPort) }, `${url}/readyz`)];
  const worker = (app: 'relay' | 'projector', port: number | undefined) =>
    new AppProcess(app, { ...env, [`${app.toUpperCase()}_PORT`]: String(port) }, ready(port));
  processes.projector = [worker('projector', ports[0])];
  processes.standbyProjector = [worker('projector', ports[1])];
  if (withKafka) {
    processes.relay = [worker('relay', ports[2])];
    processes.standbyRelay = [worker('relay', ports[3])];
  }
  await Promise.all(all().map((one) => one.start()));
  const tokens = await localTokens(dataDir);
  token = await tokens.issue({ actor: 'kills', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
}, 120_000);

afterAll(async () => {
  await Promise.all(all().map((one) => one.kill()));
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const all = () => Object.values(processes).flat();

/** A client on a bad line: it repeats with the same key until it is told what became of its command. */
async function registerUntilAnswered(): Promise<Acknowledged> {
  const request = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': uuidv7(),
    },
    body: JSON.stringify(registration()),
  };
  for (;;) {
    const answer = await fetch(`${url}/v1/cases`, request).catch(() => undefined);
    if (answer?.status === 201) return (await answer.json()) as Acknowledged;
    if (answer && answer.status !== 503) throw new Error(`${answer.status}: ${await answer.text()}`);
    await delay(20);
  }
}

describe('each process killed at random moments under load', () => {
  it('loses no acknowledged command, doubles none, and leaves the read models as a replay gives them', async () => {
    const journal: Acknowledged[] = [];
    let busy = true;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (busy) journal.push(await registerUntilAnswered());
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      const victims = all();
      const victim = victims[round % victims.length];
      await delay(50 + Math.random() * 400);
      await victim?.kill();
      await victim?.start();
    }
    busy = false;
    await Promise.all(clients);

    const pool = connect(database.url, 'kosh_api', { max: 4 });
    const { position } = await head(pool);
    await waitFor(
      pool,
      READ_MODELS.map(({ name }) => name),
      position,
      60_000,
    );
    const { rows } = await pool.query<{ stream: string; position: string; hash: string; times: string }>(
      `select stream, max(position) as position, (array_agg(encode(hash, 'hex')))[1] as hash, count(*) as times
         from log.events group by stream`,
    );
    const written = new Map(rows.map((row) => [row.stream, row]));
    expect(journal.length).toBeGreaterThan(100);
    expect(new Set(journal.map(({ id }) => id)).size).toBe(journal.length);
    for (const { id, position: at, hash } of journal) {
      expect(written.get(`case-${id}`)).toMatchObject({ position: String(at), hash, times: '1' });
    }
    // Every command was repeated until it was answered, so nothing is there that nobody was told of.
    expect(written.size).toBe(journal.length);
    const report = await verify(pool, { projections: READ_MODELS });
    expect(report).toMatchObject({ ok: true, events: position });
    await pool.end();
  }, 180_000);

  it('and every process then ends in good order within 10 s', async () => {
    const startedAt = Date.now();
    const codes = await Promise.all(all().map((one) => one.stop()));
    expect(codes).toEqual(all().map(() => 0));
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  }, 30_000);
});
