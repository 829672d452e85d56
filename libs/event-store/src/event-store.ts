import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { type Decision, type Intent, type KoshEvent, Refused, SCHEMA_VERSIONS } from '#domain';
import type { NewEvent, Outcome, SealedRow } from './append.js';
import { canonical } from './canonical.js';
import { KeyReused, NotFound, StaleVersion, VersionConflict } from './errors.js';
import type { Gatherer } from './gatherer.js';
import { eventOf, readPage, readStreams, recorded } from './read.js';
import type { Meta, Recorded, Row } from './recorded.js';
import { StreamLocks } from './stream-locks.js';
import { StreamReads } from './stream-reads.js';

/** Who asks, and under which key. */
export type By = Readonly<{
  actor: string;
  office: string;
  /** `office`: only files of the own office exist for this person. */
  scope: 'office' | 'nation';
  key: string;
  /** SHA-256 of what was asked: the same key with another fingerprint is refused. */
  fingerprint: Buffer;
  /** The version that the addressed stream must be at. */
  ifMatch?: number;
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  source?: string;
}>;

type KeyUse = Pick<By, 'actor' | 'key' | 'fingerprint'>;

/** What a command got: of the addressed stream the version, of the command's last event position and hash. */
export type Receipt = Readonly<{
  id: string;
  version: number;
  position: number;
  /** Hex. */
  hash: string;
  recordedAt: string;
  outcome: 'recorded' | 'repeated' | 'already-true';
  /** The command's events; none if the wish was already true. */
  events: readonly KoshEvent[];
}>;

export type TransactOptions = Readonly<{
  /** The addressed id was made for this very command: of its stream there is nothing to read yet. */
  fresh?: boolean;
  /** Personal data that go into the vault together with an event. */
  seal?: (event: KoshEvent) => SealedRow | undefined;
  /** What the addressed stream's new events, after its past ones, ask of other streams. */
  follow?: (events: readonly KoshEvent[], past: readonly KoshEvent[]) => readonly Intent[];
}>;

const DECISIONS_MAX = 4;

type Decided = { targets: { stream: string; version: number }[]; events: NewEvent[]; plain: KoshEvent[] };

export class EventStore {
  private readonly locks = new StreamLocks();
  private readonly reads: StreamReads;

  constructor(
    private readonly reader: pg.Pool,
    private readonly gatherer: Gatherer,
  ) {
    this.reads = new StreamReads(reader);
  }

  /**
   * Reads the streams, folds, decides and appends, all or nothing. The first intent's stream is the addressed one.
   * Throws `Refused`, `NotFound`, `StaleVersion`, `VersionConflict`, `KeyReused`, `Unavailable` or `OutcomeUnknown`.
   * Whatever the answer would be, a key that was used before gets its first receipt.
   */
  transact(intents: readonly [Intent, ...Intent[]], by: By, options: TransactOptions = {}): Promise<Receipt> {
    const streams = intents.map(({ stream }) => stream);
    return this.locks.hold(streams, () => this.attempt(intents, by, options));
  }

  /**
   * The first receipt of this key, if it was used: for whoever refuses a request before `transact` sees
   * it. Throws `KeyReused`.
   */
  async firstReceipt({ actor, key, fingerprint }: KeyUse, addressed?: Intent): Promise<Receipt | undefined> {
    const { rows } = await this.reader.query<[Buffer, string, string, number]>({
      name: 'key',
      text: `select fingerprint, first_position, last_position, version
               from log.keys where actor = $1 and key = $2`,
      values: [actor, key],
      rowMode: 'array',
    });
    if (!rows[0]) return undefined;
    const [found, first, last, version] = rows[0];
    if (!found.equals(fingerprint)) throw new KeyReused();
    return this.repeated(addressed, { version, first: Number(first), last: Number(last) });
  }

  /** The events of a stream up to a position; none where there is no such stream. */
  async read(stream: string, upTo?: number): Promise<readonly Recorded[]> {
    return (await readStreams(this.reader, [stream], upTo)).map(recorded);
  }

  private async attempt(
    intents: readonly [Intent, ...Intent[]],
    by: By,
    options: TransactOptions,
  ): Promise<Receipt> {
    const [addressed] = intents;
    for (let attempt = 1; ; attempt += 1) {
      const known = options.fresh && attempt === 1 ? intents.slice(1) : intents;
      const streams = new Streams(await this.reads.of(known.map(({ stream }) => stream)));
      const decided = await this.decide(intents, streams, by, options).catch(async (error: unknown) => {
        const first = await this.firstReceipt(by, addressed);
        if (first) return first;
        throw error;
      });
      if ('id' in decided) return decided;
      if (decided.events.length === 0) {
        return (await this.firstReceipt(by, addressed)) ?? this.alreadyTrue(addressed, streams);
      }
      const { actor, key, fingerprint } = by;
      const { targets, events, plain } = decided;
      const outcome = await this.gatherer.append({
        actor,
        key,
        fingerprint,
        meta: meta(by),
        targets,
        events,
      });
      if (outcome.status !== 'conflict') return this.receipt(addressed, outcome, plain);
      if (attempt === DECISIONS_MAX) throw new VersionConflict(outcome.version);
    }
  }

  /** All decisions of one command, each over the events that the earlier ones of the same command made. */
  private async decide(
    intents: readonly Intent[],
    streams: Streams,
    by: By,
    { seal, follow }: TransactOptions,
  ): Promise<Decided> {
    const decided: Decided = { targets: [], events: [], plain: [] };
    const take = (intent: Intent): Decision => {
      const past = streams.past(intent.stream);
      mustBeThere(intent, past, by, intent === intents[0]);
      const decision = pointed(intent, () => intent.decide(past));
      decided.targets.push(...streams.target(intent.stream));
      decision.events.forEach((event, i) => {
        const sealed = seal?.(event);
        decided.plain.push(event);
        decided.events.push({
          stream: intent.stream,
          type: event.type,
          schemaVersion: SCHEMA_VERSIONS[event.type],
          occurredOn: decision.occurredOn[i] ?? null,
          body: canonical(event.data),
          ...(sealed && { sealed }),
        });
      });
      streams.add(intent.stream, decision.events);
      return decision;
    };

    for (const [i, intent] of intents.entries()) {
      if (i === 0 && by.ifMatch !== undefined && by.ifMatch !== streams.version(intent.stream)) {
        throw new StaleVersion(by.ifMatch, streams.version(intent.stream));
      }
      const past = streams.past(intent.stream);
      const { events } = take(intent);
      if (i > 0 || events.length === 0) continue;
      const followers = follow?.(events, past) ?? [];
      streams.join(await this.reads.of(followers.map(({ stream }) => stream)));
      followers.forEach(take);
    }
    return decided;
  }

  private async receipt(
    addressed: Intent,
    outcome: Exclude<Outcome, { status: 'conflict' }>,
    events: readonly KoshEvent[],
  ): Promise<Receipt> {
    if (outcome.status === 'key-reused') throw new KeyReused();
    if (outcome.status === 'duplicate') return this.repeated(addressed, outcome);
    const { version, last, hash, recordedAt } = outcome;
    const { id } = addressed;
    return {
      id,
      version,
      position: last,
      hash: hash.toString('hex'),
      recordedAt,
      outcome: 'recorded',
      events,
    };
  }

  /** The events of the first time are read back, so that the answer is the same to the byte. */
  private async repeated(
    addressed: Intent | undefined,
    { version, first, last }: { version: number; first: number; last: number },
  ): Promise<Receipt> {
    const rows = await readPage(this.reader, first - 1, last - first + 1);
    const [top, end] = [rows[0], rows.at(-1)];
    if (!top || !end) throw new Error(`The log lacks the events ${first} to ${last} that a key refers to.`);
    // A command that started a stream got its own new id now; the stream that it started then is the answer.
    const isThere = addressed && rows.some(({ stream }) => stream === addressed.stream);
    return {
      id: isThere ? addressed.id : top.stream.slice(top.stream.indexOf('-') + 1),
      version,
      position: last,
      hash: end.hash.toString('hex'),
      recordedAt: end.recordedAt,
      outcome: 'repeated',
      events: rows.map(eventOf),
    };
  }

  private alreadyTrue({ id, stream }: Intent, streams: Streams): Receipt {
    const last = streams.last(stream);
    if (!last) throw new NotFound(`There is no ${stream}.`);
    const { version, position, recordedAt } = last;
    return {
      id,
      version,
      position,
      hash: last.hash.toString('hex'),
      recordedAt,
      outcome: 'already-true',
      events: [],
    };
  }
}

/** The streams of one command: what was read of each, and what the command adds to it. */
class Streams {
  private readonly rows = new Map<string, Row[]>();
  private readonly events = new Map<string, KoshEvent[]>();
  private readonly targeted = new Set<string>();

  constructor(rows: readonly Row[]) {
    this.join(rows);
  }

  join(rows: readonly Row[]): void {
    for (const row of rows) {
      const known = this.rows.get(row.stream);
      if (known) known.push(row);
      else this.rows.set(row.stream, [row]);
      const events = this.events.get(row.stream);
      if (events) events.push(eventOf(row));
      else this.events.set(row.stream, [eventOf(row)]);
    }
  }

  add(stream: string, events: readonly KoshEvent[]): void {
    this.events.set(stream, [...(this.events.get(stream) ?? []), ...events]);
  }

  past(stream: string): readonly KoshEvent[] {
    return this.events.get(stream) ?? [];
  }

  version(stream: string): number {
    return this.last(stream)?.version ?? 0;
  }

  last(stream: string): Row | undefined {
    return this.rows.get(stream)?.at(-1);
  }

  /** The version to expect, the first time that the command names the stream. */
  target(stream: string): { stream: string; version: number }[] {
    if (this.targeted.has(stream)) return [];
    this.targeted.add(stream);
    return [{ stream, version: this.version(stream) }];
  }
}

/** A file of another office is, for someone whose scope is the own one, not there. */
function mustBeThere(intent: Intent, past: readonly KoshEvent[], by: By, addressed: boolean): void {
  const hidden = by.scope === 'office' && past.length > 0 && (intent.office(past) ?? by.office) !== by.office;
  if (!hidden && (past.length > 0 || intent.opens)) return;
  if (addressed) throw new NotFound(`There is no ${intent.category} ${intent.id}.`);
  const { category, id, at } = intent;
  throw new Refused(`${category}-unknown`, `There is no ${category} ${id}. Check the id.`, {
    pointer: `${at}/${category}`,
  });
}

/** A refusal points into the request, wherever in it the refused command stood. */
function pointed(intent: Intent, decide: () => Decision): Decision {
  try {
    return decide();
  } catch (error) {
    if (!(error instanceof Refused) || intent.at === '') throw error;
    const pointer = `${intent.at}${error.details.pointer ?? ''}`;
    throw new Refused(error.code, error.message, { ...error.details, pointer });
  }
}

function meta(by: By): string {
  const commandId = uuidv7();
  const { actor, office, correlationId, causationId = correlationId, traceparent, source } = by;
  return canonical({ actor, office, commandId, correlationId, causationId, traceparent, source } satisfies {
    [name in keyof Meta]: string | undefined;
  });
}
