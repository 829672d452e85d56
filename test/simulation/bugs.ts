import pg from 'pg';
import { callAppend, EventStore, Gatherer, OutcomeUnknown } from '#event-store';
import { Inbox } from '../../libs/kafka/src/inbox.js';
import type { Bug } from './bug.js';
import { databaseError, type Question } from './postgres.js';
import { append } from './log.js';

const isAppend = ({ text }: Question) => text.startsWith('select * from log.append(');
const isCursorMove = ({ text }: Question) => text.startsWith('update reading.cursors set position = $4');
const isBegin = ({ text }: Question) => text.startsWith('begin');
const isCommit = ({ text }: Question) => text === 'commit';
const isPage = ({ text }: Question) => text.includes('where position > $1 order by position limit $2');
/** A reader of events takes what everyone may read; the relay takes whole rows, 500 at a time. */
const isReadersPage = (question: Question) => isPage(question) && !question.text.includes('meta');
const isRelaysPage = (question: Question) => isPage(question) && question.values[1] === 500;

const MOVED = { rows: [], rowCount: 1 };

/** Each of these the simulation must find, and does so within 1,000 seeds. */
export const BUGS: readonly Bug[] = [
  {
    // The caller is told before the commit, which may never come.
    name: 'acknowledges-before-commit',
    between: (server) => (ask, question) => {
      if (!isAppend(question)) return ask(question);
      ask(question).catch(() => undefined);
      const { rows } = append(server, question.values);
      return Promise.resolve({ rows, rowCount: rows.length });
    },
  },
  {
    name: 'cursor-before-rows',
    between: () => {
      let began = false;
      return async (ask, question) => {
        const answer = await ask(question);
        if (began && isCursorMove(question)) {
          await ask({ text: 'commit', values: [] });
          await ask({ text: 'begin ', values: [] });
        }
        began = isBegin(question) || (began && !isCommit(question));
        return answer;
      };
    },
  },
  {
    name: 'rows-before-cursor',
    between: () => {
      let began = false;
      let move: Question | undefined;
      return async (ask, question) => {
        if (began && isCursorMove(question)) {
          move = question;
          return MOVED;
        }
        const answer = await ask(question);
        if (move && isCommit(question)) await ask(move);
        began = isBegin(question) || (began && !isCommit(question));
        return answer;
      };
    },
  },
  {
    // What is not the next one is taken for it.
    name: 'gap-not-seen',
    install: () =>
      replace<Opened>(
        Inbox.prototype,
        'next',
        () =>
          function next() {
            const [first] = [...this.waiting.keys()].toSorted((a, b) => a - b);
            return first === undefined ? undefined : this.waiting.get(first);
          },
      ),
  },
  {
    // A gap is seen, but the log is not asked for what is missing in it.
    name: 'log-not-paged',
    between: () => (ask, question) =>
      isReadersPage(question) ? Promise.resolve({ rows: [], rowCount: 0 }) : ask(question),
  },
  {
    // The next batch is on its way before the last one has arrived, and that one is tried again.
    name: 'two-in-flight',
    tamper: () => {
      const underWay = new Set<Promise<unknown>>();
      return {
        producer: (config) => ({ ...config, idempotent: false, maxInFlightRequests: 2 }),
        async send(send, record) {
          if (underWay.size >= 2) await Promise.race(underWay);
          const untilSent = async (): Promise<unknown> => send(record).catch(untilSent);
          const sent = untilSent().finally(() => underWay.delete(sent));
          underWay.add(sent);
          return [];
        },
      };
    },
  },
  {
    name: 'send-error-swallowed',
    tamper: () => ({ send: (send, record) => send(record).catch(() => []) }),
  },
  {
    // Whoever led before moves the cursor still.
    name: 'relay-not-fenced',
    between: () => (ask, question) => ask(without(' and epoch = $3 and position = $4', question, 2)),
  },
  {
    // Whoever was active before writes still.
    name: 'projector-not-fenced',
    between: () => (ask, question) => ask(without(' and position = $2 and epoch = $3', question, 5)),
  },
  {
    // The relay goes on one behind the one behind its cursor.
    name: 'offset-plus-one',
    between: () => (ask, question) => {
      const [after, limit] = question.values;
      return ask(isRelaysPage(question) ? { ...question, values: [Number(after) + 1, limit] } : question);
    },
  },
  {
    name: 'key-not-looked-up',
    plant: (server) => {
      server.looksKeysUp = false;
    },
  },
  {
    // One command of the batch was refused, and with it the batch; all callers are told that it is written.
    name: 'refused-batch-acknowledged',
    between: (server) => (ask, question) =>
      ask(question).catch((error: unknown) => {
        const commands = isAppend(question) ? (question.values[1] as readonly string[]).length : 0;
        if (commands < 2 || !(error instanceof pg.DatabaseError) || error.code !== '23514') throw error;
        const { rows } = append(server, question.values);
        return { rows, rowCount: rows.length };
      }),
  },
  {
    // A refused batch is not sent again one by one: whoever was in it is refused with it.
    name: 'batch-refused-whole',
    install: () =>
      replace<Writer>(
        Gatherer.prototype,
        'send',
        () =>
          async function whole(batch: Batch) {
            const commands = batch.map(({ append: command }) => command);
            try {
              const outcomes = await callAppend(this.writer, commands);
              batch.forEach(({ resolve }, i) => resolve(outcomes[i]));
            } catch (error) {
              batch.forEach(({ reject }) => reject(error));
            }
          },
      ),
  },
  {
    // The answer did not come, so it is tried once more, as if it were another command.
    name: 'new-key-after-unknown',
    install: () =>
      replace<Gatherer>(
        Gatherer.prototype,
        'append',
        (once) =>
          async function twice(command: Command) {
            try {
              return await once.call(this, command);
            } catch (error) {
              if (!(error instanceof OutcomeUnknown)) throw error;
              return once.call(this, { ...command, key: `${command.key}, again` });
            }
          },
      ),
  },
  {
    // A broken connection is taken for an error of the server, which writes nothing.
    name: 'unknown-told-as-not-written',
    between: () => (ask, question) =>
      ask(question).catch((error: unknown) => {
        if (!isAppend(question) || error instanceof pg.DatabaseError) throw error;
        throw databaseError('57014', 'canceling statement due to user request');
      }),
  },
  {
    // The command that answers an event is another one each time.
    name: 'process-with-random-key',
    install: () => {
      let times = 0;
      return replace<EventStore>(
        EventStore.prototype,
        'transact',
        (transact) =>
          function anew(...[intents, by, options]: Transact) {
            times += 1;
            const key = by.actor.startsWith('process:') ? `${by.key} ${times}` : by.key;
            return transact.call(this, intents, { ...by, key }, options);
          },
      );
    },
  },
];

type Opened = Readonly<{ waiting: ReadonlyMap<number, unknown> }>;
type Command = Parameters<Gatherer['append']>[0];
type Writer = Readonly<{ writer: pg.Pool }>;
type Batch = readonly Readonly<{
  append: Command;
  resolve: (outcome: unknown) => void;
  reject: (error: unknown) => void;
}>[];
type Transact = Parameters<EventStore['transact']>;

/** A statement without its guard, and without the parameters that only the guard has. */
function without(guard: string, question: Question, parameters: number): Question {
  if (!question.text.includes(guard)) return question;
  return { text: question.text.replace(guard, ''), values: question.values.slice(0, parameters) };
}

// The methods of a prototype, of which some are private: what they take is known to whoever writes them anew.
type Method<Self> = (this: Self, ...args: never[]) => unknown;
type Before<Self> = { call: (self: Self, ...args: unknown[]) => unknown };

/** Puts another method in place of one, which it is given; answers what puts that back. */
function replace<Self>(
  prototype: object,
  name: string,
  make: (before: Before<Self>) => Method<Self>,
): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name);
  if (!before) throw new Error(`There is no method ${name}: the bug must be planted anew.`);
  Object.defineProperty(prototype, name, { ...before, value: make(before.value as Before<Self>) });
  return () => void Object.defineProperty(prototype, name, before);
}
