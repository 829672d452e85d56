import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { within } from '#event-store';
import {
  type Connect,
  kafkaClient,
  type KafkaClient,
  type KafkaSettings,
  type Log,
  RETRY,
} from './client.js';

/** The broker answers at once when there is something; with nothing it holds a request for so long. */
const MAX_WAIT_MS = 250;
/**
 * kafkajs sends a heartbeat every 3 s. A consumer that sends none is given up: it may hang without a word.
 */
const SILENCE_MS = 20_000;
const LISTEN_MS = 2_000;
const CLOSE_MS = 3_000;

type Consumer = ReturnType<KafkaClient['consumer']>;

export type ConsumerOptions = Readonly<{
  kafka: KafkaSettings;
  connect?: Connect | undefined;
  signal: AbortSignal;
  log: Log;
  /** Told when the consumer has all partitions. */
  onJoined: () => void;
  /** Must not throw. */
  onMessages: (messages: readonly KafkaMessage[]) => void;
}>;

/**
 * Reads all partitions of the topic from now on, until aborted; throws when it cannot go on. Offsets are
 * not kept: each call is a group of its own, which the broker forgets when it is empty.
 */
export async function consume(options: ConsumerOptions): Promise<void> {
  const { kafka, connect = kafkaClient, signal, log } = options;
  const consumer = connect(kafka, 'reader', log).consumer({
    groupId: `kosh-reader-${randomUUID()}`,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    // Whoever called begins anew with a new client: not every consumer that kafkajs restarts comes back to
    // life.
    retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
  });
  const { ended, forget } = watch(consumer, signal);
  try {
    await Promise.race([start(consumer, options), ended]);
    const failure = await ended;
    if (failure) throw failure;
  } finally {
    forget();
    await within(consumer.disconnect(), CLOSE_MS, 'Leaving the topic').catch(() => undefined);
  }
}

async function start(consumer: Consumer, { kafka, onJoined, onMessages }: ConsumerOptions): Promise<void> {
  consumer.on(consumer.events.GROUP_JOIN, onJoined);
  await consumer.connect();
  await consumer.subscribe({ topic: kafka.topic });
  await consumer.run({
    autoCommit: false,
    eachBatch({ batch }) {
      onMessages(batch.messages);
      return Promise.resolve();
    },
  });
}

/** `ended` is settled by the abort (with nothing), or by what went wrong; it never rejects. */
function watch(consumer: Consumer, signal: AbortSignal) {
  let heardAt = performance.now();
  let end: (failure?: Error) => void = () => undefined;
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  const onAbort = () => {
    end();
  };
  const silence = setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS)
      end(new Error(`The consumer was silent for ${SILENCE_MS} ms.`));
  }, LISTEN_MS);
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    end(payload.error);
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    heardAt = performance.now();
  });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) end();
  return {
    ended,
    forget: () => {
      clearInterval(silence);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
