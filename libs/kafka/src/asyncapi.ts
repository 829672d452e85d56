import { SCHEMA_VERSIONS } from '#domain';
import type { KafkaSettings } from './client.js';
import { type Schema, SCHEMAS } from './schemas.js';

/**
 * The headers of every message: CloudEvents 1.0, binary mode, with our own attributes. Their values are
 * text.
 */
export const HEADERS = {
  type: 'object',
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: {
      type: 'string',
      pattern: '^[a-z]+-[0-9a-f-]{36}/[1-9]\\d*$',
      description:
        'The stream and the version of the event in it, from 1. Under one ce_source the same event, for ever.',
    },
    ce_type: { type: 'string', pattern: '^kosh\\.[A-Za-z]+\\.v[1-9]\\d*$' },
    ce_source: {
      type: 'string',
      pattern: '^/kosh/[0-9a-f-]{36}(/[1-9]\\d*)?$',
      description:
        'Names the log and, from its second history on, the epoch. With ce_id it names one event for ever.',
    },
    ce_subject: {
      type: 'string',
      pattern: '^[a-z]+-[0-9a-f-]{36}$',
      description: 'The stream: one case, flight or estimate. It is the key of the message as well.',
    },
    ce_time: {
      type: 'string',
      format: 'date-time',
      description: 'When it was recorded. Never runs backwards.',
    },
    ce_position: {
      type: 'string',
      pattern: '^[1-9]\\d*$',
      description: 'Its place in the whole log: 1, 2, 3 … without a gap, over all partitions.',
    },
    ce_epoch: {
      type: 'string',
      pattern: '^[1-9]\\d*$',
      description:
        'Which history of the log this is: 1, until it is put back from a backup; then a higher number each time. ' +
        'Heed the highest that you have seen, and nothing of a lower one.',
    },
    ce_sharedupto: {
      type: 'string',
      pattern: '^\\d+$',
      description:
        'From the second history on. Up to this position the log is what it was under epoch 1: what you took under a ' +
        'lower epoch from behind it, or from behind the one of that epoch, has not happened.',
    },
    ce_occurredon: {
      type: 'string',
      pattern: '^\\d{4}(-\\d{2}){0,2}$',
      description: 'The day on which it became true in the world, where it has one. May be partial.',
    },
    ce_hash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Its link in the chain of the log.' },
    ce_traceparent: { type: 'string', description: 'W3C Trace Context of the request that led to it.' },
  },
  required: [
    'content-type',
    'ce_specversion',
    'ce_id',
    'ce_type',
    'ce_source',
    'ce_subject',
    'ce_time',
    'ce_position',
    'ce_epoch',
    'ce_hash',
  ],
} satisfies Schema;

/** The headers of a checkpoint's message. */
export const CHECKPOINT_HEADERS = {
  type: 'object',
  properties: {
    'content-type': { const: 'text/plain; charset=utf-8' },
    ce_specversion: { const: '1.0' },
    ce_id: {
      type: 'string',
      pattern: '^checkpoint/[1-9]\\d*$',
      description:
        'How many events it covers. Under one ce_source a size has one checkpoint, of always the same bytes.',
    },
    ce_type: { const: 'kosh.checkpoint.v1' },
    ce_source: {
      type: 'string',
      pattern: '^/kosh/[0-9a-f-]{36}(/[1-9]\\d*)?$',
      description: 'Names the log and, from its second history on, the epoch.',
    },
    ce_time: {
      type: 'string',
      format: 'date-time',
      description: 'When the last of these events was recorded.',
    },
  },
  required: ['content-type', 'ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time'],
} satisfies Schema;

const CHECKPOINT: Schema = {
  type: 'string',
  description:
    'A checkpoint (c2sp.org/tlog-checkpoint) as a signed note (c2sp.org/signed-note), with extension lines: ' +
    '`head` and the chain hash of the last event in hex, `recorded` and its time, from the second history on `shared` ' +
    'and the position up to which it is the first. The key of the message is its origin.',
};

/** The public contract of the topics as an AsyncAPI 3.0 document. */
export function asyncApi(
  { topic, partitions }: Pick<KafkaSettings, 'topic' | 'partitions'>,
  checkpointTopic = 'kosh.checkpoints',
) {
  const types = Object.entries(SCHEMA_VERSIONS);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Kosh events',
      version: '1.0.0',
      description:
        'What happened to the people whose cases the agency keeps. No personal data, and never who asked.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      events: {
        address: topic,
        description:
          'At least once: an event may come twice, with the same ce_source and ce_id. Within a partition and under ' +
          'one ce_source, first occurrences come in the order of ce_position. The partition is the first 4 bytes ' +
          'of SHA-256 of the key, big-endian, modulo the partition count. When the agency puts its log back from a ' +
          'backup, the whole log comes again under another ce_source with a higher ce_epoch. Whoever sees it for ' +
          'the first time forgets all events behind ce_sharedupto, of this epoch or of the one followed before, ' +
          'whichever is smaller, or everything; and begins anew with that ce_source. Messages with a lower ' +
          'ce_epoch that come later are left out.',
        messages: Object.fromEntries(types.map(([type]) => [type, ref('messages', type)])),
        bindings: { kafka: { topic, partitions, bindingVersion: '0.5.0' } },
      },
      checkpoints: {
        address: checkpointTopic,
        description:
          'What the log was at a size, signed: at least every 1,000 events, and within 60 s of each event. Kept for ' +
          'ever, at least once. Keep a copy where the agency cannot reach it, and hold a dump of the log against it.',
        messages: { Checkpoint: ref('messages', 'Checkpoint') },
        bindings: { kafka: { topic: checkpointTopic, partitions: 1, bindingVersion: '0.5.0' } },
      },
    },
    operations: {
      publish: { action: 'send', channel: { $ref: '#/channels/events' } },
      sign: { action: 'send', channel: { $ref: '#/channels/checkpoints' } },
    },
    components: {
      messages: {
        Checkpoint: {
          name: 'kosh.checkpoint.v1',
          contentType: 'text/plain; charset=utf-8',
          headers: ref('schemas', 'CheckpointHeaders'),
          payload: ref('schemas', 'Checkpoint'),
          bindings: { kafka: { key: { type: 'string' }, bindingVersion: '0.5.0' } },
        },
        ...Object.fromEntries(
          types.map(([type, version]) => {
            const name = `kosh.${type}.v${version}`;
            return [
              type,
              {
                name,
                headers: { allOf: [ref('schemas', 'Headers'), { properties: { ce_type: { const: name } } }] },
                payload: ref('schemas', type),
                bindings: { kafka: { key: { type: 'string' }, bindingVersion: '0.5.0' } },
              },
            ];
          }),
        ),
      },
      schemas: {
        Headers: HEADERS,
        CheckpointHeaders: CHECKPOINT_HEADERS,
        Checkpoint: CHECKPOINT,
        ...SCHEMAS,
      },
    },
  };
}

function ref(kind: 'messages' | 'schemas', name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}
