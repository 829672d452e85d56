import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { describeWithKafka, kafkaBrokers } from '../../../test/support/kafka.js';
import { Relay, Road, silent, until } from '../test/road.js';
import { kafkaClient } from './client.js';
import { Deposed, Leadership } from './leadership.js';
import { WrongTopic } from './topic.js';

describeWithKafka('the relay', () => {
  let road: Road;

  beforeEach(async () => {
    road = await Road.open(await kafkaBrokers());
  });

  afterEach(() => road.close());

  it('carries what was recorded before it came and after, in order, byte for byte', async () => {
    await road.append(700);
    const relay = new Relay(road, 'relay');
    await until(() => relay.published === 700, 'what was there before');
    await road.append(300);
    const messages = await road.inTopic(1_000);
    expect(messages).toHaveLength(1_000);
    await road.expectLogIn(messages);
  });

  it('goes on where the one before it stopped', async () => {
    await road.append(10);
    const before = new Relay(road, 'before');
    await until(() => before.published === 10, 'the first ten');
    await before.stop();
    await road.append(10);
    const after = new Relay(road, 'after');
    await until(() => after.published === 10, 'the next ten');
    expect(await road.inTopic(20)).toHaveLength(20);
  });

  it('stands by while another leads, and takes over when that one loses its connection', async () => {
    const pair = [new Relay(road, 'relay-a'), new Relay(road, 'relay-b')];
    await until(() => pair.some(({ state }) => state === 'leading'), 'a leader');
    const leader = pair.find(({ state }) => state === 'leading');
    await road.append(100);
    await until(() => leader?.published === 100, 'the first hundred');
    expect(pair.filter(({ state }) => state === 'standby')).toMatchObject([{ published: 0 }]);

    await Promise.all([road.append(2_000), road.disconnect(leader?.name ?? '')]);
    await road.expectLogIn(await road.inTopic(2_100));
    const { epoch } = await cursor(road);
    expect(epoch).toBe(2);
  });

  it('moves the cursor under its own epoch only, so that one who was replaced stops', async () => {
    const never = new AbortController().signal;
    const before = await Leadership.take(road.process('before'), road.kafka.topic, never);
    await road.disconnect('before');
    const after = await Leadership.take(road.process('after'), road.kafka.topic, never);
    await after?.moveTo(7);
    await expect(before?.moveTo(5)).rejects.toThrow(/connection|terminat/i);
    expect(await cursor(road)).toEqual({ position: 7, epoch: 2 });
    await road.pool.query('update road.relay set epoch = 3');
    await expect(after?.renew()).rejects.toBeInstanceOf(Deposed);
    before?.end();
    after?.end();
  });

  it('refuses a topic that has another number of partitions, and says what to set', async () => {
    await asAdmin(road, (kafka) =>
      kafka.createTopics({ topics: [{ topic: road.kafka.topic, numPartitions: 3 }] }),
    );
    const relay = new Relay(road, 'relay');
    await expect(relay.done).rejects.toBeInstanceOf(WrongTopic);
    await expect(relay.done).rejects.toThrow('Set KAFKA_PARTITIONS=3');
  });

  it('sends the whole log again when the topic was replaced while it led', async () => {
    await road.append(20);
    const relay = new Relay(road, 'relay');
    await until(() => relay.published === 20, 'the first time');
    await asAdmin(road, async (kafka) => {
      const { topic, partitions } = road.kafka;
      await kafka.deleteTopics({ topics: [topic] });
      await until(async () => !(await kafka.listTopics()).includes(topic), 'the topic to be gone');
      await kafka.createTopics({ topics: [{ topic, numPartitions: partitions }] });
    });
    // More than the one before had: by its count the new topic might pass for whole.
    await road.append(30);
    const messages = await road.inTopic(50);
    expect(new Set(messages.map(({ key }) => String(key))).size).toBe(50);
  });

  it('sends the whole log again when the topic was lost', async () => {
    await road.append(20);
    const before = new Relay(road, 'before');
    await until(() => before.published === 20, 'the first time');
    await before.stop();
    await asAdmin(road, (kafka) => kafka.deleteTopics({ topics: [road.kafka.topic] }));
    const after = new Relay(road, 'after');
    await until(() => after.published === 20, 'the second time');
    const messages = await road.inTopic(20);
    expect(messages).toHaveLength(20);
    await road.expectLogIn(messages);
  });
});

async function cursor({ pool }: Road): Promise<{ position: number; epoch: number }> {
  const { rows } = await pool.query<{ position: string; epoch: number }>(
    'select position, epoch from road.relay',
  );
  return { position: Number(rows[0]?.position), epoch: rows[0]?.epoch ?? 0 };
}

async function asAdmin({ kafka }: Road, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = kafkaClient(kafka, 'spec', silent).admin();
  await admin.connect();
  await work(admin);
  await admin.disconnect();
}
