import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type KoshEvent, upcast } from '#domain';
import { Unreadable } from './errors.js';
import type { Meta, Published, Recorded, Row } from './recorded.js';

/** Any connection, or whichever of a pool is free. */
export type Db = pg.Pool | pg.PoolClient;

/** What everyone may read: half of a row, and a third of the work of reading it. */
const PUBLISHED = 'position, stream, version, type, schema_version, occurred_on, recorded_at, body';
const COLUMNS = `${PUBLISHED}, meta, sealed, hash`;
const PAGE = 5_000;

type PublishedFields = [
  position: string,
  stream: string,
  version: string,
  type: string,
  schemaVersion: string,
  occurredOn: string | null,
  recordedAt: string,
  body: string,
];
type Fields = [...PublishedFields, meta: string, sealed: string | null, hash: string];

/** Every column as the text that Postgres sends: one form for pages and for COPY, and nothing parsed twice. */
export const AS_TEXT = { getTypeParser: () => (value: string) => value };

/** Rows after a position, in order, at most `limit`. */
export async function readPage(db: Db, after: number, limit = PAGE): Promise<readonly Row[]> {
  return (await query<Fields>(db, 'page', pageOf(COLUMNS), [after, limit])).map(row);
}

/** As `readPage`, what everyone may read. Throws as `published` does. */
export async function readEvents(db: Db, after: number, limit = PAGE): Promise<readonly Published[]> {
  const rows = await query<PublishedFields>(db, 'events', pageOf(PUBLISHED), [after, limit]);
  return rows.map(eventFrom);
}

/** As `readEvents`, in half the time where there are many: a COPY. */
export async function copyEvents(pool: pg.Pool, after: number, limit: number): Promise<readonly Published[]> {
  const upTo = Math.trunc(after) + Math.trunc(limit);
  const text = `select ${PUBLISHED} from log.events where position > ${Math.trunc(after)} and position <= ${upTo} order by position`;
  const events: Published[] = [];
  for await (const lines of copyOut(pool, text)) {
    for (const line of lines) events.push(eventFrom(fields<PublishedFields>(line)));
  }
  return events;
}

/** What everyone may read of the events at some positions, in their order. Throws as `published` does. */
export async function readEventsAt(db: Db, positions: readonly number[]): Promise<readonly Published[]> {
  const text = `select ${PUBLISHED} from log.events where position = any($1) order by position`;
  return (await query<PublishedFields>(db, 'events-at', text, [positions])).map(eventFrom);
}

function pageOf(columns: string): string {
  return `select ${columns} from log.events where position > $1 order by position limit $2`;
}

/** The rows of some streams, in position order; `upTo` leaves out what came after that position. */
export async function readStreams(
  db: Db,
  streams: readonly string[],
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<readonly Row[]> {
  const [only] = streams;
  if (streams.length === 1) {
    const text = `select ${COLUMNS} from log.events where stream = $1 and position <= $2 order by version`;
    return (await query<Fields>(db, 'stream', text, [only, upTo])).map(row);
  }
  return (await query<Fields>(db, 'streams', streamsOf(COLUMNS), [streams, upTo])).map(row);
}

/** As `readStreams`, what everyone may read. Throws as `published` does. */
export async function readEventsOf(
  db: Db,
  streams: readonly string[],
  upTo: number,
): Promise<readonly Published[]> {
  const rows = await query<PublishedFields>(db, 'events-of', streamsOf(PUBLISHED), [streams, upTo]);
  return rows.map(eventFrom);
}

function streamsOf(columns: string): string {
  return `select ${columns} from log.events where stream = any($1) and position <= $2 order by position`;
}

async function query<F extends unknown[]>(
  db: Db,
  name: string,
  text: string,
  values: unknown[],
): Promise<readonly F[]> {
  const { rows } = await db.query<F>({ name, text, values, rowMode: 'array', types: AS_TEXT });
  return rows;
}

/**
 * The whole log, or a part of it, in position order: one COPY, which is the fastest way out of Postgres
 * (twice as fast as paging). Batches of about 1,000 rows; the reader sets the pace.
 */
export async function* readRows(
  db: Db,
  range: Readonly<{ after?: number; upTo?: number }> = {},
): AsyncGenerator<readonly Row[]> {
  // Whole numbers of our own, so they may stand in the text: COPY takes no parameters.
  const after = Math.trunc(range.after ?? 0);
  const upTo = Math.trunc(range.upTo ?? Number.MAX_SAFE_INTEGER);
  const text = `select ${COLUMNS} from log.events where position > ${after} and position <= ${upTo} order by position`;
  for await (const lines of copyOut(db, text)) yield lines.map((line) => row(fields<Fields>(line)));
}

/**
 * Every event up to a position, one whole stream after the other, each in its order. Throws as `published` does.
 */
export async function* readByStream(pool: pg.Pool, upTo: number): AsyncGenerator<readonly Published[]> {
  const text = `select ${PUBLISHED} from log.events where position <= ${Math.trunc(upTo)} order by stream, version`;
  for await (const lines of copyOut(pool, text)) {
    yield lines.map((line) => eventFrom(fields<PublishedFields>(line)));
  }
}

/** One of a pool, to be released; undefined where there is one already. Only a pool counts its connections. */
export async function ownConnection(db: Db): Promise<pg.PoolClient | undefined> {
  return 'totalCount' in db ? db.connect() : undefined;
}

/** The lines of a COPY, some hundred at a time. */
async function* copyOut(db: Db, query: string): AsyncGenerator<readonly string[]> {
  const pooled = await ownConnection(db);
  const client = pooled ?? db;
  let failure: Error | undefined;
  const stream = client.query(copyTo(`copy (${query}) to stdout`));
  try {
    let rest = '';
    for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    // A reader that stops early leaves the COPY half read: such a connection cannot be used again.
    pooled?.release(failure ?? !stream.readableEnded);
  }
}

/** As `readRows`, parsed. */
export async function* readAll(
  pool: pg.Pool,
  range: Readonly<{ after?: number; upTo?: number }> = {},
): AsyncGenerator<readonly Recorded[]> {
  for await (const rows of readRows(pool, range)) yield rows.map(recorded);
}

/** Position and time of the last event; 0 and null on an empty log. */
export async function head(
  db: Db,
): Promise<{ position: number; recordedAt: string | null; hash: string | null }> {
  const text = 'select position, recorded_at, hash from log.events order by position desc limit 1';
  const [last] = await query<[position: string, recordedAt: string, hash: string]>(db, 'head', text, []);
  if (!last) return { position: 0, recordedAt: null, hash: null };
  const [position, recordedAt, hash] = last;
  return { position: Number(position), recordedAt: moment(recordedAt), hash: bytes(hash).toString('hex') };
}

/** The last position recorded at or before the moment (RFC 3339); 0 if there is none. */
export async function positionAt(db: Db, moment: string): Promise<number> {
  const { rows } = await db.query<{ position: string }>('select log.position_at($1) as position', [moment]);
  return Number(rows[0]?.position);
}

/**
 * A row as everyone may read it. Throws on a type or schema version that this version of Kosh does not know, and
 * `Unreadable`.
 */
export function published(stored: Row): Published {
  const { position, stream, version, schemaVersion, occurredOn, recordedAt } = stored;
  return { position, stream, version, schemaVersion, occurredOn, recordedAt, event: eventOf(stored) };
}

/** A row with its parts parsed. Throws as `published` does. Every field is named: a spread takes ten times as long. */
export function recorded(stored: Row): Recorded {
  const { position, stream, version, schemaVersion, occurredOn, recordedAt, sealed, hash } = stored;
  return {
    position,
    stream,
    version,
    schemaVersion,
    occurredOn,
    recordedAt,
    event: eventOf(stored),
    meta: json<Meta>(stored.meta, stored),
    sealed,
    hash,
  };
}

/** Throws as `published` does. */
export function eventOf(stored: Named & Pick<Row, 'schemaVersion' | 'body'>): KoshEvent {
  return upcast(stored.type, stored.schemaVersion, json<object>(stored.body, stored));
}

/** What an event is called by, where it cannot be read. */
type Named = Pick<Row, 'position' | 'stream' | 'version' | 'type'>;

/** The log holds what `canonical` wrote from the very type that is read back here. Throws `Unreadable`. */
function json<T>(text: string, of: Named): T {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Unreadable(of, { cause });
  }
}

function eventFrom(values: PublishedFields): Published {
  const position = Number(values[0]);
  const stream = values[1];
  const version = Number(values[2]);
  const schemaVersion = Number(values[4]);
  return {
    position,
    stream,
    version,
    schemaVersion,
    occurredOn: values[5],
    recordedAt: recordedAtOf(values[6]),
    event: eventOf({ position, stream, version, type: values[3], schemaVersion, body: values[7] }),
  };
}

function row(values: Fields): Row {
  return {
    position: Number(values[0]),
    stream: values[1],
    version: Number(values[2]),
    type: values[3],
    schemaVersion: Number(values[4]),
    occurredOn: values[5],
    recordedAt: recordedAtOf(values[6]),
    body: values[7],
    meta: values[8],
    sealed: values[9] === null ? null : bytes(values[9]),
    hash: bytes(values[10]),
  };
}

/** `\x0a1b…`, as Postgres prints bytes. */
export function bytes(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex');
}

/** As `moment`. What was written together has one time, and neighbours in the log mostly were. */
const recordedAtOf = (() => {
  let [last, made] = ['', ''];
  return (text: string): string => {
    if (text !== last) [last, made] = [text, moment(text)];
    return made;
  };
})();

/** `2026-11-24 08:15:05.12+00`, as Postgres prints it in UTC, to `2026-11-24T08:15:05.120Z`. */
export function moment(text: string): string {
  // Without a fraction the zone's two digits stand where it would.
  const fraction = text[19] === '.' ? text.slice(20, -3).padEnd(3, '0').slice(0, 3) : '000';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** One line of COPY's text format: columns between tabs, `\N` for null, backslash escapes. */
function fields<F extends (string | null)[]>(line: string): F {
  const values: (string | null)[] = line.split('\t');
  // Few lines have anything to undo, and to look once is quicker than to look at each value.
  const plain = line.includes('\\') ? values.map(unescaped) : values;
  // The COPY names the columns of `F`, those of them nullable that are so in the table.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return plain as F;
}

function unescaped(value: string | null): string | null {
  if (value === null || value === '\\N') return null;
  return value.includes('\\') ? value.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c) : value;
}
