import type { Admin, KafkaMessage, Message, Producer, ProducerConfig, ProducerRecord } from 'kafkajs';
import type { Connect, KafkaClient } from '#kafka';
import { type Link, Line } from './link.js';
import type { Machine } from './machine.js';
import type { World } from './world.js';

/** A message in a partition. */
class Landed {
  private known: KafkaMessage | undefined;

  constructor(
    readonly message: Message,
    private readonly offset: number,
  ) {}

  /** As kafkajs hands it over. */
  get received(): KafkaMessage {
    this.known ??= received(this.message, this.offset);
    return this.known;
  }
}

/** kafkajs tries again so often, each time after a longer while. */
const TRIES = 4;
const RETRY_MS = { from: 100, to: 300 };
const HEARTBEAT_MS = 3_000;
const FETCH_MAX = 50;
/** kafkajs waits so long for the answer to a request. */
const REQUEST_MS = 30_000;

type Witness = Readonly<{
  /** `late`: it was sent by someone who does not know that the topic was made anew. */
  landed: (partition: number, message: Message, late: boolean) => void;
  wiped: () => void;
}>;

/** A topic with partitions, as far as Kosh and kafkajs rely on one. */
export class Kafka {
  up = true;
  exists = false;
  partitions: Landed[][] = [];
  witness: Witness = { landed: () => undefined, wiped: () => undefined };
  readonly consumers = new Set<Consumer>();
  /** Of a request that it refuses for a reason of its own. */
  errors = 0;
  /** The broker that leads this partition is away. */
  leaderless: number | undefined;
  /** Of a request whose answer is lost. */
  silences = 0;
  producers = 0;
  /** Producers that were there when the topic was made; all of them, if it was not a relay that made it. */
  private earlier = 0;
  /** Of each producer and partition, the next sequence number, and where the last batch landed. */
  private readonly sequences = new Map<string, { next: number; base: number }>();

  constructor(readonly world: World) {}

  /** Begins with what another has. */
  recall(other: Kafka): void {
    this.exists = other.exists;
    this.partitions = other.partitions.map((landed) => [...landed]);
  }

  create(count: number, byRelay = true): boolean {
    if (this.exists) return false;
    this.exists = true;
    this.earlier = byRelay ? this.producers : Infinity;
    this.partitions = Array.from({ length: count }, () => []);
    return true;
  }

  /** The disks are lost, and the topic with them. Whoever has it open need not notice. */
  wipe(): void {
    this.world.tell('Kafka loses the topic');
    this.exists = false;
    this.partitions = [];
    this.sequences.clear();
    this.witness.wiped();
    for (const consumer of this.consumers) consumer.crash('UNKNOWN_TOPIC_OR_PARTITION');
  }

  /**
   * Takes a request's messages into a partition, all of them, unless it has them of this producer already. Answers the
   * offset of the first. A producer that it does not know may go on from any sequence number (KIP-360).
   */
  land(
    partition: number,
    messages: readonly Message[],
    producer: number,
    sequence: number,
    idempotent: boolean,
  ): number {
    const into = this.partitions[partition];
    if (!this.exists || !into) throw new Error('UNKNOWN_TOPIC_OR_PARTITION');
    if (partition === this.leaderless) throw new Error('NOT_LEADER_OR_FOLLOWER');
    const id = `${producer}/${partition}`;
    const before = this.sequences.get(id);
    if (idempotent && before && sequence < before.next) return before.base;
    if (idempotent && before && sequence > before.next) throw new Error('OUT_OF_ORDER_SEQUENCE_NUMBER');
    const base = into.length;
    this.sequences.set(id, { next: sequence + messages.length, base });
    for (const message of messages) {
      into.push(new Landed(message, into.length));
      this.witness.landed(partition, message, producer <= this.earlier);
    }
    this.world.tell(
      () => `Kafka has ${messages.map(({ headers }) => String(headers?.['ce_position'])).join(', ')}`,
    );
    for (const consumer of this.consumers) consumer.fetch(partition);
    return base;
  }
}

/** What a planted bug can put between the relay and kafkajs. */
export type Tamper = Readonly<{
  producer?: (config: ProducerConfig) => ProducerConfig;
  send?: (send: (record: ProducerRecord) => Promise<unknown>, record: ProducerRecord) => Promise<unknown>;
}>;

/** What speaks to the simulated Kafka in place of kafkajs. */
export function connectTo(machine: Machine, kafka: Kafka, link: Link, tamper: Tamper = {}): Connect {
  const requests = new Requests(machine, kafka, link);
  return () => ({
    admin: () => adminOf(requests, kafka),
    producer: (config) => producerOf(requests, kafka, tamper.producer?.(config) ?? config, tamper),
    // It has the events that Kosh listens to, and no more.
    consumer: () =>
      new Consumer(requests, kafka, machine, link) as unknown as ReturnType<KafkaClient['consumer']>,
  });
}

/** Requests of one client: each is tried again as kafkajs does it. */
class Requests {
  constructor(
    private readonly machine: Machine,
    private readonly kafka: Kafka,
    private readonly link: Link,
  ) {}

  /** Rejects when the last try has failed. A request that is not answered may still be carried out, then or later. */
  async send<T>(what: string, carryOut: () => T): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(what, carryOut);
      } catch (error) {
        if (attempt === TRIES) throw error;
        const { dice } = this.kafka.world;
        await new Promise((resolve) =>
          setTimeout(resolve, attempt * dice.between(RETRY_MS.from, RETRY_MS.to)),
        );
      }
    }
  }

  private attempt<T>(what: string, carryOut: () => T): Promise<T> {
    const { kafka, machine } = this;
    const { dice } = kafka.world;
    const line = new Line(machine, this.link);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Request timed out')), REQUEST_MS);
      const answer = (settle: () => void) => {
        line.toMachine(`answer to ${what}`, () => {
          machine.lines.delete(line);
          clearTimeout(timer);
          settle();
        });
      };
      line.toServer(what, () => {
        if (!kafka.up) return answer(() => reject(new Error('Connection refused')));
        if (dice.chance(kafka.errors)) return answer(() => reject(new Error('NOT_ENOUGH_REPLICAS')));
        try {
          const result = carryOut();
          if (dice.chance(kafka.silences)) answer(() => reject(new Error('Connection closed')));
          else answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      });
    });
  }
}

function adminOf(requests: Requests, kafka: Kafka) {
  const metadata = () => {
    const partitions = kafka.partitions.map((_, partitionId) => ({ partitionId }));
    return { topics: kafka.exists ? [{ name: 'kosh.events', partitions }] : [] };
  };
  const admin = {
    connect: () => requests.send('admin', () => undefined),
    disconnect: () => Promise.resolve(),
    fetchTopicMetadata: () => requests.send('metadata', metadata),
    fetchTopicOffsets: () =>
      requests.send('offsets', () => {
        if (!kafka.exists) throw new Error('UNKNOWN_TOPIC_OR_PARTITION');
        return kafka.partitions.map((messages, partition) => ({ partition, high: String(messages.length) }));
      }),
    createTopics: ({ topics }: Parameters<Admin['createTopics']>[0]) =>
      requests.send('create the topic', () => kafka.create(topics[0]?.numPartitions ?? 1)),
  };
  // The answers have what Kosh reads of kafkajs's, and no more.
  return admin as unknown as Admin;
}

function producerOf(requests: Requests, kafka: Kafka, config: ProducerConfig, tamper: Tamper): Producer {
  const sequences = new Map<number, number>();
  let id = 0;
  const send = async ({ messages }: ProducerRecord): Promise<unknown> => {
    const batches = new Map<number, Message[]>();
    for (const message of messages) {
      const batch = batches.get(message.partition ?? 0);
      if (batch) batch.push(message);
      else batches.set(message.partition ?? 0, [message]);
    }
    const sent = [...batches].map(([partition, batch]) => {
      const sequence = sequences.get(partition) ?? 0;
      sequences.set(partition, sequence + batch.length);
      return requests.send('produce', () => {
        const base = kafka.land(partition, batch, id, sequence, config.idempotent ?? false);
        return { partition, baseOffset: String(base) };
      });
    });
    return Promise.all(sent).catch(async (error: unknown) => {
      const states = (await Promise.allSettled(sent)).map(({ status }) => status);
      if (states.includes('fulfilled')) kafka.world.count('batch taken in part');
      throw error;
    });
  };
  const producer = {
    connect: () =>
      requests.send('producer', () => {
        kafka.producers += 1;
        id = kafka.producers;
      }),
    disconnect: () => Promise.resolve(),
    send: (record: ProducerRecord) => (tamper.send ? tamper.send(send, record) : send(record)),
  };
  // As above.
  return producer as unknown as Producer;
}

const EVENTS = {
  GROUP_JOIN: 'consumer.group_join',
  CRASH: 'consumer.crash',
  HEARTBEAT: 'consumer.heartbeat',
} as const;

type EachBatch = (payload: { batch: { messages: readonly KafkaMessage[] } }) => Promise<void>;

/** A consumer that is alone in its group. It begins at the end, and again at some place after each rebalance. */
class Consumer {
  readonly events = EVENTS;
  private readonly listeners = new Map<string, (event: { payload: { error: Error } }) => void>();
  private offsets: number[] = [];
  private readonly underWay = new Set<number>();
  /** The position of the latest event that came. */
  private furthest = 0;
  private eachBatch: EachBatch | undefined;
  private line: Line | undefined;

  constructor(
    private readonly requests: Requests,
    private readonly kafka: Kafka,
    readonly machine: Machine,
    private readonly link: Link,
  ) {}

  on(event: string, listener: (event: { payload: { error: Error } }) => void): () => void {
    this.listeners.set(event, listener);
    return () => this.listeners.delete(event);
  }

  connect(): Promise<void> {
    return this.requests.send('consumer', () => undefined);
  }

  subscribe(): Promise<void> {
    return this.requests.send('subscribe', () => {
      if (!this.kafka.exists) throw new Error('UNKNOWN_TOPIC_OR_PARTITION');
    });
  }

  async run({ eachBatch }: { eachBatch: EachBatch }): Promise<void> {
    await this.requests.send('join', () => {
      if (!this.kafka.exists) throw new Error('UNKNOWN_TOPIC_OR_PARTITION');
    });
    this.eachBatch = eachBatch;
    this.line = new Line(this.machine, this.link);
    this.line.onHungUp = () => this.leave();
    this.offsets = this.kafka.partitions.map(({ length }) => length);
    this.kafka.consumers.add(this);
    this.emit(EVENTS.GROUP_JOIN);
    this.beat();
  }

  disconnect(): Promise<void> {
    this.eachBatch = undefined;
    this.leave();
    return Promise.resolve();
  }

  /** The broker has something for it, or it asks for more. */
  fetch(partition: number): void {
    const { line, eachBatch } = this;
    const from = this.offsets[partition] ?? 0;
    const landed = this.kafka.partitions[partition]?.slice(from, from + FETCH_MAX) ?? [];
    if (!line || !eachBatch || landed.length === 0 || this.underWay.has(partition)) return;
    this.underWay.add(partition);
    this.offsets[partition] = from + landed.length;
    const messages = landed.map((one) => one.received);
    line.toMachine('messages', () => {
      this.underWay.delete(partition);
      if (this.eachBatch !== eachBatch) return;
      const first = Number(landed[0]?.message.headers?.['ce_position']);
      if (first < this.furthest) this.kafka.world.count('delivered out of order');
      this.furthest = Math.max(this.furthest, first);
      // It does not wait for anything, so the next batch may be asked for at once.
      void eachBatch({ batch: { messages } });
      this.fetch(partition);
    });
  }

  /** The group is made anew: messages come again, or are passed over. */
  rebalance(): void {
    const { dice } = this.kafka.world;
    this.kafka.world.tell(`the consumer of ${this.machine.name} joins again`);
    this.offsets = this.kafka.partitions.map(({ length }, partition) =>
      dice.chance(0.5) ? length : Math.max(0, (this.offsets[partition] ?? 0) - dice.below(8)),
    );
    this.line?.toMachine('group', () => this.emit(EVENTS.GROUP_JOIN));
    for (const partition of this.kafka.partitions.keys()) this.fetch(partition);
  }

  crash(why: string): void {
    this.line?.toMachine('consumer crash', () => {
      if (this.eachBatch) this.emit(EVENTS.CRASH, new Error(why));
    });
    this.leave();
  }

  private leave(): void {
    this.kafka.consumers.delete(this);
    if (this.line) this.machine.lines.delete(this.line);
  }

  private beat(): void {
    setTimeout(() => {
      if (!this.kafka.consumers.has(this)) return;
      if (this.link.whole && this.kafka.up) this.emit(EVENTS.HEARTBEAT);
      this.beat();
    }, HEARTBEAT_MS);
  }

  private emit(event: string, error = new Error('none')): void {
    this.listeners.get(event)?.({ payload: { error } });
  }
}

function received({ key, value, headers = {} }: Message, offset: number): KafkaMessage {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))] as const);
  return {
    key: Buffer.from(String(key)),
    value: Buffer.from(String(value)),
    headers: Object.fromEntries(bytes),
    offset: String(offset),
    timestamp: '0',
    attributes: 0,
  };
}
