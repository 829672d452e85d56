import type { Pool } from 'pg';
import type { FirstBad } from './offline/verify-offline.js';
import type { Watched } from './watch.js';

/** A checkpoint as the database has it: anyone may check its signature, and must. */
export type Copy = Readonly<{ size: number; note: string }>;

/** What the notary has found, as the API tells it. */
export type Findings = Readonly<{
  /** How far the verification under way has come, and how far it goes. */
  position: number;
  upTo: number;
  full: Watched['full'];
  firstBad: FirstBad | undefined;
  /** Why the notary does not sign. */
  refusal: string | undefined;
  updatedAt: string | undefined;
}>;

const NONE: Findings = {
  position: 0,
  upTo: 0,
  full: undefined,
  firstBad: undefined,
  refusal: undefined,
  updatedAt: undefined,
};

/** What the notary keeps in the database, for the API to tell: copies of checkpoints, and its findings. */
export class Records {
  /** To write, with the rights of `kosh_projector`. */
  constructor(private readonly pool: Pool) {}

  async signed(size: number, note: string): Promise<void> {
    await this.pool.query(
      `insert into audit.checkpoints (size, note) values ($1, $2)
       on conflict (size) do update set note = excluded.note, in_topic = false`,
      [size, note],
    );
  }

  /** Of these sizes, those of which there is a copy. */
  async known(sizes: readonly number[]): Promise<readonly number[]> {
    const { rows } = await this.pool.query<{ size: string }>(
      'select size from audit.checkpoints where size = any($1)',
      [sizes],
    );
    return rows.map(({ size }) => Number(size));
  }

  /** Those that the topic has not taken, at most `limit`. */
  async unsent(limit: number): Promise<readonly Copy[]> {
    return this.copies('where not in_topic order by size limit $1', [limit]);
  }

  async sent(sizes: readonly number[]): Promise<void> {
    await this.pool.query('update audit.checkpoints set in_topic = true where size = any($1)', [sizes]);
  }

  /** The topic has none of them any more. */
  async sendAgain(): Promise<void> {
    await this.pool.query('update audit.checkpoints set in_topic = false where in_topic');
  }

  /** Those after a size, ascending, at most `limit`. */
  async page(after: number, limit: number): Promise<readonly Copy[]> {
    return this.copies('where size > $1 order by size limit $2', [after, limit]);
  }

  /** Of the most events. */
  async latest(): Promise<Copy | undefined> {
    return (await this.copies('order by size desc limit 1', []))[0];
  }

  async ofSize(size: number): Promise<Copy | undefined> {
    return (await this.copies('where size = $1', [size]))[0];
  }

  /**
   * For how long the first event that no copy covers has been in the log, in seconds; 0: there is none. A notary signs
   * within 60 s.
   */
  async unsignedSeconds(): Promise<number> {
    const { rows } = await this.pool.query<{ seconds: number }>(
      `select greatest(0, extract(epoch from clock_timestamp() - recorded_at))::float8 as seconds from log.events
        where position = 1 + coalesce((select max(size) from audit.checkpoints), 0)`,
    );
    return rows[0]?.seconds ?? 0;
  }

  async watched({ position, upTo, full, firstBad }: Watched): Promise<void> {
    await this.pool.query(
      `insert into audit.verification (position, up_to, full_position, full_at, first_bad, updated_at)
         values ($1, $2, $3, $4, $5, clock_timestamp())
       on conflict (id) do update set position = excluded.position, up_to = excluded.up_to,
         full_position = excluded.full_position, full_at = excluded.full_at, first_bad = excluded.first_bad,
         updated_at = excluded.updated_at`,
      [position, upTo, full?.position, full?.at, firstBad && JSON.stringify(firstBad)],
    );
  }

  async refused(refusal: string | undefined): Promise<void> {
    await this.pool.query(
      `insert into audit.verification (position, up_to, refusal, updated_at) values (0, 0, $1, clock_timestamp())
       on conflict (id) do update set refusal = excluded.refusal, updated_at = excluded.updated_at`,
      [refusal],
    );
  }

  async read(): Promise<Findings> {
    const { rows } = await this.pool.query<{
      position: string;
      up_to: string;
      full_position: string | null;
      full_at: Date | null;
      first_bad: FirstBad | null;
      refusal: string | null;
      updated_at: Date;
    }>(
      'select position, up_to, full_position, full_at, first_bad, refusal, updated_at from audit.verification',
    );
    const [row] = rows;
    if (!row) return NONE;
    return {
      position: Number(row.position),
      upTo: Number(row.up_to),
      full: row.full_at ? { position: Number(row.full_position), at: row.full_at.toISOString() } : undefined,
      firstBad: row.first_bad ?? undefined,
      refusal: row.refusal ?? undefined,
      updatedAt: row.updated_at.toISOString(),
    };
  }

  private async copies(which: string, values: unknown[]): Promise<readonly Copy[]> {
    const { rows } = await this.pool.query<{ size: string; note: string }>(
      `select size, note from audit.checkpoints ${which}`,
      values,
    );
    return rows.map(({ size, note }) => ({ size: Number(size), note }));
  }
}
