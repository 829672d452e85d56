import assert from 'node:assert/strict';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import {
  beginEpoch,
  connect,
  Gatherer,
  historyOf,
  type Published,
  readPage,
  type Row,
  type Source,
} from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { until } from '../../../test/support/until.js';
import { kafkaClient, type KafkaSettings, type Log } from '../src/client.js';
import { header, type Message, toMessage } from '../src/envelope.js';
import { type RelayState, runRelay } from '../src/relay.js';

export { until };

export const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** A log of one's own and the name of a topic of one's own, with whatever runs between the two. */
export class Road {
  readonly pool: pg.Pool;
  /** Called by `close`, the last first. */
  readonly closing: (() => Promise<unknown>)[] = [];
  private readonly writer: Gatherer;

  private constructor(
    readonly database: TestDatabase,
    readonly kafka: KafkaSettings,
  ) {
    this.closing.push(database.drop);
    const writer = connect(database.url, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
    this.closing.push(() => writer.end());
    this.writer = new Gatherer(writer);
    this.pool = this.process('spec');
  }

  static async open(brokers: string): Promise<Road> {
    const kafka = { brokers: brokers.split(','), topic: `kosh-${uuidv7()}`, partitions: 12 };
    return new Road(await freshDatabase(), kafka);
  }

  /** The connections of another process. */
  process(applicationName: string): pg.Pool {
    const pool = connect(this.database.url, 'kosh_projector', { applicationName });
    this.closing.push(() => pool.end());
    return pool;
  }

  /** Ends the connections of that process, as a network does. */
  async disconnect(applicationName: string): Promise<void> {
    const admin = new pg.Client(this.database.url);
    await admin.connect();
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
      applicationName,
    ]);
    await admin.end();
  }

  /** Records the deaths of so many people, at once. */
  async append(count: number): Promise<void> {
    const people = Array.from({ length: count }, () => `case-${uuidv7()}`);
    await Promise.all(people.map((stream) => this.writer.append(death(stream))));
  }

  /** As a restore from a backup leaves it: the log as far as a position, under another epoch. */
  async putBack(position: number): Promise<void> {
    const owner = connect(this.database.url, 'kosh_owner', { max: 1 });
    const client = await owner.connect();
    await client.query('delete from log.events where position > $1', [position]);
    await beginEpoch(client);
    client.release();
    await owner.end();
  }

  rows(): Promise<readonly Row[]> {
    return readPage(this.pool, 0, 1_000_000);
  }

  async messagesOf(rows: readonly Row[]): Promise<Message[]> {
    const history = await historyOf(this.pool);
    return rows.map((row) => toMessage(row, history, this.kafka.partitions));
  }

  /** Puts messages into the topic as they are, one request after the other. */
  async send(...batches: readonly (readonly Message[])[]): Promise<void> {
    const producer = kafkaClient(this.kafka, 'spec', silent).producer({
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
    await producer.connect();
    for (const messages of batches) await producer.send({ topic: this.kafka.topic, messages: [...messages] });
    await producer.disconnect();
  }

  /**
   * Reads the topic from its beginning until so many events were seen; a partition's messages in its order.
   */
  async inTopic(count: number): Promise<readonly InTopic[]> {
    const client = new Kafka({ brokers: [...this.kafka.brokers], logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: `spec-${uuidv7()}`, maxWaitTimeInMs: 50 });
    const messages: InTopic[] = [];
    const seen = new Set<number>();
    await consumer.connect();
    await consumer.subscribe({ topic: this.kafka.topic, fromBeginning: true });
    await consumer.run({
      eachBatch({ batch }) {
        for (const message of batch.messages) {
          messages.push({ ...message, partition: batch.partition });
          seen.add(positionOf(message));
        }
        return Promise.resolve();
      },
    });
    await until(() => seen.size >= count, `${count} events in the topic`);
    await consumer.disconnect();
    return messages;
  }

  /** The topic's first occurrences are the log's messages, byte for byte, in order within each partition. */
  async expectLogIn(messages: readonly InTopic[]): Promise<void> {
    const log = await this.messagesOf(await this.rows());
    const seen = new Set<number>();
    const firsts = messages.filter((message) => seen.size < seen.add(positionOf(message)).size).map(asSent);
    for (let partition = 0; partition < this.kafka.partitions; partition += 1) {
      const inPartition = (message: { partition: number }) => message.partition === partition;
      assert.deepEqual(firsts.filter(inPartition), log.filter(inPartition));
    }
  }

  async close(): Promise<void> {
    for (const close of this.closing.toReversed()) await close();
  }
}

export type InTopic = KafkaMessage & Readonly<{ partition: number }>;

function positionOf(message: KafkaMessage): number {
  return Number(header(message, 'ce_position'));
}

function asSent({ key, partition, value, headers }: InTopic) {
  const texts = Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)] as const);
  return { key: key?.toString(), partition, headers: Object.fromEntries(texts), value: value?.toString() };
}

function death(stream: string) {
  return {
    actor: 'registrar-1',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32, 1),
    meta: '{"actor":"registrar-1"}',
    targets: [{ stream, version: 0 }],
    events: [
      { stream, type: 'MigrantDied', schemaVersion: 1, occurredOn: '1997-05', body: '{"diedOn":"1997-05"}' },
    ],
  };
}

/** One relay, as a process of its own would run it. */
export class Relay {
  state: RelayState = 'standby';
  published = 0;
  readonly done: Promise<void>;
  private readonly stopping = new AbortController();

  constructor(
    road: Road,
    readonly name: string,
  ) {
    this.done = runRelay({
      pool: road.process(name),
      kafka: road.kafka,
      signal: this.stopping.signal,
      log: silent,
      onState: (state) => {
        this.state = state;
      },
      onPublished: (messages) => {
        this.published += messages;
      },
    });
    road.closing.push(() => this.stop());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled([this.done]);
  }
}

/** A read model that only writes down what it is given. */
export class Follower {
  readonly events: Published[] = [];

  constructor(road: Road, source: Source, after: number) {
    const stopping = new AbortController();
    const done = this.run(source.follow(after, stopping.signal));
    road.closing.push(() => {
      stopping.abort();
      return done;
    });
  }

  get positions(): readonly number[] {
    return this.events.map(({ position }) => position);
  }

  private async run(batches: AsyncIterable<readonly Published[]>): Promise<void> {
    for await (const batch of batches) this.events.push(...batch);
  }
}
