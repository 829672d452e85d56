import type { Asked, Line, Receipt, Seen } from './journal.js';

/** An event as it stands in the log at the end. */
export type LogRow = Readonly<{
  position: number;
  stream: string;
  version: number;
  type: string;
  body: string;
  recordedAt: string;
  /** Hex. */
  hash: string;
  /** Of the command that made it: all rows of one command have the same. */
  command: string;
  actor: string;
  /** Undefined where the log does not know it any more. */
  key: string | undefined;
}>;

/** A message of the topic, in the order of its partition. */
export type TopicRow = Readonly<{
  partition: number;
  stream: string;
  version: number;
  position: number;
  hash: string;
}>;

/** A read model as a fold of the log, at its beginning. `answer` prints what clients wrote down as `value`. */
export type Fold = () => Readonly<{ take: (row: LogRow) => void; answer: () => string }>;

export type History = Readonly<{
  /** Of all clients. The lines of one client are in its order. */
  journal: readonly Line[];
  /** In position order. */
  log: readonly LogRow[];
  /** All messages, and the position up to which Kafka has acknowledged the log. */
  topic?: Readonly<{ rows: readonly TopicRow[]; upTo: number }>;
  /** By the name under which clients asked for them. */
  models?: Readonly<Record<string, Fold>>;
}>;

/** Each of these is broken by exactly what its sentence says. */
export const RULES = {
  journal: 'what was asked ended once, and after it was asked',
  'log-order': 'positions and versions have no gap, and times never run back',
  'whole-command': 'a command is in the log as a whole or not at all',
  'lost-write': 'what was acknowledged is in the log',
  'aborted-write': 'what was refused, or certainly not written, or true already, is not in the log',
  'duplicate-effect': 'what was acknowledged is in the log once',
  'unknown-twice': 'what has an unknown outcome is in the log at most once',
  unasked: 'what clients have in the log, they have asked for',
  'receipt-changed': 'position, version and hash of a receipt are still true',
  'receipts-differ': 'the same key gets the same receipt',
  'one-version': 'two commands are not acknowledged for one version of a stream',
  'if-match': 'a command that named a version followed that version',
  'real-time': 'what was done before another began stands before it',
  'phantom-read': 'what was seen has been',
  'read-from-future': 'nothing was seen before anyone asked for it',
  'at-least': 'who asks for a position gets what is at least there',
  'monotonic-reads': 'who asks for what he has seen does not see less',
  'read-your-writes': 'who asks for what he has written sees it',
  'not-a-fold': 'a read model is a fold of the log up to its position',
  'topic-foreign': 'the topic has nothing that the log has not',
  'topic-missing': 'the topic has all that Kafka has acknowledged',
  'topic-order': 'first occurrences in the topic are in the order of their stream',
  'topic-partition': 'a stream is in one partition',
} as const;

export type Rule = keyof typeof RULES;

/** What breaks a rule, in the words of whoever must find out why. */
export type Anomaly = Readonly<{ rule: Rule; detail: string }>;

type Tell = (rule: Rule, detail: string) => void;

/** An asking and how it ended. */
type Op = Readonly<{
  name: string;
  client: string;
  asked: Asked;
  askedAt: number;
  end: Exclude<Line, { phase: 'asked' }> | undefined;
}>;

/** A command as the log has it: its first and last row. */
type Effect = { first: LogRow; last: LogRow; streams: Set<string> };

/** All that was asked under one key of one actor, in the order of asking, and what the log has of it. */
type Command = { name: string; ops: Op[]; effects: Effect[] };

/**
 * Holds what clients were told against what the log, the topic and the read models have: every line of the journals
 * and every row is looked at once. Because each stream is a list that is only added to, and every event has a place in
 * one order of all, no search is needed (the idea of Elle's list-append, Kingsbury and Alvaro 2020). Answers nothing
 * where all rules hold. A run must be over, and the read models and the topic drained, before they are dumped.
 */
export function check(history: History): readonly Anomaly[] {
  const anomalies: Anomaly[] = [];
  const tell: Tell = (rule, detail) => anomalies.push({ rule, detail });
  const log = new Log(history.log, tell);
  const ops = opsOf(history.journal, tell);
  const commands = commandsOf(ops, log, tell);
  for (const command of commands.values()) checkCommand(command, log, tell);
  checkVersions(commands, tell);
  checkTimes(ops, commands, tell);
  checkSessions(ops, tell);
  checkReads(ops, log, commands, history.models ?? {}, tell);
  if (history.topic) checkTopic(history.topic, log, tell);
  return anomalies;
}

class Log {
  readonly effects = new Map<string, Effect>();
  private readonly positions = new Map<number, LogRow>();
  private readonly versions = new Map<string, LogRow>();

  constructor(
    readonly rows: readonly LogRow[],
    tell: Tell,
  ) {
    const heads = new Map<string, number>();
    let before: LogRow | undefined;
    for (const row of rows) {
      const { position, stream, version } = row;
      if (position !== (before?.position ?? 0) + 1)
        tell('log-order', `${position} follows ${before?.position}.`);
      if (before && row.recordedAt < before.recordedAt) {
        tell('log-order', `The time runs back at position ${position}.`);
      }
      const head = heads.get(stream) ?? 0;
      if (version !== head + 1) tell('log-order', `Version ${version} of ${stream} follows ${head}.`);
      heads.set(stream, version);
      this.versions.set(nameOf(row), row);
      this.positions.set(position, row);
      this.take(row, before, tell);
      before = row;
    }
  }

  at(position: number): LogRow | undefined {
    return this.positions.get(position);
  }

  of(event: { stream: string; version: number }): LogRow | undefined {
    return this.versions.get(nameOf(event));
  }

  private take(row: LogRow, before: LogRow | undefined, tell: Tell): void {
    const effect = this.effects.get(row.command);
    if (!effect) {
      this.effects.set(row.command, { first: row, last: row, streams: new Set([row.stream]) });
      return;
    }
    if (before?.command !== row.command || before.key !== row.key) {
      tell('whole-command', `Position ${row.position} is apart from the rest of command ${row.command}.`);
    }
    effect.last = row;
    effect.streams.add(row.stream);
  }
}

function opsOf(journal: readonly Line[], tell: Tell): readonly Op[] {
  const ops = new Map<string, Op>();
  for (const line of journal) {
    const name = `${line.client}/${line.op}`;
    const op = ops.get(name);
    if (line.phase === 'asked') {
      if (op) tell('journal', `${name} was asked twice.`);
      const { client, asked, at } = line;
      ops.set(name, { name, client, asked, askedAt: at, end: undefined });
    } else if (!op || op.end || line.at < op.askedAt) {
      tell('journal', `${name} ended, but was not asked before, or had ended.`);
    } else {
      ops.set(name, { ...op, end: line });
    }
  }
  return [...ops.values()].toSorted((a, b) => a.askedAt - b.askedAt);
}

function commandsOf(ops: readonly Op[], log: Log, tell: Tell): ReadonlyMap<string, Command> {
  const commands = new Map<string, Command>();
  const actors = new Set<string>();
  for (const op of ops) {
    if (op.asked.what !== 'write') continue;
    const { actor, key } = op.asked;
    actors.add(actor);
    const name = `${actor}'s ${key}`;
    const command = commands.get(name);
    if (command) command.ops.push(op);
    else commands.set(name, { name, ops: [op], effects: [] });
  }
  for (const effect of log.effects.values()) {
    const { actor, key, position } = effect.first;
    if (!actors.has(actor) || key === undefined) continue;
    const command = commands.get(`${actor}'s ${key}`);
    if (command) command.effects.push(effect);
    else tell('unasked', `Nobody asked for ${key} of ${actor}, which stands at position ${position}.`);
  }
  return commands;
}

function checkCommand(command: Command, log: Log, tell: Tell): void {
  const { name, ops, effects } = command;
  const receipts = ops.flatMap(receiptOf);
  const recorded = receipts.filter(({ outcome }) => outcome !== 'already-true');
  const [effect, another] = effects;
  if (another) {
    const rule = recorded.length > 0 ? 'duplicate-effect' : 'unknown-twice';
    tell(rule, `${name} stands at ${effects.map(({ last }) => last.position).join(' and ')}.`);
  }
  for (const receipt of receipts) checkReceipt(name, receipt, effect, log, tell);
  if (new Set(recorded.map(textOf)).size > 1) tell('receipts-differ', `${name} got different receipts.`);
  const wanted = ops.flatMap(({ asked }) => (asked.what === 'write' ? (asked.streams ?? []) : []));
  if (effect && wanted.some((stream) => !effect.streams.has(stream))) {
    tell('whole-command', `${name} lacks an event in ${wanted.join(' or ')}.`);
  }
  if (effect && recorded.length === 0 && mustBeAbsent(ops)) {
    tell('aborted-write', `${name} stands at ${effect.last.position}, although it was said not to.`);
  }
}

function checkReceipt(
  name: string,
  receipt: Receipt,
  effect: Effect | undefined,
  log: Log,
  tell: Tell,
): void {
  const { outcome, position, hash } = receipt;
  if (outcome !== 'already-true' && !effect) {
    tell('lost-write', `${name} was acknowledged at position ${position}, and is not there.`);
    return;
  }
  const addressed = log.of(receipt);
  const isOwn =
    outcome === 'already-true' ||
    (addressed?.command === effect?.first.command && effect?.last.position === position);
  if (!isOwn || !addressed || log.at(position)?.hash !== hash) {
    tell('receipt-changed', `${name} was acknowledged as ${textOf(receipt)}.`);
  }
}

/** As long as the outcome of one asking is unknown, it may be carried out after another was refused. */
function mustBeAbsent(ops: readonly Op[]): boolean {
  return ops.every(({ end }) => end?.phase === 'failed' || end?.phase === 'receipt');
}

function checkVersions(commands: ReadonlyMap<string, Command>, tell: Tell): void {
  const owners = new Map<string, string>();
  for (const { name, ops } of commands.values()) {
    for (const op of ops) {
      for (const receipt of receiptOf(op)) {
        if (receipt.outcome === 'already-true') continue;
        const event = nameOf(receipt);
        const owner = owners.get(event);
        if (owner !== undefined && owner !== name)
          tell('one-version', `${event} was given to ${owner} and ${name}.`);
        owners.set(event, name);
        if (op.asked.what !== 'write' || op.asked.ifMatch === undefined || receipt.outcome === 'repeated')
          continue;
        if (receipt.version <= op.asked.ifMatch) {
          tell('if-match', `${name} asked for version ${op.asked.ifMatch} and made ${receipt.version}.`);
        }
      }
    }
  }
}

/** Whatever was acknowledged or seen before a command was first asked for stands before it. */
function checkTimes(ops: readonly Op[], commands: ReadonlyMap<string, Command>, tell: Tell): void {
  const floorAt = floors(ops);
  for (const { name, ops: own, effects } of commands.values()) {
    const [begun] = own;
    const [effect] = effects;
    if (!begun || !effect) continue;
    const floor = floorAt(begun.askedAt);
    if (effect.first.position <= floor) {
      tell(
        'real-time',
        `${name} stands at ${effect.first.position}, but ${floor} was there before it was asked for.`,
      );
    }
  }
}

/** The highest position that anyone was told of before a moment; to be asked for moments that rise. */
function floors(ops: readonly Op[]): (at: number) => number {
  const told = ops.flatMap((op) => {
    const position = positionOf(op);
    return op.end && position !== undefined ? [{ at: op.end.at, position }] : [];
  });
  told.sort((a, b) => a.at - b.at);
  let next = 0;
  let floor = 0;
  return (at) => {
    for (let one = told[next]; one && one.at < at; one = told[next]) {
      floor = Math.max(floor, one.position);
      next += 1;
    }
    return floor;
  };
}

/** What a client asks for with `atLeast`, it gets; why it did so tells which promise was broken. */
function checkSessions(ops: readonly Op[], tell: Tell): void {
  type Session = { written: number; seen: number };
  const sessions = new Map<string, Session>();
  // One client asks for one thing after the other, so the order of asking is the order of the ends.
  for (const { name, client, asked, end } of ops) {
    const session = sessions.get(client) ?? { written: 0, seen: 0 };
    sessions.set(client, session);
    if (end?.phase === 'receipt') session.written = Math.max(session.written, end.receipt.position);
    if (end?.phase !== 'seen' || !('position' in end.seen)) continue;
    const { position } = end.seen;
    const atLeast = asked.what === 'model' ? (asked.atLeast ?? 0) : 0;
    if (position < atLeast) {
      const { written, seen } = session;
      const rule =
        written > position && written <= atLeast
          ? 'read-your-writes'
          : seen > position && seen <= atLeast
            ? 'monotonic-reads'
            : 'at-least';
      tell(rule, `${name} asked for ${atLeast} and got ${position}.`);
    }
    session.seen = Math.max(session.seen, position);
  }
}

function checkReads(
  ops: readonly Op[],
  log: Log,
  commands: ReadonlyMap<string, Command>,
  models: Readonly<Record<string, Fold>>,
  tell: Tell,
): void {
  const valueAt = new Map(
    Object.entries(models).map(([name, fold]) => [name, values(fold, log, positionsSeen(ops, name))]),
  );
  for (const { name, asked, end } of ops) {
    if (end?.phase !== 'seen' || asked.what === 'write') continue;
    const row = rowSeen(asked, end.seen, log);
    const empty = 'position' in end.seen && end.seen.position === 0;
    if (!row && !empty) {
      tell('phantom-read', `${name} saw ${JSON.stringify(end.seen)} of ${JSON.stringify(asked)}.`);
      continue;
    }
    const [begun] = commands.get(`${row?.actor}'s ${row?.key}`)?.ops ?? [];
    if (begun && begun.askedAt > end.at) {
      tell('read-from-future', `${name} saw position ${row?.position} before it was asked for.`);
    }
    if (asked.what !== 'model' || !('position' in end.seen)) continue;
    const { position, value } = end.seen;
    const right = valueAt.get(asked.model)?.get(position);
    if (right !== undefined && right !== value) {
      tell('not-a-fold', `${name} saw ${value} at ${position}, where ${asked.model} is ${right}.`);
    }
  }
}

function rowSeen(asked: Exclude<Asked, { what: 'write' }>, seen: Seen, log: Log): LogRow | undefined {
  if ('position' in seen) return log.at(seen.position);
  const row = asked.what === 'stream' ? log.of({ stream: asked.stream, version: seen.version }) : undefined;
  return seen.hash === undefined || seen.hash === row?.hash ? row : undefined;
}

function positionsSeen(ops: readonly Op[], model: string): ReadonlySet<number> {
  const looks = ops.filter(({ asked }) => asked.what === 'model' && asked.model === model);
  return new Set(looks.flatMap((op) => positionOf(op) ?? []));
}

/** What the fold answers at each of the positions, in one go through the log. */
function values(fold: Fold, log: Log, positions: ReadonlySet<number>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const { take, answer } = fold();
  if (positions.has(0)) found.set(0, answer());
  for (const row of log.rows) {
    take(row);
    if (positions.has(row.position)) found.set(row.position, answer());
  }
  return found;
}

function checkTopic({ rows, upTo }: NonNullable<History['topic']>, log: Log, tell: Tell): void {
  const seen = new Set<number>();
  const heads = new Map<string, number>();
  const partitions = new Map<string, number>();
  for (const row of rows) {
    const { partition, stream, version, position, hash } = row;
    const stored = log.of(row);
    if (stored?.position !== position || stored.hash !== hash) {
      tell('topic-foreign', `The topic has ${nameOf(row)} at position ${position}.`);
      continue;
    }
    const home = partitions.get(stream) ?? partition;
    if (home !== partition) tell('topic-partition', `${stream} is in partitions ${home} and ${partition}.`);
    partitions.set(stream, home);
    if (seen.has(position)) continue;
    seen.add(position);
    const head = heads.get(stream) ?? 0;
    if (version !== head + 1) tell('topic-order', `The topic has ${nameOf(row)} after ${head}.`);
    heads.set(stream, version);
  }
  for (const { position } of log.rows.slice(0, upTo)) {
    if (!seen.has(position)) tell('topic-missing', `The topic lacks position ${position} of ${upTo}.`);
  }
}

function receiptOf({ end }: Op): readonly Receipt[] {
  return end?.phase === 'receipt' ? [end.receipt] : [];
}

/** The position that the op's end told of. */
function positionOf({ end }: Op): number | undefined {
  if (end?.phase === 'receipt') return end.receipt.position;
  return end?.phase === 'seen' && 'position' in end.seen ? end.seen.position : undefined;
}

function textOf(receipt: Receipt): string {
  return `${nameOf(receipt)} at ${receipt.position} with ${receipt.hash}`;
}

function nameOf({ stream, version }: { stream: string; version: number }): string {
  return `${stream}/${version}`;
}
