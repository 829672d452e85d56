import type { IHeaders } from 'kafkajs';
import { eventOf, type History, type Published, type Row } from '#event-store';
import { partitionOf } from './partitioner.js';

/** A message as it is sent: CloudEvents 1.0, binary mode. */
export type Message = Readonly<{
  key: string;
  partition: number;
  headers: Readonly<Record<string, string>>;
  /** The stored body, byte for byte. */
  value: string;
}>;

/** A message as it is received, as far as it is read. */
export type Received = Readonly<{ value: Buffer | null; headers?: IHeaders }>;

/**
 * The `ce_source` of a log's messages. Another history of the log is another source, since an event that was lost and
 * the one that took its place have the same stream and version, and so the same `ce_id`.
 */
export function sourceOf({ logId, epoch }: History): string {
  return epoch === 1 ? `/kosh/${logId}` : `/kosh/${logId}/${epoch}`;
}

/** The message of a row: everything but who asked. `partitions` is the topic's count. */
export function toMessage(row: Row, history: History, partitions: number): Message {
  const traceparent = traceparentOf(row.meta);
  return {
    key: row.stream,
    partition: partitionOf(row.stream, partitions),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: `${row.stream}/${row.version}`,
      ce_type: `kosh.${row.type}.v${row.schemaVersion}`,
      ce_source: sourceOf(history),
      ce_subject: row.stream,
      ce_time: row.recordedAt,
      ce_position: String(row.position),
      ce_epoch: String(history.epoch),
      ...(history.sharedUpTo !== null && { ce_sharedupto: String(history.sharedUpTo) }),
      ...(row.occurredOn !== null && { ce_occurredon: row.occurredOn }),
      ce_hash: row.hash.toString('hex'),
      ...(traceparent !== undefined && { ce_traceparent: traceparent }),
    },
    value: row.body,
  };
}

/**
 * The event in a message. Throws on what is not one of ours, and on a type or schema version not known
 * here.
 */
export function fromMessage(message: Received): Published {
  const [, stream = '', version = ''] = match(message, 'ce_id', /^(.+)\/([1-9]\d*)$/);
  const [, type = '', schemaVersion = ''] = match(message, 'ce_type', /^kosh\.(\w+)\.v([1-9]\d*)$/);
  const [position] = match(message, 'ce_position', /^[1-9]\d*$/);
  const [recordedAt] = match(message, 'ce_time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  if (message.value === null) throw new TypeError('A message without a value is not an event.');
  const named = { position: Number(position), stream, version: Number(version) };
  return {
    ...named,
    schemaVersion: Number(schemaVersion),
    occurredOn: header(message, 'ce_occurredon') ?? null,
    recordedAt,
    event: eventOf({ ...named, type, schemaVersion: Number(schemaVersion), body: message.value.toString() }),
  };
}

/** One header as text; undefined where there is none. */
export function header(message: Received, name: string): string | undefined {
  const value = message.headers?.[name];
  return Array.isArray(value) ? value[0]?.toString() : value?.toString();
}

function match(message: Received, name: string, shape: RegExp): RegExpExecArray {
  const value = header(message, name);
  const found = shape.exec(value ?? '');
  if (!found) throw new TypeError(`A message with ${name} "${value ?? ''}" is not one of Kosh.`);
  return found;
}

function traceparentOf(meta: string): string | undefined {
  const parsed: unknown = JSON.parse(meta);
  if (typeof parsed !== 'object' || parsed === null || !('traceparent' in parsed)) return undefined;
  return typeof parsed.traceparent === 'string' ? parsed.traceparent : undefined;
}
