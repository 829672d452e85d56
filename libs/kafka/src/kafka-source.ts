import type { KafkaMessage } from 'kafkajs';
import type pg from 'pg';
import { Pages, pause, type Published, type Source } from '#event-store';
import type { Connect, KafkaSettings, Log } from './client.js';
import { consume } from './consumer.js';
import { fromMessage, header, sourceOf } from './envelope.js';
import { Inbox } from './inbox.js';

/** So many events that the log had and the topic did not bring: there are more, and no use in waiting for them. */
const FAR = 1_000;
/** After so long without an event the log is asked whether it has one. */
const QUIET_MS = 1_000;
/** The same, where the log had events that Kafka did not bring. */
const BEHIND_MS = 200;
const RETRY_MS = 1_000;
/** So many failures in a row are worth a warning: a Kafka that is starting refuses once or twice. */
const OUTAGE = 3;

export type KafkaSourceOptions = Readonly<{
  /** For paging the log; must be allowed to read it. */
  pool: pg.Pool;
  kafka: KafkaSettings;
  connect?: Connect;
  log: Log;
}>;

/**
 * The topic as a source, in position order. The topic makes it quick, the log makes it whole: what Kafka
 * brings late, not at all or from another log is read from the log instead. One consumer serves any number
 * of followers.
 */
export class KafkaSource implements Source {
  /** Each with the source whose messages it takes. */
  private readonly inboxes = new Map<Inbox, string>();
  private readonly closing = new AbortController();
  private readonly reading: Promise<void>;

  private constructor(
    private readonly options: KafkaSourceOptions,
    private readonly pages: Pages,
    /** Of the log, as it was when it was asked last. */
    private source: string,
  ) {
    this.reading = this.read();
  }

  /** Begins to read at once, also while Kafka is away. */
  static async open(options: KafkaSourceOptions): Promise<KafkaSource> {
    const pages = new Pages(options.pool);
    return new KafkaSource(options, pages, sourceOf(await pages.begin()));
  }

  /** Throws what Postgres throws, and `UnknownEvent` at an event that this version of Kosh does not know. */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly Published[]> {
    const inbox = new Inbox(after);
    const reader = this.pages.join();
    this.inboxes.set(inbox, this.source);
    try {
      await this.heedHistory(inbox);
      // At the start the log is asked at once.
      let patienceMs = 0;
      while (!signal.aborted) {
        await inbox.wait(patienceMs, signal);
        const came = inbox.take();
        if (came.length > 0) {
          patienceMs = QUIET_MS;
          yield came;
          continue;
        }
        const early = inbox.early();
        const page = await this.pages.after(reader, inbox.position, signal);
        const last = page.at(-1);
        if (last) {
          patienceMs = page.length < FAR ? BEHIND_MS : 0;
          inbox.skipTo(last.position);
          yield page;
        } else {
          patienceMs = QUIET_MS;
          inbox.drop(early);
        }
      }
    } finally {
      this.pages.leave(reader);
      this.inboxes.delete(inbox);
    }
  }

  /** Leaves the topic. Followers are ended by their own signals. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.reading;
  }

  /** The log may have been put back since it was asked: what came for its history before is nothing then. */
  private async heedHistory(inbox: Inbox): Promise<void> {
    this.source = sourceOf(await this.pages.begin());
    if (this.inboxes.get(inbox) === this.source) return;
    inbox.drop(inbox.early());
    this.inboxes.set(inbox, this.source);
  }

  /** Reads the topic until closed, beginning anew whenever that fails. Never rejects. */
  private async read(): Promise<void> {
    const { kafka, connect, log } = this.options;
    const { signal } = this.closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await consume({
          kafka,
          connect,
          signal,
          log,
          onJoined() {
            log.info({ topic: kafka.topic }, 'Events come through the topic.');
            failures = 0;
          },
          onMessages: (messages) => {
            this.hand(messages);
          },
        });
      } catch (error) {
        failures += 1;
        if (failures === OUTAGE) {
          const reason = error instanceof Error ? error.message : String(error);
          log.warn({ reason }, 'The topic cannot be read: events come from the log until it can.');
        }
        await pause(RETRY_MS, signal);
      }
    }
  }

  private hand(messages: readonly KafkaMessage[]): void {
    for (const message of messages) {
      const source = header(message, 'ce_source');
      const takers = [...this.inboxes].filter(([, own]) => own === source);
      if (takers.length === 0) continue;
      try {
        const event = fromMessage(message);
        for (const [inbox] of takers) inbox.offer(event);
      } catch (error) {
        // The log has the true one, or a follower will stop there.
        this.options.log.warn({ err: error, offset: message.offset }, 'A message is not an event: left out.');
      }
    }
  }
}
