import type pg from 'pg';
import { readStreams } from './read.js';
import type { Row } from './recorded.js';

/** Queries at once. While there is a free one nobody waits; more would only take turns at the same two cores. */
const QUERIES_MAX = 4;

type Waiting = Readonly<{
  streams: readonly string[];
  resolve: (rows: readonly Row[]) => void;
  reject: (reason: unknown) => void;
}>;

/**
 * Reads streams for many commands at once: those that come while all queries are under way share the next one. Under
 * load that is one query for many commands, and alone it is no later than by oneself.
 */
export class StreamReads {
  private waiting: Waiting[] = [];
  private underWay = 0;

  constructor(private readonly pool: pg.Pool) {}

  /** The rows of these streams, each stream's in order. */
  of(streams: readonly string[]): Promise<readonly Row[]> {
    if (streams.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ streams, resolve, reject });
      if (this.underWay < QUERIES_MAX) void this.next();
    });
  }

  private async next(): Promise<void> {
    const asked = this.waiting;
    this.waiting = [];
    this.underWay += 1;
    try {
      const rows = await readStreams(this.pool, [...new Set(asked.flatMap(({ streams }) => streams))]);
      for (const { streams, resolve } of asked) {
        resolve(asked.length === 1 ? rows : rows.filter(({ stream }) => streams.includes(stream)));
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.underWay -= 1;
      if (this.waiting.length > 0) void this.next();
    }
  }
}
