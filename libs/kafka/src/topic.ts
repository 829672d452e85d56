import { CompressionTypes } from 'kafkajs';
import { within } from '#event-store';
import {
  type Connect,
  kafkaClient,
  type KafkaClient,
  type KafkaSettings,
  type Log,
  RETRY,
} from './client.js';
import type { Message } from './envelope.js';

/** The bound of one attempt to open the topic or to send. */
const ATTEMPT_MS = 4_000;
const CLOSE_MS = 2_000;

/** Kafka did not do what was asked, for now. Perhaps the messages are in the topic, perhaps not. */
export class KafkaAway extends Error {
  override readonly name: string = 'KafkaAway';
}

/** The topic is not the one that was opened: what that one was sent may be in it, or not. */
export class TopicReplaced extends KafkaAway {
  override readonly name = 'TopicReplaced';

  constructor(topic: string) {
    super(`The topic ${topic} is not the one that was opened: another has taken its place.`);
  }
}

/** The topic is not the one that is configured. Somebody must change the settings. */
export class WrongTopic extends Error {
  override readonly name = 'WrongTopic';

  constructor(topic: string, found: number, expected: number) {
    super(
      `The topic ${topic} has ${found} partitions, but ${expected} are configured, and the partition of a ` +
        `file must not change. Set KAFKA_PARTITIONS=${found}, or choose another KAFKA_TOPIC.`,
    );
  }
}

type Admin = ReturnType<KafkaClient['admin']>;
type Producer = ReturnType<KafkaClient['producer']>;

/** Where each partition ends: the offset of what comes next. */
type Ends = Map<number, number>;

export type Topic = Readonly<{
  /** How many were ever sent to it, when it was opened. */
  messages: number;
  /**
   * Done when every replica in sync has them. Throws `KafkaAway`; the topic must then be closed and opened
   * again.
   */
  send: (messages: readonly Message[]) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Opens the topic for writing, and makes it if there is none. Throws `KafkaAway` or `WrongTopic`. */
export async function openTopic(
  settings: KafkaSettings,
  log: Log,
  connect: Connect = kafkaClient,
): Promise<Topic> {
  const kafka = connect(settings, 'relay', log);
  const admin = kafka.admin({ retry: RETRY });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: RETRY,
    // A message says its partition itself.
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  const close = async () => {
    const ended = Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    await within(ended, CLOSE_MS, 'Closing Kafka').catch(() => undefined);
  };
  try {
    const ends = await attempt(prepare(admin, producer, settings), 'Opening the topic');
    const messages = [...ends.values()].reduce((sum, end) => sum + end, 0);
    return { messages, close, send: (batch) => send(producer, settings.topic, batch, ends) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(
  admin: Admin,
  producer: Producer,
  { topic, partitions }: KafkaSettings,
): Promise<Ends> {
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata();
  const found = topics.find(({ name }) => name === topic);
  if (found && found.partitions.length !== partitions) {
    throw new WrongTopic(topic, found.partitions.length, partitions);
  }
  const offsets = found ? await admin.fetchTopicOffsets(topic) : [];
  if (!found) await create(admin, topic, partitions);
  await admin.disconnect();
  await producer.connect();
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
}

/**
 * Everything is kept: whoever reads the topic may begin at the beginning. Replicas are as many as the
 * broker says.
 */
async function create(admin: Admin, topic: string, numPartitions: number): Promise<void> {
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  const created = await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
  if (!created) throw new Error(`Somebody else made the topic ${topic} meanwhile.`);
}

async function send(
  producer: Producer,
  topic: string,
  messages: readonly Message[],
  ends: Ends,
): Promise<void> {
  const sent = producer.send({
    topic,
    acks: -1,
    timeout: ATTEMPT_MS,
    compression: CompressionTypes.GZIP,
    messages: [...messages],
  });
  for (const { partition, baseOffset } of await attempt(sent, 'Sending to the topic')) {
    const base = Number(baseOffset);
    // Kafka takes messages for a topic that was made anew as if nothing had been. Then offsets begin anew, too.
    if (base >= 0 && base < (ends.get(partition) ?? 0)) {
      throw new TopicReplaced(topic);
    }
    ends.set(partition, base + messages.filter((message) => message.partition === partition).length);
  }
}

async function attempt<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await within(work, ATTEMPT_MS, what);
  } catch (cause) {
    if (cause instanceof WrongTopic) throw cause;
    throw new KafkaAway(`${what} failed.`, { cause });
  }
}
