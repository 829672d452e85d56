import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeWithKafka, kafkaBrokers } from '../../../test/support/kafka.js';
import { Follower, Road, silent, until } from '../test/road.js';
import type { Message } from './envelope.js';
import { KafkaSource } from './kafka-source.js';
import { openTopic } from './topic.js';

describeWithKafka('the topic as a source', () => {
  let road: Road;
  let source: KafkaSource;
  let joined: number;
  let warned: number;

  beforeEach(async () => {
    joined = 0;
    warned = 0;
    road = await Road.open(await kafkaBrokers());
    const topic = await openTopic(road.kafka, silent);
    await topic.close();
    source = await KafkaSource.open({
      pool: road.pool,
      kafka: road.kafka,
      log: {
        ...silent,
        info: (_, message) => {
          if (message === 'Events come through the topic.') joined += 1;
        },
        warn: () => {
          warned += 1;
        },
      },
    });
    road.closing.push(() => source.close());
    await until(() => joined === 1, 'the consumer');
  });

  afterEach(() => road.close());

  it('gives every event once, in order, doubled, reordered and with holes as the topic may be', async () => {
    const follower = new Follower(road, source, 0);
    for (const seed of [1, 2, 3]) {
      const messages = await record(road, 200);
      await road.send(shuffled(messages, seed, 150), shuffled(messages, -seed, 0));
    }
    await until(() => follower.events.length >= 600, 'all of them');
    expect(follower.positions).toEqual(upTo(600));
  });

  it('takes an event as the topic brings it, before the log is asked', async () => {
    const follower = new Follower(road, source, 0);
    await road.append(1);
    await until(() => follower.events.length === 1, 'an event of the log');
    await road.send([await invented(road, 2)]);
    await until(() => follower.events.length === 2, 'the event');
    expect(follower.events[1]?.event.data).toEqual({ diedOn: '1998' });
  });

  it('reads from the log what the topic does not bring', async () => {
    const follower = new Follower(road, source, 0);
    await road.append(3);
    await until(() => follower.events.length === 3, 'the events');
    expect(follower.positions).toEqual([1, 2, 3]);
  });

  it('is not misled by messages of another log, nor by what is no event', async () => {
    const follower = new Follower(road, source, 0);
    const message = await invented(road);
    const but = (headers: Record<string, string>) => ({
      ...message,
      headers: { ...message.headers, ...headers },
    });
    await road.send([
      but({ ce_source: '/kosh/another' }),
      { ...message, headers: {} },
      but({ ce_position: '-1' }),
      but({ ce_type: 'kosh.MigrantTeleported.v1' }),
    ]);
    await until(() => warned === 2, 'the warnings');
    await road.append(1);
    await until(() => follower.events.length === 1, 'the event');
    expect(follower.events[0]?.event.data).toEqual({ diedOn: '1997-05' });
  });

  it('gives nothing of the history before the log was put back, neither from the topic nor from memory', async () => {
    await road.send(await record(road, 3));
    const before = new Follower(road, source, 0);
    await until(() => before.events.length === 3, 'the first history');
    const lost = await invented(road, 3);
    await road.putBack(2);
    const after = new Follower(road, source, 0);
    await road.send([lost]);
    await until(() => after.events.length === 2, 'what was put back');
    await road.send(await record(road, 1));
    await until(() => after.events.length === 3, 'what came after');
    expect(after.positions).toEqual([1, 2, 3]);
    expect(after.events[2]?.event.data).toEqual({ diedOn: '1997-05' });
  });

  it('serves each follower from its own cursor, through one consumer', async () => {
    await road.send(await record(road, 10));
    const [all, last] = [new Follower(road, source, 0), new Follower(road, source, 7)];
    await until(() => all.events.length === 10 && last.events.length === 3, 'both');
    await road.send(await record(road, 10));
    await until(() => all.events.length === 20 && last.events.length === 13, 'both again');
    expect([all.positions, last.positions]).toEqual([upTo(20), upTo(20).slice(7)]);
    expect(joined).toBe(1);
  });
});

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** At least so many of them, in another order. */
function shuffled(messages: readonly Message[], seed: number, minLength: number): readonly Message[] {
  return fc.sample(fc.shuffledSubarray([...messages], { minLength }), { numRuns: 1, seed })[0] ?? [];
}

/** Records so many events and answers their messages, which no relay sends. */
async function record(road: Road, count: number): Promise<Message[]> {
  const before = await road.rows();
  await road.append(count);
  const after = await road.rows();
  return road.messagesOf(after.slice(before.length));
}

/** The message of an event that the log does not have. */
async function invented(road: Road, position = 1): Promise<Message> {
  const stream = 'case-01890a5d-ac96-774b-bcce-b302099a8057';
  const body = '{"diedOn":"1998"}';
  const recordedAt = '2026-11-24T08:00:00.000Z';
  const [message] = await road.messagesOf([
    {
      position,
      stream,
      version: 1,
      type: 'MigrantDied',
      schemaVersion: 1,
      occurredOn: '1998',
      recordedAt,
      body,
      meta: '{}',
      sealed: null,
      hash: Buffer.alloc(32),
    },
  ]);
  if (!message) throw new Error('Every row has a message.');
  return message;
}
