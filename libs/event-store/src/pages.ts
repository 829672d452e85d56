import type pg from 'pg';
import { readEvents } from './read.js';
import type { Published } from './recorded.js';

const PAGE = 2_500;
/** Readers that are no further apart than so many pages share them. */
const KEPT = 3;

/** The log by pages, for several readers: what one has read and parsed serves the others that come by. */
export class Pages {
  private readonly kept = new Map<number, Promise<readonly Published[]>>();

  constructor(private readonly pool: pg.Pool) {}

  /** What follows a position; nothing only at the end of the log. Throws as `published` does. */
  async after(position: number): Promise<readonly Published[]> {
    const known = await this.kept.get(position);
    // One that was short is still what follows. One that was empty tells nothing of now.
    if (known && known.length > 0) return known;
    // Pages end at the same positions for all, wherever they began.
    const reading = readEvents(this.pool, position, PAGE - (position % PAGE));
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
