import type { Message } from 'kafkajs';
import { flight, type FlightEvent } from '#domain';
import { eventOf } from '#event-store';
import { partitionOf } from '#kafka';
import { check, type LogRow, type TopicRow } from '../faults/history.js';
import type { Line } from '../faults/journal.js';
import type { Agency } from './agency.js';
import { rowOf, tableOf } from './diary.js';
import { IN_THE_AIR } from './people.js';
import { LETTERS } from './letters.js';
import type { Stored } from './log.js';
import type { Cursor } from './postgres.js';
import { Violation, type World } from './world.js';

/**
 * What must hold after every step. Looked at whenever something changed that others can see, so nothing is looked at
 * twice, and a broken rule is found where it breaks.
 */
export class Rules {
  /** How often each event has come to the topic. */
  private readonly inTopic = new Map<number, number>();
  private readonly headInTopic = new Map<string, number>();
  /**
   * Someone sent to the topic who may have opened the one before it. Kafka cannot fence that, so the order of first
   * occurrences is not promised then; that all of them come is.
   */
  private isLate = false;
  /** All up to here are in the topic. */
  private wholeUpTo = 0;
  /** All up to here were in a topic that was lost: what it acknowledged may be noted after that. */
  private wasWholeUpTo = 0;
  /** Letters and arrivals, by what they are for. */
  private readonly effects = new Map<string, number>();
  private versions = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly agency: Agency,
  ) {
    const { postgres, kafka } = agency;
    kafka.witness = {
      landed: (partition, message, late) => this.landed(partition, message, late),
      wiped: () => this.wiped(),
    };
    postgres.witness = {
      appended: (rows) => this.appended(rows),
      moved: (of, name, before, after) => this.moved(of, name, before, after),
      committed: (names) => this.committed(names),
    };
    this.appended(postgres.log);
    for (const [partition, landed] of kafka.partitions.entries()) {
      for (const { message } of landed) this.landed(partition, message, false);
    }
  }

  private get log(): readonly Stored[] {
    return this.agency.postgres.log;
  }

  /** Nothing is left to do: every reader is at the end, and everyone knows what became of what he asked. */
  get drained(): boolean {
    const { postgres, shape } = this.agency;
    const end = postgres.head();
    const readers = [...(shape.projection ? [shape.projection.name] : []), ...shape.managers].map((name) =>
      postgres.cursors.get(name),
    );
    const relay = [...postgres.relays.values()][0];
    return (
      readers.every((cursor) => cursor?.position === end) &&
      (this.agency.shape.relays === 0 || (relay?.position === end && this.wholeUpTo === end))
    );
  }

  /** How far everything is, for whoever must find out why it does not come to its end. */
  lag(): string {
    const { postgres } = this.agency;
    const cursors = [...postgres.relays, ...postgres.cursors].map(
      ([name, { position }]) => `${name} ${position}`,
    );
    return `the log ${postgres.head()}, ${cursors.join(', ')}, the topic ${this.wholeUpTo}`;
  }

  /** At the end, when everything is drained. */
  final(journal: readonly Line[]): void {
    this.committed();
    const log = this.log.map(logRowOf);
    const rows = this.agency.kafka.partitions.flatMap((messages, partition) =>
      messages.map(({ message }) => topicRowOf(partition, message)),
    );
    const upTo = this.agency.shape.relays === 0 ? 0 : log.length;
    const anomalies = check({ journal, log, topic: { rows, upTo } });
    const anomaly = anomalies.find(({ rule }) => rule !== 'topic-order' || !this.isLate);
    if (anomaly) throw new Violation(anomaly.rule, anomaly.detail);
    this.requests(journal);
    this.everyoneOnce();
  }

  /** Positions and versions without a gap, times that do not run back, and no effect twice. */
  private appended(rows: readonly Stored[]): void {
    for (const row of rows) {
      const { position, stream, version } = row;
      const before = this.log[position - 2];
      const head = this.versions.get(stream) ?? 0;
      if (this.log[position - 1] !== row) this.broken('log-order', `Position ${position} is taken.`);
      if (version !== head + 1) this.broken('log-order', `Version ${version} of ${stream} follows ${head}.`);
      if (before && before.recordedAt > row.recordedAt)
        this.broken('log-order', `Time runs back at ${position}.`);
      this.versions.set(stream, version);
      for (const effect of effectsOf(row)) {
        if (this.effects.has(effect))
          this.broken('effect-once', `${effect} at ${this.effects.get(effect)} and ${position}.`);
        this.effects.set(effect, position);
      }
    }
  }

  /** The topic has nothing foreign, each stream in its partition, and first occurrences in order. */
  private landed(partition: number, message: Message, late: boolean): void {
    const { position, stream, version, hash } = topicRowOf(partition, message);
    const row = this.log[position - 1];
    if (row?.stream !== stream || row.version !== version || row.hex !== hash || row.body !== message.value) {
      this.broken('topic-foreign', `The topic got ${stream}/${version} at ${position}.`);
    }
    if (partition !== partitionOf(stream, this.agency.shape.partitions)) {
      this.broken('topic-partition', `${stream} is in partition ${partition}.`);
    }
    const times = this.inTopic.get(position) ?? 0;
    this.inTopic.set(position, times + 1);
    if (times > 0) {
      this.world.count('sent twice');
      return;
    }
    const head = this.headInTopic.get(stream) ?? 0;
    this.isLate ||= late;
    if (version !== head + 1 && !this.isLate)
      this.broken('topic-order', `The topic got ${stream}/${version} after ${head}.`);
    this.headInTopic.set(stream, version);
    while (this.inTopic.has(this.wholeUpTo + 1)) this.wholeUpTo += 1;
  }

  private wiped(): void {
    this.inTopic.clear();
    this.headInTopic.clear();
    this.isLate = false;
    this.wasWholeUpTo = Math.max(this.wasWholeUpTo, this.wholeUpTo);
    this.wholeUpTo = 0;
  }

  /** A cursor does not run back, and the relay's goes only over what is in the topic. */
  private moved(of: 'relays' | 'cursors', name: string, before: Cursor | undefined, after: Cursor): void {
    const isSentAnew = of === 'relays' && after.position === 0 && this.wholeUpTo < (before?.position ?? 0);
    if (before && after.position < before.position && !isSentAnew) {
      this.broken('cursor', `${name} runs back from ${before.position} to ${after.position}.`);
    }
    if (of === 'cursors') return;
    if (before && after.epoch > before.epoch) this.world.count('relay takes over');
    const acknowledged = Math.max(this.wholeUpTo, this.wasWholeUpTo);
    const moved = after.position !== (before?.position ?? 0);
    if (moved && after.position > acknowledged && !this.isLate) {
      this.broken('cursor', `The relay's is at ${after.position}, but the topic had ${acknowledged} only.`);
    }
  }

  /** The rows of the read model are the fold of the log up to its cursor. */
  private committed(names?: readonly string[]): void {
    const { postgres, shape } = this.agency;
    if (!shape.projection) return;
    const { name } = shape.projection;
    if (names && !names.includes(name)) return;
    const table = tableOf(postgres, shape.projection);
    const position = postgres.cursors.get(name)?.position ?? 0;
    if (!table) {
      if (position > 0) this.broken('projection', `${name} is at ${position} and has no table.`);
      return;
    }
    const expected = new Map(this.log.slice(0, position).map((row) => rowOf(row, table.key)));
    for (const [key, values] of expected) {
      const row = table.rows.get(key);
      if (!row || values.some((value, i) => value !== row[i])) {
        this.broken('projection', `${name} at ${position} has ${row?.join(' ')} for ${values.join(' ')}.`);
      }
    }
    if (table.rows.size !== expected.size) {
      const extra = [...table.rows.keys()].filter((key) => !expected.has(key));
      this.broken(
        'projection',
        `${name} at ${position} has rows that it should not have: ${extra.join(', ')}.`,
      );
    }
  }

  /** A request that was refused, or that certainly wrote nothing, has no event, whatever became of its repetitions. */
  private requests(journal: readonly Line[]): void {
    const ended = new Map(journal.map((line) => [`${line.client}/${line.op}`, line]));
    for (const { by, position } of this.log) {
      const line = ended.get(by.source ?? '');
      const isTrueAlready = line?.phase === 'receipt' && line.receipt.outcome === 'already-true';
      if (line?.phase !== 'failed' && !isTrueAlready) continue;
      this.broken(
        'aborted-write',
        `The request ${by.source} wrote position ${position}: ${JSON.stringify(line)}.`,
      );
    }
  }

  /** Everyone met got a letter; everyone landed has arrived, or his arrival was refused. */
  private everyoneOnce(): void {
    const { managers } = this.agency.shape;
    for (const { type, stream, version } of this.log) {
      if (type !== 'MigrantEncountered' || !managers.includes('process_letters')) continue;
      const letter = `letter for ${stream}/${version}`;
      if (!this.effects.has(letter)) this.broken('effect-once', `There is no ${letter}.`);
    }
    const events = this.log.filter(({ stream }) => stream === `flight-${IN_THE_AIR}`);
    const state = events.map((row) => eventOf(row) as FlightEvent).reduce(flight.evolve, flight.initial);
    if (state.phase !== 'arrived' || !managers.includes('process_arrivals')) return;
    for (const { passenger, case: file } of state.lines) {
      const arrival = `arrival of ${passenger}`;
      if (file !== undefined && !this.effects.has(arrival))
        this.broken('effect-once', `There is no ${arrival}.`);
    }
  }

  private broken(rule: string, detail: string): never {
    const violation = new Violation(rule, detail);
    this.world.tell(`BROKEN: ${violation.message}`);
    this.world.report(violation);
    throw violation;
  }
}

/** What of the process managers' effects a row is. */
function effectsOf(row: Stored): readonly string[] {
  if (row.actor === LETTERS) return [`letter for ${row.by.causationId}`];
  if (row.type !== 'MigrantArrived' && row.type !== 'PassengerArrivalRefused') return [];
  const { passenger } = JSON.parse(row.body) as { passenger: string };
  return [`arrival of ${passenger}`];
}

function logRowOf({ hex: hash, by, ...row }: Stored): LogRow {
  const { position, stream, version, type, body, recordedAt, actor, key } = row;
  return { position, stream, version, type, body, recordedAt, hash, command: by.commandId, actor, key };
}

function topicRowOf(partition: number, { headers = {} }: Message): TopicRow {
  const text = (name: string) => String(headers[name]);
  const [, stream = '', version] = /^(.*)\/(\d+)$/.exec(text('ce_id')) ?? [];
  const position = Number(text('ce_position'));
  return { partition, stream, version: Number(version), position, hash: text('ce_hash') };
}
