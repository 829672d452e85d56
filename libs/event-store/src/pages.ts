import type pg from 'pg';
import { type History, historyOf } from './epochs.js';
import { copyEvents, readEvents } from './read.js';
import type { Published } from './recorded.js';

const PAGE = 2_500;
/** Readers that are no further apart than so many pages share them. */
const KEPT = 3;

/** The log by pages, for several readers: what one has read and parsed serves the others that come by. */
export class Pages {
  private readonly kept = new Map<number, Promise<readonly Published[]>>();
  private history: History | undefined;

  constructor(private readonly pool: pg.Pool) {}

  /**
   * To be called by each reader before its first page: what was kept of another history of the log is forgotten. While
   * a reader holds a connection the history stays, since a log is put back only where nobody has one.
   */
  async begin(): Promise<History> {
    const now = await historyOf(this.pool);
    const { logId, epoch } = this.history ?? now;
    if (logId !== now.logId || epoch !== now.epoch) this.kept.clear();
    this.history = now;
    return now;
  }

  /** What follows a position; nothing only at the end of the log. Throws as `published` does. */
  async after(position: number): Promise<readonly Published[]> {
    const known = await this.kept.get(position);
    // One that was short is still what follows. One that was empty tells nothing of now.
    if (known && known.length > 0) return known;
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
