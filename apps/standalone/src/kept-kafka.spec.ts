import { describe, expect, it } from '@jest/globals';
import type { Kafka } from '#embedded';
import { keepKafka } from './kept-kafka.js';

/** Stands for a broker: `die` is what the kernel or a person does to it. */
function broker(brokers = '127.0.0.1:9092') {
  let die: (how: string) => void = () => undefined;
  const died = new Promise<string>((resolve) => {
    die = resolve;
  });
  const ends: string[] = [];
  const end = (how: string) => () => {
    ends.push(how);
    return Promise.resolve();
  };
  const kafka: Kafka = { brokers, pid: 1, died, stop: end('stop'), kill: end('kill') };
  return { kafka, ends, die };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a Kafka that dies', () => {
  it('is started again, and both are told in plain words', async () => {
    const [first, second] = [broker(), broker()];
    const starts = [first.kafka, second.kafka];
    const said: string[] = [];
    const start = async () => starts.shift() ?? Promise.reject(new Error('once too often'));
    const kept = await keepKafka(start, (line) => said.push(line), [1]);
    first.die('SIGKILL');
    await until(() => said.length === 2);
    expect(said).toEqual([
      expect.stringMatching(/^Kafka has ended \(SIGKILL\) and is started again/),
      expect.stringMatching(/^Kafka is back/),
    ]);
    await kept.stop();
    expect([first.ends, second.ends]).toEqual([[], ['stop']]);
  });

  it('is given up after some tries, with the remedy, and Kosh can still be stopped', async () => {
    const first = broker();
    const elsewhere = broker('127.0.0.1:5');
    const starts = [first.kafka, elsewhere.kafka];
    const said: string[] = [];
    const start = async () => starts.shift() ?? Promise.reject(new Error('no room on the disk'));
    const kept = await keepKafka(start, (line) => said.push(line), [1, 1]);
    first.die('exit code 1');
    await until(() => said.length === 4);
    expect(said.slice(1)).toEqual([
      expect.stringContaining('another program has taken 127.0.0.1:9092'),
      expect.stringContaining('no room on the disk'),
      expect.stringMatching(/^Kafka is given up after 2 tries.*start it again/),
    ]);
    expect(elsewhere.ends).toEqual(['stop']);
    await kept.stop();
  });

  it('is not started again by a Kosh that stops', async () => {
    const first = broker();
    let starts = 0;
    const start = () => {
      starts += 1;
      return Promise.resolve(first.kafka);
    };
    const kept = await keepKafka(start, () => undefined, [60_000]);
    first.die('SIGTERM');
    await kept.stop();
    expect(starts).toBe(1);
  });
});
