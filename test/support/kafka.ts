import { beforeAll, describe } from '@jest/globals';
import { kafkaBrokers } from './brokers.js';

export { kafkaBrokers };

const START_TIMEOUT_MS = 90_000;

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
