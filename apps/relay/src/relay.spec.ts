import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { connect, Gatherer } from '#event-store';
import { WrongTopic } from '#kafka';
import { BadSettings } from '#running';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { describeWithKafka, kafkaBrokers } from '../../../test/support/kafka.js';
import { type RunningRelay, startRelay } from './relay.js';
import { type RelaySettings, settingsFrom } from './settings.js';

const MAIN = new URL('../../../dist/apps/relay/src/main.js', import.meta.url);
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

describe('the settings of the relay', () => {
  const right = { DATABASE_URL: 'postgres://kosh@localhost/kosh', KAFKA_BROKERS: 'a:9092, b:9092' };

  it('have defaults for all but the two servers', () => {
    expect(settingsFrom(right)).toEqual({
      databaseUrl: right.DATABASE_URL,
      kafka: { brokers: ['a:9092', 'b:9092'], topic: 'kosh.events', partitions: 12 },
      checkpointTopic: 'kosh.checkpoints',
      notary: {
        folder: '.kosh/checkpoints',
        key: { env: undefined, file: undefined, dataDir: '.kosh' },
        rowsPerSecond: 2_000,
      },
      host: '127.0.0.1',
      port: undefined,
      logLevel: 'info',
    });
  });

  it.each([
    ['DATABASE_URL', 'localhost'],
    ['KAFKA_BROKERS', 'kafka'],
    ['KAFKA_TOPIC', 'kosh events'],
    ['KAFKA_PARTITIONS', '0'],
    ['KAFKA_CHECKPOINT_TOPIC', 'kosh checkpoints'],
    ['KOSH_VERIFY_ROWS_PER_SECOND', 'fast'],
    ['RELAY_PORT', 'http'],
    ['LOG_LEVEL', 'loud'],
  ])('are refused by name where %s is "%s"', (name, value) => {
    expect(() => settingsFrom({ ...right, [name]: value })).toThrow(name);
    expect(() => settingsFrom({ ...right, [name]: value })).toThrow(BadSettings);
  });

  it('keep the key that signs, and what it has signed, apart from the data in production', () => {
    const production = { ...right, KOSH_MODE: 'production' };
    const reasons = (env: Readonly<Record<string, string>>) => {
      try {
        settingsFrom({ ...production, ...env });
        return [];
      } catch (error) {
        return error instanceof BadSettings ? error.reasons : [error];
      }
    };
    expect(reasons({})).toEqual([
      expect.stringMatching(
        /^KOSH_CHECKPOINT_KEY or KOSH_CHECKPOINT_KEY_FILE is missing.*openssl rand -base64 32/,
      ),
      expect.stringMatching(/^KOSH_CHECKPOINT_DIR is missing/),
    ]);
    const folder = { KOSH_CHECKPOINT_DIR: '/checkpoints' };
    expect(reasons({ ...folder, KOSH_CHECKPOINT_KEY_FILE: '.kosh/checkpoint.key' })).toEqual([
      expect.stringMatching(/^KOSH_CHECKPOINT_KEY_FILE lies in \.kosh/),
    ]);
    expect(reasons({ ...folder, KOSH_CHECKPOINT_KEY: 'x' })).toEqual([]);
  });

  it('are refused all at once, before anything is started, with the exit code for that', async () => {
    const relay = spawn(process.execPath, [MAIN.pathname], { env: { LOG_LEVEL: 'loud', KAFKA_BROKERS: '' } });
    const said = text(relay.stderr);
    expect(await once(relay, 'exit')).toEqual([78, null]);
    expect(await said).toMatch(/DATABASE_URL.*\n.*KAFKA_BROKERS.*\n.*LOG_LEVEL/);
  });
});

describeWithKafka('a relay process', () => {
  let database: TestDatabase;
  let dataDir: string;
  let settings: RelaySettings;
  let relay: RunningRelay | undefined;

  beforeEach(async () => {
    database = await freshDatabase();
    const kafka = { brokers: (await kafkaBrokers()).split(','), topic: `kosh-${uuidv7()}`, partitions: 12 };
    dataDir = await mkdtemp(join(tmpdir(), 'kosh-relay-'));
    settings = {
      databaseUrl: database.url,
      kafka,
      checkpointTopic: `kosh-${uuidv7()}`,
      notary: { folder: join(dataDir, 'checkpoints'), key: { dataDir }, rowsPerSecond: 1_000 },
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent',
    };
  });

  afterEach(async () => {
    await relay?.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('says that it is ready, that it leads, and how far behind the log it is', async () => {
    await recordDeath(database.url);
    relay = await startRelay(settings, silent);
    const metrics = await eventually(
      `${relay.url}/metrics`,
      /^kosh_outbox_published_total\{topic="kosh-[\w-]+"\} 1$/m,
    );
    expect(metrics).toMatch(/^kosh_relay_position 1$/m);
    expect(metrics).toMatch(/^kosh_outbox_pending 0$/m);
    expect(metrics).toMatch(/^kosh_outbox_oldest_age_seconds 0$/m);
    expect(metrics).toMatch(/^kosh_build_info\{version="\d+\.\d+\.\d+",node="v\d+[^"]*"\} 1$/m);
    expect(metrics).toMatch(/^kosh_relay_leading 1$/m);
    expect(await get(`${relay.url}/readyz`)).toEqual({
      status: 200,
      body: '{"status":"ok","state":"leading","notary":"signing"}\n',
    });
    expect(await get(`${relay.url}/livez`)).toMatchObject({ status: 200 });
    expect(await get(`${relay.url}/`)).toMatchObject({ status: 404 });
  });

  it('signs what the log is, and the folder and the topic have it when it has stopped', async () => {
    await recordDeath(database.url);
    relay = await startRelay(settings, silent);
    await eventually(`${relay.url}/metrics`, /^kosh_verification_full_position 1$/m);
    const metrics = await eventually(`${relay.url}/metrics`, /^kosh_notary_leading 1$/m);
    expect(metrics).toMatch(/^kosh_notary_refusing 0$/m);
    expect(metrics).toMatch(/^kosh_verification_first_bad_position 0$/m);
    await relay.close();
    relay = undefined;
    const names = (await readdir(settings.notary.folder)).toSorted();
    expect(names).toEqual(['0000000000000001.checkpoint', '0000000000000001.leaves', 'key.pub']);
    const reader = connect(database.url, 'kosh_api', { max: 1 });
    const { rows } = await reader.query('select size, in_topic from audit.checkpoints');
    await reader.end();
    expect(rows).toEqual([{ size: '1', in_topic: true }]);
  });

  it('is degraded, but ready, while its log is not what was signed', async () => {
    await recordDeath(database.url);
    await recordDeath(database.url);
    const first = await startRelay(settings, silent);
    await eventually(`${first.url}/readyz`, /"notary":"signing"/);
    await first.close();
    const owner = connect(database.url, 'kosh_owner', { max: 1 });
    await owner.query('delete from log.events where position = 2');
    await owner.end();
    relay = await startRelay(settings, silent);
    await eventually(`${relay.url}/readyz`, /"status":"degraded",.*"notary":"refusing"/);
    expect(await get(`${relay.url}/readyz`)).toMatchObject({ status: 200 });
    await eventually(`${relay.url}/metrics`, /^kosh_notary_refusing 1$/m);
  });

  it('is degraded, but ready, where there is no Kafka, and stops all the same', async () => {
    const nowhere = { ...settings.kafka, brokers: ['127.0.0.1:1'] };
    relay = await startRelay({ ...settings, kafka: nowhere }, silent);
    await eventually(`${relay.url}/readyz`, /"status":"degraded","state":"kafka-away"/);
    await relay.close();
    await expect(relay.done).resolves.toBeUndefined();
    relay = undefined;
  });

  it('is not ready without its database', async () => {
    await database.drop();
    relay = await startRelay(settings, silent);
    expect(await get(`${relay.url}/readyz`)).toMatchObject({ status: 503 });
  });

  it('ends when its topic has another number of partitions', async () => {
    const first = await startRelay(settings, silent);
    await eventually(`${first.url}/readyz`, /leading/);
    await first.close();
    relay = await startRelay({ ...settings, kafka: { ...settings.kafka, partitions: 7 } }, silent);
    await expect(relay.done).rejects.toBeInstanceOf(WrongTopic);
  });
});

async function recordDeath(url: string): Promise<void> {
  const writer = connect(url, 'kosh_api', { max: 1, statementTimeoutMs: 5_000 });
  const stream = `case-${uuidv7()}`;
  await new Gatherer(writer).append({
    actor: 'registrar-1',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32),
    meta: '{}',
    targets: [{ stream, version: 0 }],
    events: [
      { stream, type: 'MigrantDied', schemaVersion: 1, occurredOn: '1999', body: '{"diedOn":"1999"}' },
    ],
  });
  await writer.end();
}

async function get(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
}

/** Asks again, for 20 s at most, until the answer matches. */
async function eventually(url: string, pattern: RegExp): Promise<string> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { body } = await get(url);
    if (pattern.test(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${url} never matched ${String(pattern)}.`);
}
