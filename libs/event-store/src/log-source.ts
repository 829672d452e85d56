import type pg from 'pg';
import { Pages } from './pages.js';
import { Bell } from './patience.js';
import type { Published, Source } from './recorded.js';

/** How long to wait for a wake-up before looking by itself: notifications may be lost, the log may not. */
const POLL_MS = 250;

/** The log itself as a source. Woken by the append's notification; the page after the cursor is the truth. */
export class LogSource implements Source {
  private readonly pages: Pages;

  constructor(private readonly pool: pg.Pool) {
    this.pages = new Pages(pool);
  }

  async *follow(after: number, signal: AbortSignal): AsyncGenerator<readonly Published[]> {
    const wake = new Wake(this.pool);
    const reader = this.pages.join();
    try {
      await this.pages.begin();
      let cursor = after;
      while (!signal.aborted) {
        await wake.listen();
        const page = await this.pages.after(reader, cursor, signal);
        const last = page.at(-1);
        if (last === undefined) {
          await wake.wait(signal);
        } else {
          yield page;
          cursor = last.position;
        }
      }
    } finally {
      this.pages.leave(reader);
      wake.close();
    }
  }
}

/** Waits for «something was appended», by LISTEN on a connection of its own, and by a timer in any case. */
class Wake {
  private readonly bell = new Bell();
  private client: pg.PoolClient | undefined;

  constructor(private readonly pool: pg.Pool) {}

  /** To be called before looking at the log. Without a connection the timer alone does it, until the next call. */
  async listen(): Promise<void> {
    if (this.client !== undefined) return;
    const client = await this.pool.connect().catch(() => undefined);
    if (client === undefined) return;
    this.client = client;
    client.on('notification', () => this.bell.ring());
    client.on('error', () => this.close(client));
    await client.query('listen kosh_log').catch(() => this.close(client));
  }

  /** Returns when it rang since the last wait, after 250 ms, or when aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return this.bell.wait(POLL_MS, signal);
  }

  close(client = this.client): void {
    if (client === undefined || this.client !== client) return;
    this.client = undefined;
    client.release(true);
  }
}
