import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { check, type Fold, type LogRow, type Rule, RULES, type TopicRow } from './history.js';
import { type Asked, Journal, type Line, linesOf, type Phase, type Receipt } from './journal.js';

type Story = { journal: Line[]; log: LogRow[]; topic: { rows: TopicRow[]; upTo: number } };

/** A read model of the specs: how many events there are of each type. */
const census: Fold = () => {
  const counts = new Map<string, number>();
  return {
    take: ({ type }) => counts.set(type, (counts.get(type) ?? 0) + 1),
    answer: () => JSON.stringify([...counts.keys()].toSorted().map((type) => [type, counts.get(type)])),
  };
};

const rulesOf = (story: Story): Rule[] => [
  ...new Set(check({ ...story, models: { census } }).map(({ rule }) => rule)),
];

/** An agency that does everything right, and whose clients write down what they are told. */
class Agency {
  readonly story: Story = { journal: [], log: [], topic: { rows: [], upTo: 0 } };
  private readonly journals = new Map<string, Journal>();
  private clock = 0;

  ask(client: string, asked: Asked): (end: Exclude<Phase, { phase: 'asked' }>) => void {
    const write = (line: string) => this.story.journal.push(...linesOf(`${line}\n`));
    const journal = this.journals.get(client) ?? new Journal(client, write, () => (this.clock += 1));
    this.journals.set(client, journal);
    return journal.ask(asked);
  }

  /** Whatever was asked under the key is recorded in each of the streams, unless it was before. */
  record(actor: string, key: string, streams: readonly string[]): Receipt {
    const before = this.story.log.filter((row) => row.actor === actor && row.key === key);
    const rows = before.length > 0 ? before : streams.map((stream) => this.append(actor, key, stream));
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) throw new Error('A command has an event.');
    const { stream, version } = first;
    const outcome = before.length > 0 ? 'repeated' : 'recorded';
    return { outcome, stream, version, position: last.position, hash: last.hash };
  }

  append(actor: string, key: string, stream: string, command = `${actor}:${key}`): LogRow {
    const { log, topic } = this.story;
    const position = log.length + 1;
    const version = log.filter((row) => row.stream === stream).length + 1;
    const hash = `${position}`.padStart(64, '0');
    const recordedAt = new Date(position * 1_000).toISOString();
    const type = version === 1 ? 'Opened' : 'Changed';
    const row = { position, stream, version, type, body: '{}', recordedAt, hash, command, actor, key };
    log.push(row);
    topic.rows.push({ partition: stream.charCodeAt(5) % 2, stream, version, position, hash });
    topic.upTo = position;
    return row;
  }

  census(): { position: number; value: string } {
    const { take, answer } = census();
    this.story.log.forEach(take);
    return { position: this.story.log.length, value: answer() };
  }
}

/** Everything that the rules speak of, done right. */
function good(): Story {
  const agency = new Agency();
  const write = (client: string, key: string, streams: string[], ifMatch?: number) => {
    const end = agency.ask(client, {
      what: 'write',
      actor: client,
      key,
      streams,
      ...(ifMatch !== undefined && { ifMatch }),
    });
    return {
      told: () => end({ phase: 'receipt', receipt: agency.record(client, key, streams) }),
      unheard: () => {
        agency.record(client, key, streams);
        end({ phase: 'unknown' });
      },
      failed: (why: 'refused' | 'unavailable') => end({ phase: 'failed', why, code: why }),
      true: (row: LogRow | undefined) => {
        const { stream = '', version = 0, position = 0, hash = '' } = row ?? {};
        end({ phase: 'receipt', receipt: { outcome: 'already-true', stream, version, position, hash } });
      },
    };
  };
  const look = (client: string, atLeast: number) => {
    agency.ask(client, { what: 'model', model: 'census', atLeast })({ phase: 'seen', seen: agency.census() });
  };
  write('aigul', 'opens', ['case-a']).told();
  write('bolat', 'opens two', ['case-b', 'case-c']).told();
  look('aigul', 1);
  write('dana', 'unheard', ['case-a']).unheard();
  const matched = write('bolat', 'matched', ['case-b'], 1);
  write('dana', 'refused', ['case-a']).failed('refused');
  matched.told();
  write('aigul', 'opens', ['case-a']).told();
  const { hash = '' } = agency.story.log[4] ?? {};
  agency.ask('bolat', { what: 'stream', stream: 'case-b' })({ phase: 'seen', seen: { version: 2, hash } });
  write('dana', 'unavailable', ['case-a']).failed('unavailable');
  write('dana', 'true already', ['case-a']).true(agency.story.log[3]);
  look('aigul', 5);
  look('bolat', 5);
  look('dana', 5);
  write('bolat', 'opens another', ['case-d']).told();
  write('aigul', 'last', ['case-a']).told();
  agency.story.topic.rows.push(...agency.story.topic.rows.slice(2, 5)); // A relay was killed.
  return agency.story;
}

/** Some clients do some things, at times that overlap; what is asked may have its effect at any time until it ends. */
function random(choices: readonly number[]): Story {
  const agency = new Agency();
  const pending = new Map<string, () => boolean>();
  const keys: [string, string, string[]][] = [];
  let next = 0;
  const choose = (count: number) => (choices[(next += 1) % choices.length] ?? 0) % count;
  const begin = (client: string): (() => boolean) => {
    const repeated = choose(3) === 0 ? keys.find(([actor]) => actor === client) : undefined;
    if (choose(3) === 0) {
      const atLeast = choose(2) * agency.story.log.length;
      const end = agency.ask(client, { what: 'model', model: 'census', atLeast });
      return () => {
        end({ phase: 'seen', seen: agency.census() });
        return true;
      };
    }
    const streams = [`case-${'abc'[choose(3)]}`, ...(choose(4) === 0 ? ['case-e'] : [])];
    const [actor, key, into] = repeated ?? [client, `key ${next}`, streams];
    if (!repeated) keys.push([actor, key, into]);
    const end = agency.ask(client, { what: 'write', actor, key, streams: into });
    let receipt: Receipt | undefined;
    return () => {
      const known = agency.story.log.some((row) => row.actor === actor && row.key === key);
      const step = choose(5);
      if (step === 0) end({ phase: 'unknown' });
      else if (step === 1 && !receipt && !known)
        end({ phase: 'failed', why: 'unavailable', code: 'unavailable' });
      else if (receipt) end({ phase: 'receipt', receipt });
      else {
        receipt = agency.record(actor, key, into);
        return false;
      }
      return true;
    };
  };
  for (let step = 0; step < 60; step += 1) {
    const client = `client ${choose(4)}`;
    const goOn = pending.get(client);
    if (!goOn) pending.set(client, begin(client));
    else if (goOn()) pending.delete(client);
  }
  return agency.story;
}

describe('a history in which the agency did everything right', () => {
  it('breaks no rule', () => {
    expect(check({ ...good(), models: { census } })).toEqual([]);
  });

  it('breaks no rule, whatever overlaps, is repeated, or is never heard of', () => {
    const choices = fc.array(fc.nat(1_000), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(choices, (list) => {
        expect(check({ ...random(list), models: { census } })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is read from its journals, without the line that a killed client did not end', () => {
    const journal = good()
      .journal.map((line) => JSON.stringify(line))
      .join('\n');
    expect(linesOf(`${journal}\n{"client":"dana","op":9,"pha`)).toEqual(good().journal);
  });

  it('is looked at once: ten times as long takes about ten times as long', () => {
    const long = (times: number): Story => {
      const agency = new Agency();
      const log = Array.from({ length: times * 100 }, (_, i) =>
        agency.append('a', `key ${i}`, `case-${i % 50}`),
      );
      const journal = log.flatMap((row, i): Line[] => {
        const { key = '', stream, version, position, hash } = row;
        const receipt = { outcome: 'recorded', stream, version, position, hash } as const;
        return [
          { client: 'a', op: i, at: 2 * i, phase: 'asked', asked: { what: 'write', actor: 'a', key } },
          { client: 'a', op: i, at: 2 * i + 1, phase: 'receipt', receipt },
        ];
      });
      return { ...agency.story, journal };
    };
    const [short, tenfold] = [long(5), long(50)];
    const time = (story: Story) => {
      const before = performance.now();
      expect(check(story)).toEqual([]);
      return performance.now() - before;
    };
    time(short);
    expect(time(tenfold)).toBeLessThan(Math.max(200, 40 * time(short)));
  });
});

type Change = (story: Story) => void;

const row = (story: Story, position: number): LogRow => {
  const found = story.log[position - 1];
  if (!found) throw new Error(`There is no position ${position}.`);
  return found;
};

/** Changes a row of the log, and its messages in the topic with it. */
const rewrite = (story: Story, position: number, change: Partial<LogRow>) => {
  const { stream, version } = row(story, position);
  story.log[position - 1] = { ...row(story, position), ...change };
  story.topic.rows = story.topic.rows.map((message) =>
    message.stream === stream && message.version === version
      ? { ...message, ...Object.fromEntries(Object.entries(change).filter(([name]) => name in message)) }
      : message,
  );
};

const cut = (story: Story, length: number) => {
  story.log.length = length;
  story.topic.rows = story.topic.rows.filter(({ position }) => position <= length);
  story.topic.upTo = length;
};

/** How the asking under a key ended, the last time. */
const endOf = (story: Story, key: string): number => {
  const asked = story.journal.findLast(
    (line) => line.phase === 'asked' && line.asked.what === 'write' && line.asked.key === key,
  );
  return story.journal.findIndex(
    (line) => line.phase !== 'asked' && line.client === asked?.client && line.op === asked.op,
  );
};

const ended = (key: string, end: Exclude<Phase, { phase: 'asked' }>): Change => {
  return (story) => {
    const at = endOf(story, key);
    const { client, op, at: time } = story.journal[at] as Line;
    story.journal[at] = { client, op, at: time, ...end };
  };
};

const receipt = (key: string, change: Partial<Receipt>): Change => {
  return (story) => {
    const line = story.journal[endOf(story, key)];
    if (line?.phase !== 'receipt') throw new Error(`${key} has no receipt.`);
    ended(key, { phase: 'receipt', receipt: { ...line.receipt, ...change } })(story);
  };
};

/** The client's last look at the census shows this instead. */
const saw = (client: string, change: Partial<{ position: number; value: string }>): Change => {
  return (story) => {
    const at = story.journal.findLastIndex(
      (line) => line.client === client && line.phase === 'seen' && 'position' in line.seen,
    );
    const line = story.journal[at] as Extract<Line, { phase: 'seen' }>;
    story.journal[at] = { ...line, seen: { ...line.seen, ...change } as typeof line.seen };
  };
};

const again = (key: string): Change => {
  return (story) => {
    const { actor, stream } = story.log.find((one) => one.key === key) as LogRow;
    const agency = new Agency();
    Object.assign(agency.story, story);
    agency.append(actor, key, stream, 'another command');
    story.topic.upTo = agency.story.topic.upTo;
  };
};

/** The census as it was at a position. */
const censusAt = (position: number): string => {
  const { take, answer } = census();
  good().log.slice(0, position).forEach(take);
  return answer();
};

const MUTATIONS: readonly [what: string, change: Change, rules: readonly Rule[]][] = [
  ['an acknowledged command is not in the log', (story) => cut(story, 6), ['lost-write']],
  [
    'a refused command is in the log',
    ended('last', { phase: 'failed', why: 'refused', code: 'not-alive' }),
    ['aborted-write'],
  ],
  [
    'a command that was «not written» is in the log',
    ended('last', { phase: 'failed', why: 'unavailable', code: 'unavailable' }),
    ['aborted-write'],
  ],
  [
    'a command that was «true already» is in the log',
    receipt('last', { outcome: 'already-true' }),
    ['aborted-write'],
  ],
  ['an acknowledged command is in the log twice', again('last'), ['duplicate-effect']],
  ['a command of unknown outcome is in the log twice', again('unheard'), ['unknown-twice']],
  [
    'two commands are acknowledged for one version',
    receipt('last', { stream: 'case-d', version: 1 }),
    ['receipt-changed', 'one-version'],
  ],
  [
    'a command stands before one that was done before it began',
    (story) => {
      const [earlier, later] = [row(story, 6), row(story, 7)];
      const moved = { stream: later.stream, version: later.version, key: later.key, actor: later.actor };
      const { stream, version, key, actor } = earlier;
      story.log[5] = { ...earlier, ...moved, command: later.command };
      story.log[6] = { ...later, stream, version, key, actor, command: earlier.command };
      story.topic = { rows: [], upTo: 0 };
      receipt('last', { position: 6, hash: earlier.hash })(story);
      receipt('opens another', { position: 7, hash: later.hash })(story);
    },
    ['real-time'],
  ],
  [
    'a client that asks for what it saw sees less',
    (story) => {
      saw('aigul', { position: 2, value: censusAt(2) })(story);
    },
    ['monotonic-reads'],
  ],
  [
    'a client that asks for what it wrote does not see it',
    saw('bolat', { position: 4, value: censusAt(4) }),
    ['read-your-writes'],
  ],
  [
    'a client that asks for what it heard of does not see it',
    saw('dana', { position: 4, value: censusAt(4) }),
    ['at-least'],
  ],
  [
    'a version is seen that never was',
    (story) => {
      const at = story.journal.findIndex((line) => line.phase === 'seen' && 'version' in line.seen);
      story.journal[at] = { ...(story.journal[at] as Line), phase: 'seen', seen: { version: 3 } };
    },
    ['phantom-read'],
  ],
  [
    'a version is seen with another hash',
    (story) => {
      const at = story.journal.findIndex((line) => line.phase === 'seen' && 'version' in line.seen);
      story.journal[at] = { ...(story.journal[at] as Line), phase: 'seen', seen: { version: 2, hash: 'ff' } };
    },
    ['phantom-read'],
  ],
  ['a position is seen that never was', saw('dana', { position: 99 }), ['phantom-read', 'real-time']],
  ['a figure is not what the log says', saw('dana', { value: '[["Opened",4]]' }), ['not-a-fold']],
  ['a figure is that of the position before', saw('dana', { value: censusAt(4) }), ['not-a-fold']],
  [
    'an event is seen before anyone asked for it',
    saw('dana', { position: 7, value: censusAt(7) }),
    ['real-time', 'read-from-future'],
  ],
  ['the hash of a receipt is not true any more', receipt('last', { hash: 'ff' }), ['receipt-changed']],
  ['the position of a receipt is another’s', receipt('last', { position: 6 }), ['receipt-changed']],
  [
    'a repeated command gets another receipt',
    receipt('opens', { position: 2, hash: row(good(), 2).hash }),
    ['receipt-changed', 'receipts-differ'],
  ],
  [
    'a row was written anew, with another hash',
    (story) => rewrite(story, 7, { hash: 'ff' }),
    ['receipt-changed'],
  ],
  ['a position is missing', (story) => rewrite(story, 7, { position: 8 }), ['log-order', 'receipt-changed']],
  [
    'a version is missing',
    (story) => rewrite(story, 4, { version: 5 }),
    ['log-order', 'topic-order', 'receipt-changed'],
  ],
  [
    'a time runs back',
    (story) => rewrite(story, 7, { recordedAt: '1970-01-01T00:00:00.000Z' }),
    ['log-order'],
  ],
  [
    'half of a command is missing',
    (story) => rewrite(story, 3, { command: 'another', key: undefined, actor: 'nobody' }),
    ['whole-command', 'receipt-changed'],
  ],
  [
    'half of a command stands elsewhere',
    (story) => rewrite(story, 7, { command: row(story, 2).command }),
    ['whole-command', 'lost-write', 'receipt-changed'],
  ],
  [
    'a client has something in the log that it never asked for',
    (story) => rewrite(story, 4, { key: 'other' }),
    ['unasked'],
  ],
  [
    'a command that named a version was carried out on another',
    (story) => {
      const at = story.journal.findIndex(
        (line) => line.phase === 'asked' && line.asked.what === 'write' && line.asked.key === 'matched',
      );
      const line = story.journal[at] as Extract<Line, { phase: 'asked' }>;
      story.journal[at] = { ...line, asked: { ...line.asked, ifMatch: 2 } as Asked };
    },
    ['if-match'],
  ],
  [
    'the topic has a message that the log has not',
    (story) => story.topic.rows.push({ ...(story.topic.rows[0] as TopicRow), hash: 'ff' }),
    ['topic-foreign'],
  ],
  [
    'the topic lacks a message that Kafka has acknowledged',
    (story) => (story.topic.rows = story.topic.rows.filter(({ position }) => position !== 6)),
    ['topic-missing'],
  ],
  [
    'the topic has two messages of a file in the wrong order',
    (story) => {
      const [opened, another, third, changed] = story.topic.rows as [TopicRow, TopicRow, TopicRow, TopicRow];
      story.topic.rows = [changed, another, third, opened, ...story.topic.rows.slice(4)];
    },
    ['topic-order'],
  ],
  [
    'the topic has a file in two partitions',
    (story) => {
      story.topic.rows = story.topic.rows.map((one) => (one.position === 4 ? { ...one, partition: 7 } : one));
    },
    ['topic-partition'],
  ],
  [
    'a journal has an end that nobody asked for',
    (story) => story.journal.push({ client: 'aigul', op: 99, at: 1_000, phase: 'unknown' }),
    ['journal'],
  ],
];

describe('a history is rejected, and the rule named, if', () => {
  it.each(MUTATIONS)('%s', (_, change, rules) => {
    const story = good();
    change(story);
    expect(rulesOf(story).toSorted()).toEqual(rules.toSorted());
  });

  it('any rule is broken: each has such a history', () => {
    const shown = new Set(MUTATIONS.flatMap(([, , rules]) => rules));
    expect([...shown].toSorted()).toEqual(Object.keys(RULES).toSorted());
  });
});
