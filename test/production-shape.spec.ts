import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { freePort } from '#embedded';
import { ROLES } from '#vault';
import { type Compose, readCompose } from './support/compose.js';
import { adminUrl, emptyDatabase, type TestDatabase } from './support/database.js';
import { type Issuer, startIssuer } from './support/issuer.js';
import { describeWithKafka, kafkaBrokers } from './support/kafka.js';
import { registration } from './support/people.js';
import { AppProcess } from './support/processes.js';
import { Caller } from './support/stack.js';

const ROOT = new URL('..', import.meta.url);
const APPS = ['api', 'relay', 'projector'] as const;
const OURS = ['migrate', ...APPS];
const STOPPED_WITHIN_MS = 10_000;
const RELAYED_WITHIN_MS = 20_000;

const SECRETS = {
  KOSH_DB_PASSWORD: randomBytes(24).toString('hex'),
  KOSH_API_PASSWORD: randomBytes(24).toString('hex'),
  KOSH_PROJECTOR_PASSWORD: randomBytes(24).toString('hex'),
  KOSH_MASTER_KEY: randomBytes(32).toString('base64'),
  KOSH_CHECKPOINT_KEY: randomBytes(32).toString('base64'),
};
const GIVEN = { ...SECRETS, OIDC_ISSUER: 'https://id.example.org' };

describe('docker-compose.yml', () => {
  it('has each part as a process of its own', async () => {
    const compose = await readCompose(GIVEN);
    expect([...compose.services.keys()]).toEqual(['postgres', 'kafka', ...OURS]);
    for (const name of OURS) {
      const [node, main = '', ...verb] = compose.service(name).command;
      expect([node, verb]).toEqual(['node', name === 'migrate' ? ['migrate'] : []]);
      expect(existsSync(new URL(main, ROOT))).toBe(true);
    }
  });

  it.each(Object.keys(GIVEN))('does not start without %s', async (name) => {
    await expect(readCompose({ ...GIVEN, [name]: '' })).rejects.toThrow(`${name} is missing`);
  });

  it.each(OURS)('gives %s no more than it needs of the machine', async (name) => {
    const { all } = (await readCompose(GIVEN)).service(name);
    expect(all).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      stop_grace_period: '30s',
    });
  });

  it.each([
    ['KOSH_MASTER_KEY', ['api']],
    ['KOSH_CHECKPOINT_KEY', ['relay']],
    ['KOSH_DB_PASSWORD', ['migrate']],
    ['KOSH_API_PASSWORD', ['migrate', 'api']],
    ['KOSH_PROJECTOR_PASSWORD', ['migrate', 'relay', 'projector']],
  ] as const)('tells %s to %j alone', async (secret, holders) => {
    const compose = await readCompose(GIVEN);
    const knows = (name: string) =>
      Object.values(compose.service(name).environment).some((value) => value.includes(SECRETS[secret]));
    expect(OURS.filter(knows)).toEqual(holders);
  });
});

const composer = ['docker compose', 'docker-compose'].find((one) => run(one, 'version').status === 0);
(composer ? describe : describe.skip)('docker compose, where there is one', () => {
  it('takes the file', () => {
    const { status, stderr } = run(composer ?? '', 'config --quiet');
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('the image', () => {
  it('runs the api, and not as root, and says whether it is ready', async () => {
    const dockerfile = await readFile(new URL('Dockerfile', ROOT), 'utf8');
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(last).toContain('\nUSER node\n');
    expect(last).toMatch(/HEALTHCHECK [^]*http:\/\/127\.0\.0\.1:3000\/readyz/);
    const { command } = (await readCompose(GIVEN)).service('api');
    expect(last.trimEnd().endsWith(`\nCMD ${JSON.stringify(command).replaceAll(',', ', ')}`)).toBe(true);
  });
});

describeWithKafka('the processes of production', () => {
  let database: TestDatabase;
  let issuer: Issuer;
  let compose: Compose;
  let caller: Caller;
  let checkpoints: string;
  let key: string;
  const processes: AppProcess[] = [];

  beforeAll(async () => {
    database = await emptyDatabase();
    issuer = await startIssuer();
    compose = await readCompose({ ...SECRETS, OIDC_ISSUER: issuer.url });
    checkpoints = await mkdtemp(join(tmpdir(), 'kosh-checkpoints-'));
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    issuer.close();
    await database.drop();
    await rm(checkpoints, { recursive: true, force: true });
    const admin = new pg.Client(adminUrl());
    await admin.connect();
    await admin.query('drop role if exists kosh_api_login, kosh_projector_login');
    await admin.end();
  });

  it('begin with migrate, which makes the tables and the logins, and ends', () => {
    const { command, environment } = compose.service('migrate');
    const { status, stdout } = spawnSync(process.execPath, command.slice(1), {
      env: { ...environment, DATABASE_URL: database.url },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('kosh_api_login may log in')]);
  });

  it('become ready with the settings of docker-compose.yml, only the addresses being other', async () => {
    const [topic, brokers] = [`kosh.events.${uuidv7()}`, await kafkaBrokers()];
    // All at once: one after the other, two might get the same.
    const ports = await Promise.all(APPS.map(() => freePort()));
    for (const [i, name] of APPS.entries()) {
      const port = String(ports[i]);
      const url = `http://127.0.0.1:${port}`;
      const { environment } = compose.service(name);
      const addresses = {
        HOST: '127.0.0.1',
        PORT: port,
        RELAY_PORT: port,
        PROJECTOR_PORT: port,
        DATABASE_URL: inDatabase(environment['DATABASE_URL']),
        KAFKA_BROKERS: brokers,
        KAFKA_TOPIC: topic,
        KOSH_CHECKPOINT_DIR: checkpoints,
      };
      processes.push(new AppProcess(name, { ...environment, ...addresses }, `${url}/readyz`));
      if (name === 'api') caller = new Caller(url, await issuer.issue(ROLES, 'Almaty', 'kosh'));
    }
    await Promise.all(processes.map((one) => one.start()));
    expect((await fetch(`${caller.url}/livez`)).headers.get('kosh-mode')).not.toBe('local');
  }, 60_000);

  it('count a registration, and pass it on to Kafka', async () => {
    const { position } = await caller.did('/cases', registration());
    const path = '/reports/population?by=placeFled,registration&validOn=1997-12-31';
    expect(await caller.report(path)).toMatchObject({
      rows: [{ placeFled: { country: 'AFG' }, registration: 'registered', count: 1 }],
      total: 1,
    });
    expect(await relayedPosition(position)).toBe(position);
    ({ key } = (await caller.get<{ key: string }>('/audit/checkpoint-key')).body);
  }, 60_000);

  it('stop within 10 s when they are told to, with nothing to complain of', async () => {
    const stopping = processes.map(async (one) => {
      const startedAt = Date.now();
      return [await one.stop(), Date.now() - startedAt < STOPPED_WITHIN_MS];
    });
    expect(await Promise.all(stopping)).toEqual(APPS.map(() => [0, true]));
  });

  it('leave the log signed, with a key that the API has told', async () => {
    expect(key).toBe((await readFile(join(checkpoints, 'key.pub'), 'utf8')).trim());
    expect((await readdir(checkpoints)).some((name) => name.endsWith('.checkpoint'))).toBe(true);
  });

  /** The same login and password, in the database of this spec. */
  function inDatabase(composed = ''): string {
    const [url, here] = [new URL(composed), new URL(database.url)];
    [url.host, url.pathname] = [here.host, here.pathname];
    return url.href;
  }

  /** Where the relay is, once it has come that far, or when it is too late for that. */
  async function relayedPosition(position: number): Promise<number> {
    const client = new pg.Client(database.url);
    await client.connect();
    try {
      for (const until = Date.now() + RELAYED_WITHIN_MS; ; await delay(25)) {
        const { rows } = await client.query<{ position: string }>('select position from road.relay');
        const reached = Number(rows[0]?.position ?? 0);
        if (reached >= position || Date.now() > until) return reached;
      }
    } finally {
      await client.end();
    }
  }
});

function run(command: string, args: string) {
  const [program = '', ...words] = `${command} ${args}`.split(' ');
  return spawnSync(program, words, { cwd: ROOT, env: { ...process.env, ...GIVEN }, encoding: 'utf8' });
}
