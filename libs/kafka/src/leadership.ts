import type pg from 'pg';
import { Bell, type History, historyOf, pause, readPage, type Row, within } from '#event-store';

const STAND_BY_MS = 1_000;
/**
 * A leader that gets no answer for so long steps down. With the longest that an attempt at Kafka may take
 * in between, nobody leads for more than 10 s without knowing that the lock is held.
 */
const STATEMENT_MS = 3_000;
/** How long to wait for a wake-up before looking by itself: notifications may be lost, the log may not. */
const POLL_MS = 250;

/** Somebody else leads by now. */
export class Deposed extends Error {
  override readonly name = 'Deposed';
}

/**
 * The right to carry the log on, held by one process at a time: a lock that lives as long as its
 * connection, and an epoch that counts the leaders. Everything goes through that one connection, so each
 * answer proves the lock anew.
 */
export class Leadership {
  private constructor(
    private readonly client: pg.PoolClient,
    private readonly appended: Bell,
    private readonly name: string,
    /** Of the log, which cannot change while this connection lives. */
    readonly history: History,
    readonly epoch: number,
    private cursor: number,
  ) {}

  /** Stands by until nobody else leads; undefined when aborted before that. */
  static async take(pool: pg.Pool, name: string, signal: AbortSignal): Promise<Leadership | undefined> {
    const client = await pool.connect();
    const appended = new Bell();
    client.on('notification', () => {
      appended.ring();
    });
    // A connection that breaks says so to the next statement.
    client.on('error', () => undefined);
    try {
      await answered(client.query(SESSION));
      while (!(await locked(client, name))) {
        await pause(STAND_BY_MS, signal);
        if (signal.aborted) {
          client.release(true);
          return undefined;
        }
      }
      const { position, epoch } = await begin(client, name);
      return new Leadership(client, appended, name, await answered(historyOf(client)), epoch, position);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** What is in the topic up to here was acknowledged. */
  get position(): number {
    return this.cursor;
  }

  /** The next rows of the log, at most `limit`. */
  rows(limit: number): Promise<readonly Row[]> {
    return answered(readPage(this.client, this.cursor, limit));
  }

  /** Until something was appended since the last look, or it is time to look anyway. */
  wait(signal: AbortSignal): Promise<void> {
    return this.appended.wait(POLL_MS, signal);
  }

  /** Throws `Deposed` where the cursor is not where this leader left it. */
  async moveTo(position: number): Promise<void> {
    const { rowCount } = await answered(
      this.client.query(
        'update road.relay set position = $1 where name = $2 and epoch = $3 and position = $4',
        [position, this.name, this.epoch, this.cursor],
      ),
    );
    if (rowCount !== 1) throw new Deposed(`The relay of epoch ${this.epoch} no longer leads.`);
    this.cursor = position;
  }

  /** To be called where nothing else is asked for a while: throws if the lock may be lost. */
  renew(): Promise<void> {
    return this.moveTo(this.cursor);
  }

  end(): void {
    this.client.release(true);
  }
}

/** A leader whose machine is gone must not keep the lock: with this the server finds out within 10 s. */
const SESSION = `
  set tcp_keepalives_idle = 4;
  set tcp_keepalives_interval = 2;
  set tcp_keepalives_count = 3;
  listen kosh_log`;

async function locked(client: pg.PoolClient, name: string): Promise<boolean> {
  const { rows } = await answered(
    client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('kosh relay ' || $1, 0)) as locked`,
      [name],
    ),
  );
  return rows[0]?.locked === true;
}

async function begin(client: pg.PoolClient, name: string): Promise<{ position: number; epoch: number }> {
  const { rows } = await answered(
    client.query<{ position: string; epoch: number }>(
      `insert into road.relay as relay (name, position, epoch) values ($1, 0, 1)
         on conflict (name) do update set epoch = relay.epoch + 1
         returning position, epoch`,
      [name],
    ),
  );
  const [row] = rows;
  if (!row) throw new Error(`The cursor ${name} of the relay was not written.`);
  return { position: Number(row.position), epoch: row.epoch };
}

function answered<T>(statement: Promise<T>): Promise<T> {
  return within(statement, STATEMENT_MS, 'A statement of the relay');
}
