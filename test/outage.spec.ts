import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka as KafkaClient, logLevel } from 'kafkajs';
import type pg from 'pg';
import { verify } from '#audit';
import { type Kafka, startKafka } from '#embedded';
import { connect, head } from '#event-store';
import { digest, READ_MODELS, rebuild, waitFor } from '#projections';
import { describeWithKafka } from './support/kafka.js';
import { register } from './support/people.js';
import { type Caller, type Stack, startStack } from './support/stack.js';

const OUTAGE_MS = 30_000;
const EVENTS = 5_000;
const TOPIC = 'kosh.outage';
const NAMES = READ_MODELS.map(({ name }) => name);

describeWithKafka('A19: Kafka is away for 30 s while 5,000 events are recorded', () => {
  let folder: string;
  let kafka: Kafka;
  let stack: Stack;
  let registrar: Caller;
  let pool: pg.Pool;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kosh-outage-'));
    kafka = await startKafka({ dataDir: join(folder, 'kafka') });
    stack = await startStack({ brokers: kafka.brokers, topic: TOPIC });
    registrar = await stack.as(['registrar', 'analyst']);
    pool = connect(stack.databaseUrl, 'kosh_projector', { max: 6 });
    await register(registrar, 50);
    await registrar.report('/reports/population');
  }, 120_000);

  afterAll(async () => {
    await pool.end();
    await stack.close();
    await kafka.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('no command fails because of it, and the reports go on', async () => {
    await kafka.kill();
    const away = delay(OUTAGE_MS); // The length of the outage is the scenario, not a wait for something.
    const files = await register(registrar, EVENTS);
    expect(new Set(files).size).toBe(EVENTS);
    const report = await registrar.report<{ total: number }>('/reports/population');
    expect(report.total).toBe(EVENTS + 50);
    await away;
    kafka = await startKafka({ dataDir: join(folder, 'kafka') });
  }, 120_000);

  it('the topic then holds the log, each stream in order', async () => {
    const { position } = await head(pool);
    const seen = await readTopic(kafka.brokers, position);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: position }, (_, i) => i + 1));
  }, 60_000);

  it('a read model rebuilt beside the live one equals it, under traffic', async () => {
    const [population] = READ_MODELS;
    if (!population) throw new Error('There is no read model.');
    const busy = register(registrar, 200);
    await rebuild({ projections: [population], pool });
    await busy;
    await waitFor(pool, NAMES, (await head(pool)).position);
    const live = await digest(pool, population);
    await rebuild({ projections: [population], pool });
    expect(await digest(pool, population)).toEqual(live);
  }, 60_000);

  it('and the audit finds the log whole and every read model equal to its replay', async () => {
    const { position } = await head(pool);
    const readerPool = connect(stack.databaseUrl, 'kosh_api', { max: 3 });
    expect(await verify(readerPool, { projections: READ_MODELS })).toMatchObject({
      ok: true,
      events: position,
    });
    await readerPool.end();
  }, 60_000);
});

/** The positions in the topic, first occurrences only, until all up to `last` were seen. */
async function readTopic(brokers: string, last: number): Promise<number[]> {
  const consumer = new KafkaClient({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
    groupId: 'outage',
  });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const seen = new Set<number>();
  const versions = new Map<string, number>();
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({
      message,
    }: {
      message: { key: Buffer | null; headers?: Record<string, unknown> };
    }) => {
      const position = Number(String(message.headers?.['ce_position']));
      const [stream, version] = String(message.headers?.['ce_id']).split('/');
      if (!seen.has(position)) {
        const before = versions.get(stream ?? '') ?? 0;
        if (Number(version) !== before + 1) reject(new Error(`${stream} went from ${before} to ${version}.`));
        versions.set(stream ?? '', Number(version));
        seen.add(position);
      }
      if (seen.size === last) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return [...seen];
}
