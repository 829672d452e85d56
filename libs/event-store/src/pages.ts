import type pg from 'pg';
import { type History, historyOf } from './epochs.js';
import { Bell } from './patience.js';
import { copyEvents, readEvents } from './read.js';
import type { Published } from './recorded.js';

const PAGE = 2_500;
/** Readers that are no further apart than so many pages share them. */
const KEPT = 3;
/** So long the first of them waits for the last, several times what a page takes: who is slower is left behind. */
const PATIENCE_MS = 250;

type Reader = {
  /** Rings when another reader goes on. */
  readonly bell: Bell;
  /** The position that it asked for last. */
  at: number;
  /** Nobody waits for it until it has caught up. */
  isBehind: boolean;
};

/** The log by pages, for several readers: what one has read and parsed serves the others that come by. */
export class Pages {
  private readonly kept = new Map<number, Promise<readonly Published[]>>();
  private readonly readers = new Set<Reader>();
  private history: History | undefined;

  constructor(private readonly pool: pg.Pool) {}

  /**
   * To be called for each reader before its first page: what was kept of another history of the log is forgotten. While
   * a reader holds a connection the history stays, since a log is put back only where nobody has one.
   */
  async begin(): Promise<History> {
    const now = await historyOf(this.pool);
    const { logId, epoch } = this.history ?? now;
    if (logId !== now.logId || epoch !== now.epoch) this.kept.clear();
    this.history = now;
    return now;
  }

  /** One more who reads. To `leave` when it ends. */
  join(): Reader {
    const reader = { bell: new Bell(), at: -1, isBehind: false };
    this.readers.add(reader);
    return reader;
  }

  leave(reader: Reader): void {
    this.readers.delete(reader);
    this.wake();
  }

  /** What follows a position; nothing only at the end of the log. Throws as `published` does. */
  async after(reader: Reader, position: number, signal: AbortSignal): Promise<readonly Published[]> {
    reader.at = position;
    this.wake();
    for (let waited = false; ; waited = true) {
      const known = await this.kept.get(position);
      // One that was short is still what follows. One that was empty tells nothing of now.
      if (known && known.length > 0) {
        reader.isBehind = false;
        return known;
      }
      if (waited || position % PAGE !== 0) return this.read(position);
      await this.letOthersCome(reader, signal);
    }
  }

  /** Before a page that others go on with is dropped for one more, they get a moment to come by. */
  private async letOthersCome({ bell }: Reader, signal: AbortSignal): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const others = this.whoGoOnWithTheOldest();
      if (others.length === 0 || signal.aborted) return;
      const left = until - performance.now();
      if (left > 0) await bell.wait(left, signal);
      else for (const other of others) other.isBehind = true;
    }
  }

  private whoGoOnWithTheOldest(): readonly Reader[] {
    const [oldest] = this.kept.keys();
    if (this.kept.size < KEPT || oldest === undefined) return [];
    return [...this.readers].filter(({ at, isBehind }) => !isBehind && at < oldest && at >= oldest - PAGE);
  }

  private wake(): void {
    for (const { bell } of this.readers) bell.ring();
  }

  private read(position: number): Promise<readonly Published[]> {
    // Pages end at the same positions for all, wherever they began.
    const already = position % PAGE;
    // Who stands where a page ends has mostly read one that was full, and another follows.
    const read = already === 0 ? copyEvents : readEvents;
    const reading = read(this.pool, position, PAGE - already);
    this.keep(position, reading);
    return reading;
  }

  private keep(position: number, reading: Promise<readonly Published[]>): void {
    this.kept.delete(position);
    this.kept.set(position, reading);
    reading.catch(() => this.kept.delete(position));
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
