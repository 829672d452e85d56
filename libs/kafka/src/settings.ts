import type { KafkaSettings } from './client.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Kafka as the environment names it (`KAFKA_BROKERS`, `KAFKA_TOPIC`, `KAFKA_PARTITIONS`); undefined without
 * brokers. What is wrong is added to `reasons`, each with its name and remedy.
 */
export function kafkaSettingsFrom(env: Environment, reasons: string[]): KafkaSettings | undefined {
  const { KAFKA_BROKERS = '' } = env;
  if (KAFKA_BROKERS === '') return undefined;
  const brokers = KAFKA_BROKERS.split(',').map((broker) => broker.trim());
  if (!brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker))) {
    reasons.push(`KAFKA_BROKERS is a comma list of host:port, not ${KAFKA_BROKERS}.`);
  }
  return { brokers, ...topicSettingsFrom(env, reasons) };
}

/** The topic alone, for whoever describes it without speaking to Kafka. */
export function topicSettingsFrom(
  { KAFKA_TOPIC: topic = 'kosh.events', KAFKA_PARTITIONS = '12' }: Environment,
  reasons: string[],
): Pick<KafkaSettings, 'topic' | 'partitions'> {
  const partitions = Number(KAFKA_PARTITIONS);
  mustBeTopic('KAFKA_TOPIC', topic, reasons);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1_000) {
    reasons.push(`KAFKA_PARTITIONS is a whole number from 1 to 1000, not ${KAFKA_PARTITIONS}.`);
  }
  return { topic, partitions };
}

/** The topic of signed checkpoints (`KAFKA_CHECKPOINT_TOPIC`). */
export function checkpointTopicFrom(
  { KAFKA_CHECKPOINT_TOPIC: topic = 'kosh.checkpoints' }: Environment,
  reasons: string[],
): string {
  mustBeTopic('KAFKA_CHECKPOINT_TOPIC', topic, reasons);
  return topic;
}

function mustBeTopic(setting: string, topic: string, reasons: string[]): void {
  if (/^[\w.-]{1,249}$/.test(topic)) return;
  reasons.push(`${setting} is a name of letters, digits, dots, dashes and underscores, not ${topic}.`);
}
