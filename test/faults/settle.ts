import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka as KafkaClient, logLevel } from 'kafkajs';
import type pg from 'pg';
import { parseKeys, readKeys, checkpointsIn, verify } from '#audit';
import { connect, head, relayLags } from '#event-store';
import { READ_MODELS, waitFor } from '#projections';
import { dumpLog } from './dump.js';
import { type Anomaly, check, type Fold, type Rule, type TopicRow } from './history.js';
import type { Line } from './journal.js';
import type { World } from './world.js';

export type Settled = Readonly<{
  events: number;
  lost: number;
  doubled: number;
  partial: number;
  /** Whatever else is not as it must be. */
  wrong: readonly string[];
  /** Until relay and read models were at the head. */
  drainSeconds: number;
  /** Messages of the topic beyond the first of each event. */
  repeatedMessages: number;
}>;

const DRAIN_WITHIN_MS = 180_000;
const NAMES = READ_MODELS.map(({ name }) => name);

const LOST: readonly Rule[] = ['lost-write', 'receipt-changed'];
const DOUBLED: readonly Rule[] = ['duplicate-effect', 'unknown-twice', 'receipts-differ', 'one-version'];
const PARTIAL: readonly Rule[] = ['whole-command'];

/** People present, as the population report counts those that the callers register. */
const population: Fold = () => {
  let total = 0;
  return {
    take: ({ type }) => {
      if (type === 'MigrantRegistered') total += 1;
    },
    answer: () => String(total),
  };
};

/**
 * When the callers have ended: lets relay and read models come to the head, then holds what the callers were told
 * against the log, the topic against the log, and every read model against a replay; and looks that no transaction
 * was left open and every key has its command.
 */
export async function settle(world: World, journal: readonly Line[]): Promise<Settled> {
  const pool = connect(world.databaseUrl, 'kosh_api', { max: 4 });
  try {
    const startedAt = performance.now();
    const { position } = await head(pool);
    await waitFor(pool, NAMES, position, DRAIN_WITHIN_MS);
    if (world.topic !== undefined) await relayed(pool, world.topic, position);
    const drainSeconds = (performance.now() - startedAt) / 1_000;
    const rows = world.topic === undefined ? [] : await dumpTopic(world.servers.kafka.brokers, world.topic);
    const log = await dumpLog(pool);
    const topic = world.topic === undefined ? {} : { topic: { rows, upTo: position } };
    const anomalies = check({ journal, log, models: { population }, ...topic });
    const report = await verify(pool, { projections: READ_MODELS, checkpoints: await signed(world) });
    const wrong = [
      ...anomalies
        .filter(({ rule }) => ![...LOST, ...DOUBLED, ...PARTIAL].includes(rule))
        .map(({ rule, detail }) => `${rule}: ${detail}`),
      ...(report.firstBad ? [`verify: bad at ${report.firstBad.position} (${report.firstBad.what})`] : []),
      ...(report.checkpoints?.faults ?? []).map((fault) => `verify: ${JSON.stringify(fault)}`),
      ...report.readModels.flatMap((one) => (one.ok ? [] : [`${one.name} differs from a replay`])),
      ...(await leftBehind(pool)),
    ];
    return {
      events: log.length,
      lost: count(anomalies, LOST),
      doubled: count(anomalies, DOUBLED),
      partial: count(anomalies, PARTIAL),
      wrong: [
        ...anomalies.filter(({ rule }) => !wrong.some((one) => one.startsWith(rule))).map(told),
        ...wrong,
      ],
      drainSeconds,
      repeatedMessages: rows.length - new Set(rows.map(({ position }) => position)).size,
    };
  } finally {
    await pool.end();
  }
}

/** What the notary has signed on the way, where the world has one: a relay is one, too. */
async function signed({ dataDir }: World) {
  const folder = join(dataDir, 'checkpoints');
  if ((await checkpointsIn(folder)).length === 0) return undefined;
  return { folder, keys: parseKeys((await readKeys(folder)) ?? '') };
}

const told = ({ rule, detail }: Anomaly) => `${rule}: ${detail}`;

function count(anomalies: readonly Anomaly[], rules: readonly Rule[]): number {
  return anomalies.filter(({ rule }) => rules.includes(rule)).length;
}

async function relayed(pool: pg.Pool, topic: string, position: number): Promise<void> {
  for (const until = performance.now() + DRAIN_WITHIN_MS; ; await delay(20)) {
    const relay = (await relayLags(pool)).find(({ name }) => name === topic);
    if ((relay?.position ?? 0) >= position) return;
    if (performance.now() > until) throw new Error(`The relay is at ${relay?.position}, not at ${position}.`);
  }
}

/** I4 and I13 of the fault matrix: a key without its command, a transaction that sits open. */
async function leftBehind(pool: pg.Pool): Promise<readonly string[]> {
  const { rows: keys } = await pool.query<{ key: string }>(
    `select k.key from log.keys k left join log.events e on e.position = k.last_position
     where e.position is null limit 5`,
  );
  const { rows: open } = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where state like 'idle in transaction%' and now() - state_change > interval '5 s'`,
  );
  return [
    ...keys.map(({ key }) => `The key ${key} has a receipt and no event.`),
    ...open.map(({ pid }) => `Session ${pid} sits in an open transaction.`),
  ];
}

/** All messages of the topic, each partition in its order. */
export async function dumpTopic(brokers: string, topic: string): Promise<readonly TopicRow[]> {
  const kafka = new KafkaClient({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const ends = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  const consumer = kafka.consumer({ groupId: `dump-${Math.random()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const rows: TopicRow[] = [];
  const left = new Set([...ends].flatMap(([partition, end]) => (end > 0 ? [partition] : [])));
  await new Promise<void>((resolve, reject) => {
    if (left.size === 0) return resolve();
    const eachBatch = ({ batch }: { batch: Batch }) => {
      for (const { headers, offset } of batch.messages) {
        const [stream = '', version = ''] = String(headers?.['ce_id']).split('/');
        rows.push({
          partition: batch.partition,
          stream,
          version: Number(version),
          position: Number(String(headers?.['ce_position'])),
          hash: String(headers?.['ce_hash']),
        });
        if (Number(offset) + 1 >= (ends.get(batch.partition) ?? 0)) left.delete(batch.partition);
      }
      if (left.size === 0) resolve();
      return Promise.resolve();
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return rows;
}

type Batch = Readonly<{
  partition: number;
  messages: readonly { headers?: Record<string, unknown>; offset: string }[];
}>;
