import type { Pool } from 'pg';
import { narrate } from '#domain';
import { readEventsAt } from '#event-store';
import {
  type Beside,
  type Difference,
  difference,
  type Projection,
  replayBeside,
  type RowDifference,
  type TableDifference,
} from '#projections';
import { asKnown } from './as-known.js';

export type ReplayTablesOptions = Readonly<{
  projections: readonly Projection[];
  /** A position, or a moment in RFC 3339; `live`: for each read model where it is itself. */
  at: string;
  /** The name of the replay, with which its schemas begin. */
  into: string;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}>;

/** An event that explains a difference. */
export type Explanation = Readonly<{
  position: number;
  stream: string;
  version: number;
  type: string;
  recordedAt: string;
  /** In plain words. */
  told: string;
}>;

export type ExplainedRow = Omit<RowDifference, 'positions'> & Readonly<{ events: readonly Explanation[] }>;
export type ExplainedTable = Omit<TableDifference, 'rows'> & Readonly<{ rows: readonly ExplainedRow[] }>;
export type ExplainedDifference = Omit<Difference, 'tables'> &
  Readonly<{ tables: readonly ExplainedTable[] }>;

/**
 * Makes the tables of read models from the log, as they were at a position or a moment, beside the live ones. Needs
 * the rights of `kosh_projector`. Throws `KnownAtInvalid`, `KnownAtNotSettled`, `NoReplay`.
 */
export async function replayTables(pool: Pool, options: ReplayTablesOptions): Promise<readonly Beside[]> {
  const { projections, at, into, onProgress, signal } = options;
  const asked = at === 'live' ? undefined : (await asKnown(pool, at)).position;
  const made: Beside[] = [];
  for (const projection of projections) {
    const position = asked ?? (await cursorOf(pool, projection));
    const beside = await replayBeside({
      projection,
      pool,
      into,
      position,
      onProgress({ name, position: done, upTo }) {
        signal?.throwIfAborted();
        onProgress?.(name, done, upTo);
      },
    });
    made.push(beside);
  }
  return made;
}

/** How a replay and the live tables differ, each row with the events that explain it. Throws `NoReplay`. */
export async function explainedDifference(
  pool: Pool,
  projection: Projection,
  beside: Beside,
  page: Readonly<{ limit: number; skip: number }>,
): Promise<ExplainedDifference> {
  const found = await difference(pool, projection, beside, page);
  const positions = found.tables.flatMap(({ rows }) => rows.flatMap((row) => row.positions));
  const events = await readEventsAt(pool, [...new Set(positions)]);
  const explanations = new Map(
    events.map(({ position, stream, version, recordedAt, event }) => [
      position,
      { position, stream, version, type: event.type, recordedAt, told: narrate(event) },
    ]),
  );
  const explained = ({ positions: of, ...row }: RowDifference): ExplainedRow => ({
    ...row,
    events: of.flatMap((position) => explanations.get(position) ?? []),
  });
  return { ...found, tables: found.tables.map((table) => ({ ...table, rows: table.rows.map(explained) })) };
}

async function cursorOf(pool: Pool, { name }: Projection): Promise<number> {
  const { rows } = await pool.query<{ position: string }>(
    'select position from reading.cursors where name = $1',
    [name],
  );
  return Number(rows[0]?.position ?? 0);
}
