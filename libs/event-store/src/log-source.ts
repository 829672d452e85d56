import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { published, readPage } from './read.js';
import type { Published, Source } from './recorded.js';

/** How long to wait for a wake-up before looking by itself: notifications may be lost, the log may not. */
const POLL_MS = 250;
const PAGE = 5_000;

/** The log itself as a source. Woken by the append's notification; the page after the cursor is the truth. */
export class LogSource implements Source {
  constructor(private readonly pool: pg.Pool) {}

  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly Published[]> {
    const wake = new Wake(this.pool);
    try {
      let cursor = after;
      while (!signal.aborted) {
        const seen = await wake.arm();
        const rows = await readPage(this.pool, cursor, PAGE);
        const last = rows.at(-1);
        if (last === undefined) {
          await wake.wait(seen, signal);
        } else {
          yield rows.map(published);
          cursor = last.position;
        }
      }
    } finally {
      wake.close();
    }
  }
}

/** Waits for «something was appended», by LISTEN on a connection of its own, and by a timer in any case. */
export class Wake {
  private readonly bell = new EventEmitter();
  private client: pg.PoolClient | undefined;
  private rings = 0;

  constructor(private readonly pool: pg.Pool) {}

  /** To be called before looking at the log: a ring between the look and the wait is then not missed. */
  async arm(): Promise<number> {
    if (this.client === undefined) await this.listen();
    return this.rings;
  }

  /** Returns at the first ring since `arm`, after 250 ms, or when aborted. */
  async wait(seen: number, signal: AbortSignal): Promise<void> {
    if (this.rings !== seen || signal.aborted) return;
    const enough = AbortSignal.any([signal, AbortSignal.timeout(POLL_MS)]);
    await once(this.bell, 'ring', { signal: enough }).catch(() => undefined);
  }

  close(): void {
    this.client?.release(true);
    this.client = undefined;
  }

  /** Without a connection the timer alone does it, and the next `arm` tries again. */
  private async listen(): Promise<void> {
    try {
      const client = await this.pool.connect();
      client.on('notification', () => {
        this.rings += 1;
        this.bell.emit('ring');
      });
      client.on('error', () => {
        if (this.client === client) this.close();
      });
      await client.query('listen kosh_log');
      this.client = client;
    } catch {
      this.client = undefined;
    }
  }
}
