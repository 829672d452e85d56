import pg from 'pg';
import type { Line } from './link.js';
import { append, type Key, type Log, refusalOf, type Stored, type Writes } from './log.js';
import { EPOCH_MS } from './platform.js';
import type { World } from './world.js';

/** A statement, as it comes over the line. */
export type Question = Readonly<{ text: string; values: readonly unknown[] }>;
export type Answer = Readonly<{ rows: readonly unknown[]; rowCount: number }>;

/** Carries out a statement inside its session's transaction. Undefined: it waits for a row, and will be called again. */
export type Statement =
  'append' | ((server: Postgres, asked: Asked, question: Question) => Answer | undefined);

export type Cursor = Readonly<{ position: number; epoch: number; recordedAt: string | null }>;
export type Table = {
  /** The read model that it belongs to. */
  of: string;
  columns: readonly string[];
  key: readonly string[];
  rows: Map<string, readonly unknown[]>;
};
export type Schema = { shape: string | null; tables: Map<string, Table> };

export type Settings = Readonly<{
  /** Of a statement; 0 for none. */
  timeoutMs: number;
  /** Whether a commit waits for the disk. */
  durable: boolean;
}>;

/** What reaches the client besides answers. */
type Ears = Readonly<{ notified: () => void; ended: (error?: pg.DatabaseError) => void }>;

/** A statement under way. */
export type Asked = {
  readonly session: Session;
  readonly question: Question;
  readonly statement: Statement;
  readonly reply: (answer: Answer | pg.DatabaseError) => void;
  done: boolean;
};

/** The disk, in the usual case. */
const FSYNC_MS = { from: 0.1, to: 2 };
/** Commits that did not wait for the disk are on it after so long (three rounds of the WAL writer). */
const WAL_MS = 600;

/** What a transaction has changed, seen by itself alone until it commits. */
class Transaction {
  readonly relays = new Map<string, Cursor>();
  readonly cursors = new Map<string, Cursor>();
  readonly schemas = new Map<string, Schema>();
  readonly inserts: { table: Table; key: string; row: readonly unknown[] }[] = [];
  readonly rowLocks = new Set<string>();
  failed = false;
  constructor(readonly implicit: boolean) {}
}

/** A connection, as the server has it. */
export class Session {
  transaction: Transaction | undefined;
  listening = false;
  /** The server asks whether the machine is still there. */
  keepalive = false;
  alive = true;
  /** The statement under way. */
  asked: Asked | undefined;

  constructor(
    readonly line: Line,
    readonly settings: Settings,
    readonly ears: Ears,
  ) {}
}

/** Told of every change that others can see, after it. */
export type Witness = Readonly<{
  appended: (rows: readonly Stored[]) => void;
  moved: (of: 'relays' | 'cursors', name: string, before: Cursor | undefined, after: Cursor) => void;
  /** Of these cursors and read models, or of any of them. */
  committed: (names?: readonly string[]) => void;
}>;

/**
 * Postgres, as far as Kosh uses it: sessions, advisory locks, transactions with row locks, the append under its lock,
 * notifications, statement timeouts, and a disk that commits may or may not wait for. A specification of what Kosh
 * relies on; that the real append answers the same is shown by
 * `model.spec.ts`.
 */
export class Postgres implements Log {
  readonly log: Stored[] = [];
  readonly keys = new Map<string, Key>();
  readonly relays = new Map<string, Cursor>();
  readonly cursors = new Map<string, Cursor>();
  readonly schemas = new Map<string, Schema>();
  readonly sessions = new Set<Session>();
  /** Advisory locks of sessions. */
  readonly locks = new Map<string, Session>();
  witness: Witness = { appended: () => undefined, moved: () => undefined, committed: () => undefined };
  up = true;
  /** The disk takes nothing until then. */
  stalledUntil = 0;
  /** How far its clock is off. */
  clockMs = 0;
  looksKeysUp = true;
  /** Of a statement that it fails for a reason of its own. */
  errors = 0;
  /** Of a statement during which the connection breaks: before it is carried out, or after. */
  breaks = 0;
  private readonly versions = new Map<string, number>();
  private readonly rowLocks = new Map<string, Session>();
  private readonly waiting = new Map<string, Asked[]>();
  /** The append that has the lock. */
  private appending: Readonly<{ asked: Asked; writes: Writes }> | undefined;
  private readonly appends: Asked[] = [];
  /** How to take back the commits that may not be on the disk yet. */
  private unflushed: { at: number; undo: () => void }[] = [];

  constructor(
    readonly world: World,
    private readonly statementOf: (text: string) => Statement,
  ) {}

  head(): number {
    return this.log.length;
  }

  /** Begins with what another has: its log and keys alone, or all of it. */
  recall(other: Postgres, all: boolean): void {
    this.take(other.log);
    copy(other.keys, this.keys);
    if (!all) return;
    copy(other.relays, this.relays);
    copy(other.cursors, this.cursors);
    for (const [name, { shape, tables }] of other.schemas) {
      const copies = [...tables].map(
        ([table, { rows, ...rest }]) => [table, { ...rest, rows: new Map(rows) }] as const,
      );
      this.schemas.set(name, { shape, tables: new Map(copies) });
    }
  }

  version(stream: string): number {
    return this.versions.get(stream) ?? 0;
  }

  open(line: Line, settings: Settings, ears: Ears): Session {
    const session = new Session(line, settings, ears);
    this.sessions.add(session);
    line.onHungUp = () => this.end(session);
    return session;
  }

  ask(session: Session, question: Question, reply: Asked['reply']): void {
    if (!session.alive) {
      session.line.toMachine('connection reset', () => session.ears.ended());
      return;
    }
    const asked = { session, question, statement: this.statementOf(question.text), reply, done: false };
    session.asked = asked;
    const { dice } = this.world;
    if (dice.chance(this.breaks)) this.end(session);
    else if (dice.chance(this.errors)) this.fail(asked, '53200', 'out of memory');
    else if (asked.statement === 'append') this.queueAppend(asked);
    else this.execute(asked);
  }

  /** Ends a session: what it has not committed is taken back, and its locks are free. */
  end(session: Session, error?: pg.DatabaseError): void {
    if (!session.alive) return;
    session.alive = false;
    this.sessions.delete(session);
    const { asked } = session;
    // An append that has come to its commit is carried out, whether or not anybody hears of it.
    if (asked && asked !== this.appending?.asked) this.drop(asked);
    for (const [lock, holder] of this.locks) if (holder === session) this.locks.delete(lock);
    this.rollback(session);
    session.line.toMachine('end of the connection', () => session.ears.ended(error));
  }

  /** Ends a session by the server's own will, as an administrator does. */
  terminate(session: Session): void {
    const { asked } = session;
    if (asked && asked === this.appending?.asked && this.world.dice.chance(0.5)) {
      this.appending = undefined;
      asked.done = true;
      this.nextAppend();
    }
    this.end(session, databaseError('57P01', 'terminating connection due to administrator command', 'FATAL'));
  }

  /** All sessions end, and what commits did not wait for may be lost. */
  crash(): void {
    const { dice } = this.world;
    this.up = false;
    const committing = this.appending;
    this.appending = undefined;
    if (committing) {
      committing.asked.done = true; // Nobody hears of it.
      if (dice.chance(0.5)) this.commitAppend(committing.asked, committing.writes);
    }
    for (const session of this.sessions) this.end(session);
    for (const asked of this.appends.splice(0)) asked.done = true;
    const lossFrom = this.world.now - dice.between(0, WAL_MS);
    const lost = this.unflushed.filter(({ at }) => at > lossFrom);
    for (const { undo } of lost.toReversed()) undo();
    this.unflushed = [];
    this.world.tell(`Postgres crashes; ${lost.length} commits are lost that did not wait for the disk`);
    this.witness.committed();
  }

  /** An operator changes a cursor, in a transaction that waits for the disk. Not while another holds its row. */
  change(cursor: string, change: (before: Cursor) => Cursor): void {
    const before = this.cursors.get(cursor);
    if (!before || this.rowLocks.has(`cursors/${cursor}`)) return;
    this.unflushed = [];
    this.cursors.set(cursor, change(before));
    this.witness.committed([cursor]);
  }

  /** Waits for the row unless it is free, or the session's own: the statement is then executed again. */
  lockRow(asked: Asked, row: string): boolean {
    const { transaction } = asked.session;
    const holder = this.rowLocks.get(row);
    if (holder !== undefined && holder !== asked.session) {
      const queue = this.waiting.get(row);
      if (queue) queue.push(asked);
      else this.waiting.set(row, [asked]);
      this.limit(asked);
      return false;
    }
    this.rowLocks.set(row, asked.session);
    transaction?.rowLocks.add(row);
    return true;
  }

  begin(session: Session): void {
    session.transaction = new Transaction(false);
  }

  commit(session: Session): void {
    const { transaction } = session;
    if (!transaction) return;
    if (transaction.failed) {
      this.rollback(session);
      return;
    }
    const moves = (['relays', 'cursors'] as const).flatMap((of) =>
      [...transaction[of]].map(([name, after]) => [of, name, this[of].get(name), after] as const),
    );
    const undo = [
      ...put(this.schemas, transaction.schemas),
      ...transaction.inserts.flatMap(({ table, key, row }) => put(table.rows, new Map([[key, row]]))),
      ...put(this.cursors, transaction.cursors),
      ...put(this.relays, transaction.relays),
    ];
    session.transaction = undefined;
    if (undo.length > 0 && !session.settings.durable) {
      this.unflushed.push({ at: this.world.now, undo: () => undo.toReversed().forEach((one) => one()) });
    }
    for (const move of moves) this.witness.moved(...move);
    const names = [...transaction.cursors.keys(), ...transaction.inserts.map(({ table }) => table.of)];
    if (names.length > 0) this.witness.committed(names);
    this.release(transaction);
  }

  rollback(session: Session): void {
    const { transaction } = session;
    session.transaction = undefined;
    if (transaction) this.release(transaction);
  }

  private execute(asked: Asked): void {
    const { session, statement, question } = asked;
    if (asked.done || statement === 'append') return;
    session.transaction ??= new Transaction(true);
    try {
      const answer = statement(this, asked, question);
      // It waits for a row.
      if (answer === undefined) return;
      if (session.transaction?.implicit) this.commit(session);
      this.answer(asked, answer);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      this.fail(asked, error.code ?? '', error.message);
    }
  }

  private answer(asked: Asked, answer: Answer | pg.DatabaseError): void {
    if (asked.done) return;
    asked.done = true;
    if (asked.session.asked === asked) asked.session.asked = undefined;
    if (this.world.dice.chance(this.breaks)) {
      if (asked.statement === 'append') this.world.count('lost connection after a commit');
      this.end(asked.session);
      return;
    }
    asked.session.line.toMachine('answer', () => asked.reply(answer));
  }

  private fail(asked: Asked, code: string, message: string): void {
    const { transaction } = asked.session;
    if (transaction?.implicit) this.rollback(asked.session);
    else if (transaction) transaction.failed = true;
    this.answer(asked, databaseError(code, message));
  }

  /** A statement that waits is given up when its time is over. */
  private limit(asked: Asked): void {
    const { timeoutMs } = asked.session.settings;
    if (timeoutMs === 0) return;
    this.world.at(timeoutMs, 'statement timeout', () => {
      if (asked.done || asked === this.appending?.asked) return;
      this.drop(asked, false);
      this.fail(asked, '57014', 'canceling statement due to statement timeout');
    });
  }

  private drop(asked: Asked, done = true): void {
    asked.done ||= done;
    const at = this.appends.indexOf(asked);
    if (at >= 0) this.appends.splice(at, 1);
    for (const queue of this.waiting.values()) {
      const here = queue.indexOf(asked);
      if (here >= 0) queue.splice(here, 1);
    }
  }

  private release({ rowLocks }: Transaction): void {
    for (const row of rowLocks) {
      this.rowLocks.delete(row);
      const queue = this.waiting.get(row) ?? [];
      this.waiting.delete(row);
      for (const asked of queue) this.execute(asked);
    }
  }

  private queueAppend(asked: Asked): void {
    this.appends.push(asked);
    this.limit(asked);
    this.nextAppend();
  }

  /** Under the lock: what it will write is certain now, and seen by all when the disk has it. */
  private nextAppend(): void {
    const asked = this.appending ? undefined : this.appends.shift();
    if (!asked) return;
    const { dice } = this.world;
    const writes = append(this, asked.question.values);
    const refusal = refusalOf(writes);
    if (refusal) {
      this.fail(asked, ...refusal);
      this.nextAppend();
      return;
    }
    const appending = { asked, writes };
    this.appending = appending;
    const stall = Math.max(0, this.stalledUntil - this.world.now);
    this.world.at(stall + dice.between(FSYNC_MS.from, FSYNC_MS.to), 'commit', () => {
      if (this.appending !== appending) return;
      this.commitAppend(asked, writes);
      this.appending = undefined;
      this.nextAppend();
    });
  }

  private commitAppend(asked: Asked, { rows, written, keys }: Writes): void {
    for (const [key, value] of keys) this.keys.set(key, value);
    this.unflushed = [];
    this.take(written);
    this.answer(asked, { rows, rowCount: rows.length });
    if (written.length === 0) return;
    this.witness.appended(written);
  }

  /** The one channel that Kosh has. */
  notify(): void {
    for (const session of this.sessions) {
      if (session.listening) session.line.toMachine('notification', () => session.ears.notified());
    }
  }

  private take(rows: readonly Stored[]): void {
    for (const row of rows) {
      this.log.push(row);
      this.versions.set(row.stream, row.version);
    }
  }

  /** Of the server's clock, and never before the last event. */
  moment(): number {
    const last = this.log.at(-1);
    const now = EPOCH_MS + Math.floor(this.world.now) + this.clockMs;
    return last ? Math.max(now, Date.parse(last.recordedAt)) : now;
  }
}

export function databaseError(code: string, message: string, severity = 'ERROR'): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, severity });
}

function copy<K, V>(from: ReadonlyMap<K, V>, to: Map<K, V>): void {
  for (const [key, value] of from) to.set(key, value);
}

/** Puts all into a map; answers how to take it back. */
function put<V>(into: Map<string, V>, entries: ReadonlyMap<string, V>): (() => void)[] {
  return [...entries].map(([name, value]) => {
    const before = into.get(name);
    into.set(name, value);
    return () => {
      if (before === undefined) into.delete(name);
      else into.set(name, before);
    };
  });
}
