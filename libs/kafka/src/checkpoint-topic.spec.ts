import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { ConfigResourceTypes, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import { describeWithKafka, kafkaBrokers } from '../../../test/support/kafka.js';
import { silent, until } from '../test/road.js';
import { CHECKPOINT_HEADERS } from './asyncapi.js';
import { CheckpointTopic } from './checkpoint-topic.js';
import { KafkaAway } from './topic.js';

const ORIGIN = 'kosh/0197f0c4-0000-4000-8000-000000000000';
const checkpoint = (size: number) => ({
  origin: ORIGIN,
  size,
  recordedAt: '2026-11-24T08:00:00.000Z',
  note: `${ORIGIN}\n${size}\nroot\n\n— signature\n`,
});

describeWithKafka('the topic of checkpoints', () => {
  let brokers: string[];
  let topic: string;
  let checkpoints: CheckpointTopic;

  beforeEach(async () => {
    brokers = (await kafkaBrokers()).split(',');
    topic = `kosh-${uuidv7()}`;
    checkpoints = new CheckpointTopic({ brokers, topic }, silent);
  });

  afterEach(() => checkpoints.close());

  it('keeps each of them for ever, byte for byte and in order, under the name of the log', async () => {
    expect(await checkpoints.send([checkpoint(1_000), checkpoint(2_000)])).toEqual({ wasEmpty: true });
    expect(await checkpoints.send([checkpoint(2_500)])).toEqual({ wasEmpty: false });
    const messages = await inTopic(3);
    expect(messages.map(({ key, value }) => [String(key), String(value)])).toEqual(
      [1_000, 2_000, 2_500].map((size) => [ORIGIN, checkpoint(size).note]),
    );
    const headers = Object.entries(messages[0]?.headers ?? {}).map(([name, value]) => [name, String(value)]);
    const valid = new Ajv({ formats: { 'date-time': true } }).compile({
      ...CHECKPOINT_HEADERS,
      additionalProperties: false,
    });
    expect(valid(Object.fromEntries(headers)) || valid.errors).toBe(true);

    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]?.partitions).toHaveLength(1);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries).toMatchObject([{ configName: 'retention.ms', configValue: '-1' }]);
    await admin.disconnect();
  });

  it('says that it took nothing while Kafka is away', async () => {
    const nowhere = new CheckpointTopic({ brokers: ['127.0.0.1:1'], topic }, silent);
    await expect(nowhere.send([checkpoint(1)])).rejects.toThrow(KafkaAway);
    await expect(nowhere.send([checkpoint(1)])).rejects.toThrow(KafkaAway);
    await nowhere.close();
  });

  async function inTopic(count: number): Promise<readonly KafkaMessage[]> {
    const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
      groupId: `spec-${uuidv7()}`,
    });
    const messages: KafkaMessage[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage({ message }) {
        messages.push(message);
        return Promise.resolve();
      },
    });
    await until(() => messages.length >= count, `${count} checkpoints in the topic`);
    await consumer.disconnect();
    return messages;
  }
});
