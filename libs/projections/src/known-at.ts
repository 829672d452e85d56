import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type Db, head, positionAt } from '#event-store';
import { isDay } from '#reference';

/** How often to look whether a read model has come far enough. */
const LOOK_MS = 10;
const WAIT_MS = 5_000;

/** What a report answers from. The same position gives the same bytes, for ever. */
export type AsKnown = Readonly<{
  position: number;
  /** When that position was recorded; null at position 0. */
  recordedAt: string | null;
  /** How many events the log has that the read models do not have yet. */
  behind: number;
}>;

/** `knownAt` is neither a position nor a moment. */
export class KnownAtInvalid extends Error {
  override readonly name = 'KnownAtInvalid';

  constructor() {
    super(
      'Give a position of the log, such as 1042, or a moment with its zone, such as 1998-01-15T12:00:00+06:00.',
    );
  }
}

/** `knownAt` lies beyond what the read models know: more may yet be recorded before it. */
export class KnownAtNotSettled extends Error {
  override readonly name = 'KnownAtNotSettled';

  constructor(position: number, recordedAt: string | null) {
    super(`The reports know the log up to position ${position}, recorded at ${recordedAt ?? 'no time yet'}.`);
  }
}

/** A read model did not reach a position in time. */
export class StillBehind extends Error {
  override readonly name = 'StillBehind';

  constructor(
    readonly position: number,
    readonly reached: number,
  ) {
    super(`The reports are at position ${reached} and have not reached ${position} yet. Ask again soon.`);
  }
}

/**
 * The position that a report of these read models answers from: their cursor, or what `knownAt` (a position, or an
 * RFC 3339 moment) names, if they have come so far. Throws `KnownAtInvalid` or `KnownAtNotSettled`.
 */
export async function resolveKnownAt(
  pool: pg.Pool,
  names: readonly string[],
  knownAt?: string,
): Promise<AsKnown> {
  const [cursor, { position: end }] = await Promise.all([cursorOf(pool, names), head(pool)]);
  const settled = await recordedAt(pool, cursor);
  const behind = Math.max(0, end - cursor);
  if (knownAt === undefined) return { position: cursor, recordedAt: settled, behind };
  const position = await positionOf(pool, knownAt, { position: cursor, recordedAt: settled });
  return { position, recordedAt: await recordedAt(pool, position), behind };
}

/** Returns when all these read models have reached the position. Throws `StillBehind`. */
export async function waitFor(
  pool: pg.Pool,
  names: readonly string[],
  position: number,
  timeoutMs = WAIT_MS,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const reached = await cursorOf(pool, names);
    if (reached >= position) return;
    if (Date.now() >= until) throw new StillBehind(position, reached);
    await delay(LOOK_MS);
  }
}

/** What `knownAt` names, if it is not beyond `end`. Throws `KnownAtInvalid` or `KnownAtNotSettled`. */
export async function positionOf(
  db: Db,
  knownAt: string,
  end: Pick<AsKnown, 'position' | 'recordedAt'>,
): Promise<number> {
  const notSettled = () => new KnownAtNotSettled(end.position, end.recordedAt);
  if (/^\d{1,15}$/.test(knownAt)) {
    if (Number(knownAt) > end.position) throw notSettled();
    return Number(knownAt);
  }
  const moment = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.exec(knownAt);
  const time = Date.parse(knownAt);
  if (!moment || !isDay(moment[1] ?? '') || Number.isNaN(time)) throw new KnownAtInvalid();
  if (end.recordedAt === null || time > Date.parse(end.recordedAt)) throw notSettled();
  // The log keeps milliseconds: what is finer in the moment changes nothing.
  return positionAt(db, new Date(time).toISOString());
}

/** Of several read models, where the last of them is. */
async function cursorOf(pool: pg.Pool, names: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ position: string | null; found: string }>({
    name: 'cursor',
    text: 'select min(position) as position, count(*) as found from reading.cursors where name = any($1)',
    values: [names],
  });
  return Number(rows[0]?.found) === names.length ? Number(rows[0]?.position) : 0;
}

async function recordedAt(pool: pg.Pool, position: number): Promise<string | null> {
  const { rows } = await pool.query<{ at: string }>({
    name: 'recorded-at',
    text: 'select log.moment(recorded_at) as at from log.events where position = $1',
    values: [position],
  });
  return rows[0]?.at ?? null;
}
