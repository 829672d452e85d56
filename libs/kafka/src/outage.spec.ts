import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kafka, kafkaAvailable, startKafka } from '#embedded';
import { describeWithKafka } from '../../../test/support/kafka.js';
import { Follower, Relay, Road, silent, until } from '../test/road.js';
import { KafkaSource } from './kafka-source.js';

const suite = (await kafkaAvailable()).ok ? describeWithKafka : describe.skip;

suite('while Kafka is away', () => {
  let dataDir: string;
  let broker: Kafka;
  let road: Road;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'kosh-outage-'));
    broker = await startKafka({ dataDir });
    road = await Road.open(broker.brokers);
  }, 60_000);

  afterAll(async () => {
    await road.close();
    await broker.stop();
    await rm(dataDir, { recursive: true });
  });

  it('the log goes on, readers read it, and both roads are whole again when Kafka is back', async () => {
    let joined = 0;
    const info = (_: object, message: string) => {
      if (message === 'Events come through the topic.') joined += 1;
    };
    const source = await KafkaSource.open({
      pool: road.pool,
      kafka: road.kafka,
      log: { ...silent, info },
    });
    road.closing.push(() => source.close());
    const relay = new Relay(road, 'relay');
    const follower = new Follower(road, source, 0);
    await road.append(100);
    await until(() => follower.events.length === 100 && relay.published === 100, 'the first hundred');
    await until(() => joined === 1, 'the consumer');

    await broker.kill();
    await road.append(1_500);
    await until(() => follower.events.length === 1_600, 'what was recorded meanwhile');
    await until(() => relay.state === 'kafka-away', 'the relay to notice');
    expect(relay.published).toBe(100);

    broker = await startKafka({ dataDir });
    await until(() => relay.published >= 1_600, 'the relay');
    await until(() => joined === 2, 'the consumer');
    await road.append(100);
    await until(() => follower.events.length === 1_700, 'the last hundred');
    expect(follower.positions).toEqual(Array.from({ length: 1_700 }, (_, i) => i + 1));
    await road.expectLogIn(await road.inTopic(1_700));
  }, 60_000);
});
