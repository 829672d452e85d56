import type pg from 'pg';
import { pause } from '#event-store';
import type { Connect, KafkaSettings, Log } from './client.js';
import { toMessage } from './envelope.js';
import { Leadership } from './leadership.js';
import { KafkaAway, openTopic, TopicReplaced, WrongTopic } from './topic.js';

/** Messages of one request. */
const BATCH = 500;
const RETRY_MS = 1_000;

/** Standing by while another leads; leading; leading, but Kafka does not take what is sent. */
export type RelayState = 'standby' | 'leading' | 'kafka-away';

export type RelayOptions = Readonly<{
  /** With the rights of `kosh_projector`. One of its connections is held all the time. */
  pool: pg.Pool;
  kafka: KafkaSettings;
  connect?: Connect;
  signal: AbortSignal;
  log: Log;
  /** Told what it changes to. It begins as a standby. */
  onState?: (state: RelayState) => void;
  /** Told what Kafka has acknowledged. */
  onPublished?: (messages: number) => void;
}>;

/**
 * Carries the log to the topic until aborted: at least once, first occurrences in order. Of several relays
 * one leads. It waits for Kafka and for Postgres as long as it takes, and throws nothing but `WrongTopic`.
 */
export async function runRelay(options: RelayOptions): Promise<void> {
  const { signal, log } = options;
  while (!signal.aborted) {
    try {
      await lead(options);
    } catch (error) {
      if (error instanceof WrongTopic) throw error;
      log.warn({ err: error }, 'The relay begins again as a standby.');
      await pause(RETRY_MS, signal);
    }
  }
}

async function lead(options: RelayOptions): Promise<void> {
  const { pool, kafka, signal, log, onState } = options;
  const leadership = await Leadership.take(pool, kafka.topic, signal);
  if (!leadership) return;
  log.info({ epoch: leadership.epoch, position: leadership.position }, 'This relay leads.');
  try {
    let away = false;
    const onOpen = () => {
      log.info({ topic: kafka.topic, position: leadership.position }, 'The log goes to the topic.');
      onState?.('leading');
      away = false;
    };
    while (!signal.aborted) {
      try {
        await carry(options, leadership, onOpen);
      } catch (error) {
        if (!(error instanceof KafkaAway)) throw error;
        if (!away)
          log.warn({ reason: error.message }, 'Kafka is away: the relay tries again until it is back.');
        away = true;
        onState?.('kafka-away');
        await pause(RETRY_MS, signal);
        await leadership.renew();
      }
    }
  } finally {
    leadership.end();
    onState?.('standby');
  }
}

/** Opens the topic and sends what the log has, until aborted. Throws `KafkaAway`. */
async function carry(options: RelayOptions, leadership: Leadership, onOpen: () => void): Promise<void> {
  const { kafka, signal, log, onPublished } = options;
  const topic = await openTopic(kafka, log, options.connect);
  onOpen();
  try {
    const { messages } = topic;
    const { position } = leadership;
    if (messages < position) {
      log.warn({ position, messages }, 'The topic has lost messages: the whole log is sent again.');
      await leadership.moveTo(0);
    }
    while (!signal.aborted) {
      const rows = await leadership.rows(BATCH);
      const last = rows.at(-1);
      if (last) {
        await topic.send(rows.map((row) => toMessage(row, leadership.history, kafka.partitions)));
        await leadership.moveTo(last.position);
        onPublished?.(rows.length);
      } else {
        await leadership.wait(signal);
      }
    }
  } catch (error) {
    // At once: by its count of messages alone the new one might pass for whole, with what it was just sent.
    if (error instanceof TopicReplaced) await leadership.moveTo(0);
    throw error;
  } finally {
    await topic.close();
  }
}
