import pg from 'pg';
import { OutcomeUnknown, Unavailable } from './errors.js';
import type { Append, Outcome } from './append.js';
import { within } from './patience.js';
import { AS_TEXT, bytes, moment } from './read.js';

/** Longer than the server's own statement timeout, so that it is the server that answers while it can. */
const DEADLINE_MS = 7_000;
/** Those who follow the log have looked by themselves long before. */
const NOTICE_DEADLINE_MS = 1_000;

/** The server refused the call because of what stands in it: nothing was written. */
export class BatchRefused extends Error {
  override readonly name = 'BatchRefused';
}

const CALL = `select * from log.append(
  $1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[],
  $11::int[], $12::text[], $13::int[], $14::text[], $15::text[], $16::bytea[], $17::uuid[], $18::bytea[], $19::bytea[],
  $20::bytea[])`;

type AnswerRow = [
  status: Outcome['status'],
  version: string | null,
  first: string | null,
  last: string | null,
  hash: string | null,
  recordedAt: string | null,
];

/**
 * One call, one transaction. Throws `BatchRefused` or `Unavailable` if nothing was written, `OutcomeUnknown` if the
 * answer did not come: then the connection is destroyed, since nothing can call back what it carries.
 */
export async function callAppend(writer: pg.Pool, appends: readonly Append[]): Promise<readonly Outcome[]> {
  const client = await writer.connect().catch((error: unknown) => {
    throw new Unavailable('There is no connection to the database. Nothing was written.', { cause: error });
  });
  const query = {
    name: 'append',
    text: CALL,
    values: parameters(appends),
    rowMode: 'array',
    types: AS_TEXT,
  } as const;
  const answer = within(client.query<AnswerRow>(query), DEADLINE_MS, 'The append');
  const { rows } = await answer.catch((error: unknown) => {
    client.release(true);
    throw failure(error);
  });
  client.release();
  return rows.map(outcome);
}

/** Tells whoever follows the log that there is something new. Throws where that did not come through. */
export async function callNotify(writer: pg.Pool): Promise<void> {
  const client = await writer.connect();
  const told = within(client.query('notify kosh_log'), NOTICE_DEADLINE_MS, 'The notice');
  await told.catch((error: unknown) => {
    client.release(true);
    throw error;
  });
  client.release();
}

/** Only an ERROR from the server says that the transaction is gone; anything else may have come after the commit. */
function failure(error: unknown): Error {
  if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') {
    return new OutcomeUnknown(
      'The connection ended before the answer came. Repeat with the same Idempotency-Key.',
      {
        cause: error,
      },
    );
  }
  // Classes 22 and 23: a value that the log does not take. The rest is the server's own trouble.
  return /^2[23]/.test(error.code ?? '')
    ? new BatchRefused(error.message, { cause: error })
    : new Unavailable('The database refused the write. Nothing was written.', { cause: error });
}

/** The commands as the columns that `log.append` takes, and the distinct streams they name by index. */
function parameters(appends: readonly Append[]): unknown[] {
  const indexes = new Map<string, number>();
  const index = (stream: string) => {
    const known = indexes.get(stream);
    if (known !== undefined) return known;
    indexes.set(stream, indexes.size + 1);
    return indexes.size;
  };
  const targets = appends.flatMap((append) => append.targets);
  const events = appends.flatMap((append) => append.events);
  const sealed = events.flatMap((event) => event.sealed ?? []);
  const targetStreams = targets.map(({ stream }) => index(stream));
  const eventStreams = events.map(({ stream }) => index(stream));
  return [
    [...indexes.keys()],
    appends.map(({ actor }) => actor),
    appends.map(({ key }) => key),
    appends.map(({ fingerprint }) => fingerprint),
    appends.map(({ meta }) => meta),
    appends.map((append) => append.targets.length),
    appends.map((append) => append.events.length),
    appends.map((append) => append.events.filter((event) => event.sealed).length),
    targetStreams,
    targets.map(({ version }) => version),
    eventStreams,
    events.map(({ type }) => type),
    events.map(({ schemaVersion }) => schemaVersion),
    events.map(({ occurredOn }) => occurredOn),
    events.map(({ body }) => body),
    events.map((event) => event.sealed?.hash ?? null),
    sealed.map(({ subject }) => subject),
    sealed.map(({ hash }) => hash),
    sealed.map(({ bytes }) => bytes),
    sealed.map(({ wrappedKey }) => wrappedKey ?? null),
  ];
}

function outcome([status, version, first, last, hash, recordedAt]: AnswerRow): Outcome {
  if (status === 'key-reused') return { status };
  if (status === 'conflict') return { status, version: Number(version) };
  if (version === null || hash === null || recordedAt === null) {
    throw new Error('log.append answered a receipt with holes.');
  }
  return {
    status,
    version: Number(version),
    first: Number(first),
    last: Number(last),
    hash: bytes(hash),
    recordedAt: moment(recordedAt),
  };
}
