import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { Driver } from '#event-store';
import { type Link, Line } from './link.js';
import type { Machine } from './machine.js';
import type { Answer, Postgres, Question, Session, Settings } from './postgres.js';
import { Violation } from './world.js';

type Callback = (error: Error | undefined, answer?: Answer) => void;
type Waiting = Readonly<{ question: Question; settle: Callback }>;

/** Sends a statement and answers what comes back: a planted bug can stand in between. */
type Ask = (question: Question) => Promise<Answer>;
export type Between = (ask: Ask, question: Question) => Promise<Answer>;

/** Where a client is, and what it speaks to. */
type Place = Readonly<{
  machine: Machine;
  server: Postgres;
  link: Link;
  plant: ((server: Postgres) => Between) | undefined;
}>;

/** What stands in the place of `pg.Client` under the real `pg.Pool`, on a machine. */
export function driverOf(
  machine: Machine,
  server: Postgres,
  link: Link,
  plant?: (server: Postgres) => Between,
): Driver {
  const place = { machine, server, link, plant };
  // Not a class of its own for each machine, which would be slow; the pool asks nothing of it that it has not.
  function Client(config: pg.PoolConfig): SimulatedClient {
    return new SimulatedClient(config, place);
  }
  return Client as unknown as Driver;
}

/**
 * Does as the real client does where that matters: one statement after the other, and when the connection ends, first
 * an `error` event, which ends the process where nobody listens, then the failure of whatever was asked.
 */
class SimulatedClient extends EventEmitter {
  readonly connection = { stream: { destroy: () => this.lose(new Error('Connection terminated')) } };
  private readonly settings: Settings;
  private readonly line: Line;
  private readonly between: Between | undefined;
  private session: Session | undefined;
  private connected: Callback | undefined;
  private waiting: Waiting[] = [];
  private active: Waiting | undefined;
  private lost = false;
  private ending = false;

  constructor(
    config: pg.PoolConfig,
    private readonly place: Place,
  ) {
    super();
    this.line = new Line(place.machine, place.link);
    this.between = place.plant?.(place.server);
    this.settings = settingsOf(config.options ?? '');
  }

  /** Read by the pool. */
  get _queryable(): boolean {
    return !this.lost;
  }

  get _ending(): boolean {
    return this.ending;
  }

  connect(callback: Callback): void {
    const { server } = this.place;
    this.connected = callback;
    this.line.toServer('connect', () => {
      if (!server.up) {
        this.line.toMachine('connection refused', () => this.lose(new Error('connect ECONNREFUSED')));
        return;
      }
      const session = server.open(this.line, this.settings, {
        notified: () => void this.emit('notification', { channel: 'kosh_log' }),
        ended: (error) => this.lose(new Error('Connection terminated unexpectedly'), error),
      });
      this.line.toMachine('connected', () => {
        this.session = session;
        this.connected?.(undefined);
        this.connected = undefined;
      });
    });
  }

  query(
    config: string | pg.QueryConfig,
    values?: readonly unknown[],
    callback?: Callback,
  ): Promise<Answer> | Copied {
    const question =
      typeof config === 'string'
        ? { text: config, values: values ?? [] }
        : { text: config.text, values: config.values ?? values ?? [] };
    const ask: Ask = (asked) => new Promise((resolve, reject) => this.queue(asked, resolve, reject));
    const answer = this.between ? this.between(ask, question) : ask(question);
    if (callback) void answer.then(...settling(callback));
    return question.text.startsWith('copy ') ? new Copied(answer) : answer;
  }

  end(callback?: () => void): void {
    if (!this.ending) {
      this.ending = true;
      this.line.hangUp();
      this.failAll(new Error('Connection terminated'));
    }
    if (callback) queueMicrotask(callback);
  }

  private queue(question: Question, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
    if (question.text.startsWith('select * from log.append(')) this.appends();
    this.waiting.push({
      question,
      settle: (error, answer) => (answer ? resolve(answer) : reject(error ?? new Error('Neither'))),
    });
    if (this.lost) this.failAll(new Error('The client is not queryable after a connection error.'));
    else if (this.ending) this.failAll(new Error('The client was closed.'));
    else this.next();
  }

  /** A process has one append in flight: another may begin when nobody waits for that one any more. */
  private appends(): void {
    const { machine } = this.place;
    if (machine.appending !== undefined && machine.appending !== this) {
      machine.world.report(new Violation('one-in-flight', `${machine.name} sends two appends at once.`));
    }
    machine.appending = this;
  }

  private next(): void {
    const { session } = this;
    if (this.active || !session) return;
    const waiting = this.waiting.shift();
    if (!waiting) return;
    this.active = waiting;
    const reply = (answer: Answer | pg.DatabaseError) => {
      if (this.active !== waiting) return;
      this.active = undefined;
      this.idle();
      if (answer instanceof pg.DatabaseError) waiting.settle(answer);
      else waiting.settle(undefined, answer);
      this.next();
    };
    this.line.toServer(waiting.question.text, () => {
      this.place.server.ask(session, waiting.question, reply);
    });
  }

  /** The connection has ended; `last` is what the server said before. */
  private lose(error: Error, last?: Error): void {
    if (this.ending || this.lost) return;
    this.lost = true;
    this.line.hangUp();
    if (this.connected) {
      this.connected(error);
      this.connected = undefined;
      return;
    }
    const { active } = this;
    if (active && last) {
      // What the server says last comes before the end of the connection, and may be acted on in between.
      this.active = undefined;
      active.settle(last);
      this.place.machine.resume(0, 'end of the connection', () => this.report(error));
      return;
    }
    this.report(last ?? error);
  }

  private report(error: Error): void {
    this.failAll(error);
    if (!this.ending) this.emit('error', error);
    this.emit('end');
  }

  private idle(): void {
    const { machine } = this.place;
    if (machine.appending === this) machine.appending = undefined;
  }

  private failAll(error: Error): void {
    this.idle();
    const failed = this.active ? [this.active, ...this.waiting] : this.waiting;
    this.active = undefined;
    this.waiting = [];
    if (failed.length > 0) queueMicrotask(() => failed.forEach(({ settle }) => settle(error)));
  }
}

/** What a COPY is read from, as far as anyone asks it for something. */
class Copied {
  readableEnded = false;

  constructor(private readonly answer: Promise<Answer>) {}

  setEncoding(): this {
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    const { rows } = await this.answer;
    const [text] = (rows as readonly (readonly string[])[])[0] ?? [];
    this.readableEnded = true;
    if (text !== undefined) yield text;
  }
}

/** A callback as the two that a promise takes. */
function settling(callback: Callback): [(answer: Answer) => void, (error: unknown) => void] {
  return [
    (answer) => callback(undefined, answer),
    (error) => callback(error instanceof Error ? error : new Error(String(error))),
  ];
}

const known = new Map<string, Settings>();

/** Of the options that `connect` gives a session. */
function settingsOf(options: string): Settings {
  let settings = known.get(options);
  if (settings === undefined) {
    const option = (name: string) => new RegExp(`-c ${name}=(\\S+)`).exec(options)?.[1];
    settings = {
      timeoutMs: Number(option('statement_timeout') ?? 0),
      durable: option('synchronous_commit') !== 'off',
    };
    known.set(options, settings);
  }
  return settings;
}
