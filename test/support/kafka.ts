import { beforeAll, describe } from '@jest/globals';

const START_TIMEOUT_MS = 90_000;

/** The brokers of the run's one Kafka, which the first call starts. Make topics of your own in it. */
export async function kafkaBrokers(): Promise<string> {
  const given = process.env.KOSH_TEST_KAFKA;
  if (given) return given;
  const door = process.env.KOSH_TEST_KAFKA_DOOR;
  if (door === undefined)
    throw new Error('There is no Kafka in this run: put the spec into describeWithKafka.');
  const response = await fetch(door);
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer;
}

/**
 * Specs that need a Kafka. Where none can be had they are skipped, and the closing line of the run names
 * them.
 */
export function describeWithKafka(name: string, specs: () => void): void {
  const without = process.env.KOSH_TEST_KAFKA_REMEDY !== undefined;
  const suite = without ? describe.skip : describe;
  suite(without ? `${name} (needs Kafka)` : name, () => {
    beforeAll(kafkaBrokers, START_TIMEOUT_MS);
    specs();
  });
}
