import {
  type Admin,
  type AdminConfig,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  logLevel,
  type Producer,
  type ProducerConfig,
  type RetryOptions,
} from 'kafkajs';

export type KafkaSettings = Readonly<{
  /** `host:port`, at least one. */
  brokers: readonly string[];
  topic: string;
  /** Of the topic. It never changes: another count is another topic. */
  partitions: number;
}>;

/** Where this library says what it does. A pino logger is one. */
export type Log = Readonly<{
  debug: (fields: object, message: string) => void;
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
}>;

type Calls = {
  admin: 'connect' | 'createTopics' | 'disconnect' | 'fetchTopicMetadata' | 'fetchTopicOffsets';
  producer: 'connect' | 'disconnect' | 'send';
  consumer: 'connect' | 'disconnect' | 'events' | 'on' | 'run' | 'subscribe';
};

/** What Kosh asks of kafkajs. */
export type KafkaClient = Readonly<{
  admin: (config: AdminConfig) => Pick<Admin, Calls['admin']>;
  producer: (config: ProducerConfig) => Pick<Producer, Calls['producer']>;
  consumer: (config: ConsumerConfig) => Pick<Consumer, Calls['consumer']>;
}>;

/** How a client is had: `kafkaClient`, where nothing else is said. */
export type Connect = (settings: KafkaSettings, name: string, log: Log) => KafkaClient;

/** kafkajs tries a request again at most so often; whoever asked decides what comes after that. */
export const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };

/** A client. `name` tells the broker's operator which part of Kosh it is. */
export function kafkaClient(settings: KafkaSettings, name: string, log: Log): Kafka {
  return new Kafka({
    clientId: `kosh-${name}`,
    brokers: [...settings.brokers],
    connectionTimeout: 3_000,
    retry: RETRY,
    logLevel: logLevel.INFO,
    // Lower than kafkajs says: what it calls an error it tries again, and that Kafka is away we say
    // ourselves, once.
    logCreator: () => (entry) => {
      const { message, ...fields } = entry.log;
      if (entry.level === logLevel.ERROR) log.info({ kafkajs: fields }, message);
      else log.debug({ kafkajs: fields }, message);
    },
  });
}
