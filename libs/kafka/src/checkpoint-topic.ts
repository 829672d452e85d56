import { type KafkaSettings, type Log } from './client.js';
import type { Message } from './envelope.js';
import { openTopic, type Topic } from './topic.js';

/** A signed checkpoint, as the topic takes it. */
export type CheckpointMessage = Readonly<{
  /** `kosh/<log id>` */
  origin: string;
  size: number;
  recordedAt: string;
  /** The signed note. */
  note: string;
}>;

/**
 * The topic of checkpoints: one partition, kept for ever. A place that whoever can write to the database cannot
 * rewrite.
 */
export class CheckpointTopic {
  private topic: Promise<Topic> | undefined;
  private readonly used = new WeakSet<Topic>();

  constructor(
    private readonly kafka: Pick<KafkaSettings, 'brokers' | 'topic'>,
    private readonly log: Log,
  ) {}

  /**
   * Done when every replica in sync has them; answers whether the topic had none before. Throws `KafkaAway` or
   * `WrongTopic`; then it may be called again.
   */
  async send(checkpoints: readonly CheckpointMessage[]): Promise<Readonly<{ wasEmpty: boolean }>> {
    this.topic ??= openTopic({ ...this.kafka, partitions: 1 }, this.log);
    try {
      const topic = await this.topic;
      await topic.send(checkpoints.map(checkpointMessage));
      const wasEmpty = topic.messages === 0 && !this.used.has(topic);
      this.used.add(topic);
      return { wasEmpty };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const topic = await this.topic?.catch(() => undefined);
    this.topic = undefined;
    await topic?.close();
  }
}

/** CloudEvents 1.0, binary mode; the value is the note, byte for byte. */
export function checkpointMessage({ origin, size, recordedAt, note }: CheckpointMessage): Message {
  return {
    key: origin,
    partition: 0,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ce_specversion: '1.0',
      ce_id: `checkpoint/${size}`,
      ce_type: 'kosh.checkpoint.v1',
      ce_source: `/${origin}`,
      ce_time: recordedAt,
    },
    value: note,
  };
}
