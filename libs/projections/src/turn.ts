import type pg from 'pg';
import { pause } from '#event-store';

/** A standby looks this often whether the active one has gone. */
const STANDBY_MS = 250;

/** A lock whose holder's machine is gone must not outlive it: the server finds out within 10 s. */
const KEEPALIVE =
  'set tcp_keepalives_idle = 4; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

/** The cursor belongs to someone else now: a standby took over, or a rebuild put other tables in place. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** The right to move a cursor, held by one connection. It ends with that connection, at the latest. */
export type Turn = Readonly<{ name: string; client: pg.PoolClient; signal: AbortSignal }>;

/** Where a reader of the log has come to, and under which epoch it may go on. */
export type Cursor = Readonly<{ position: number; epoch: number }>;

/**
 * Runs `work` while this process alone may move the cursor `name`: waits for that, and again after being fenced.
 * Returns when aborted; throws what `work` throws.
 */
export async function inTurn(
  pool: pg.Pool,
  name: string,
  signal: AbortSignal,
  work: (turn: Turn) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const client = await pool.connect();
    const lost = new AbortController();
    client.on('error', (error) => lost.abort(error));
    try {
      await client.query(KEEPALIVE);
      if (await waitForLock(client, name, signal)) {
        await work({ name, client, signal: AbortSignal.any([signal, lost.signal]) });
        lost.signal.throwIfAborted();
      }
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
    } finally {
      client.release(true); // The lock ends with the session.
    }
  }
}

/** Takes the cursor over: whoever held it before is fenced. To be called in a transaction. */
export async function takeCursor(client: pg.ClientBase, name: string): Promise<Cursor> {
  const { rows } = await client.query<{ position: string; epoch: number }>(
    `insert into reading.cursors as mine (name, position, epoch) values ($1, 0, 1)
     on conflict (name) do update set epoch = mine.epoch + 1
     returning position, epoch`,
    [name],
  );
  const [row] = rows;
  if (!row) throw new Error(`The cursor ${name} could not be taken.`);
  return { position: Number(row.position), epoch: row.epoch };
}

/** Moves the cursor. Throws `Fenced` if it is not where, or not whose, it is held to be. */
export async function moveCursor(
  client: pg.ClientBase,
  name: string,
  { position, epoch }: Cursor,
  to: Readonly<{ position: number; recordedAt: string }>,
): Promise<Cursor> {
  const { rowCount } = await client.query({
    name: 'move-cursor',
    text: `update reading.cursors set position = $4, recorded_at = $5
           where name = $1 and position = $2 and epoch = $3`,
    values: [name, position, epoch, to.position, to.recordedAt],
  });
  if (rowCount !== 1) throw new Fenced(`The cursor ${name} was taken over at position ${position}.`);
  return { position: to.position, epoch };
}

async function waitForLock(client: pg.PoolClient, name: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await client.query<{ held: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('kosh reader ' || $1, 0)) as held`,
      [name],
    );
    if (rows[0]?.held) return true;
    await pause(STANDBY_MS, signal);
  }
  return false;
}
