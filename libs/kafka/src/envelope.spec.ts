import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { published, type Row } from '#event-store';
import { fromMessage, type Message, type Received, toMessage } from './envelope.js';

const LOG = { logId: '01890a5d-ac96-774b-bcce-b302099a0001', epoch: 1, sharedUpTo: null };

const row: Row = {
  position: 1_234,
  stream: 'case-01890a5d-ac96-774b-bcce-b302099a8057',
  version: 2,
  type: 'StatusChanged',
  schemaVersion: 1,
  occurredOn: '1998-05',
  recordedAt: '1998-06-02T09:30:00.120Z',
  body:
    '{"effectiveOn":"1998-05","from":"asylum-seeker","issuer":"AMD",' +
    '"legalBasis":"KZ-204-I-1997","to":"refugee"}',
  meta:
    '{"actor":"aigul","causationId":"c","commandId":"c","correlationId":"c","office":"almaty",' +
    '"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}',
  sealed: Buffer.alloc(32, 7),
  hash: Buffer.alloc(32, 0xab),
};

describe('the message of an event', () => {
  it('is a CloudEvent in binary mode with the stored body as its value', () => {
    expect(toMessage(row, LOG, 12)).toEqual({
      key: 'case-01890a5d-ac96-774b-bcce-b302099a8057',
      partition: 5,
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: 'case-01890a5d-ac96-774b-bcce-b302099a8057/2',
        ce_type: 'kosh.StatusChanged.v1',
        ce_source: '/kosh/01890a5d-ac96-774b-bcce-b302099a0001',
        ce_subject: 'case-01890a5d-ac96-774b-bcce-b302099a8057',
        ce_time: '1998-06-02T09:30:00.120Z',
        ce_position: '1234',
        ce_epoch: '1',
        ce_occurredon: '1998-05',
        ce_hash: 'ab'.repeat(32),
        ce_traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      value: row.body,
    });
  });

  it('names another source once the log was put back, and how far all its histories are one', () => {
    const { headers } = toMessage(row, { ...LOG, epoch: 1_795_500_000_123, sharedUpTo: 1_200 }, 12);
    expect(headers).toMatchObject({
      ce_source: '/kosh/01890a5d-ac96-774b-bcce-b302099a0001/1795500000123',
      ce_epoch: '1795500000123',
      ce_sharedupto: '1200',
    });
  });

  it('leaves out a date and a trace that the event does not have', () => {
    const { headers } = toMessage({ ...row, occurredOn: null, meta: '{"actor":"aigul"}' }, LOG, 12);
    expect(Object.keys(headers)).not.toContain('ce_occurredon');
    expect(Object.keys(headers)).not.toContain('ce_traceparent');
  });

  it('says nothing of who asked, for which office, or what is sealed', () => {
    const text = JSON.stringify(toMessage(row, LOG, 12));
    expect(text).not.toMatch(/aigul|almaty|0707/);
  });

  it('gives back the event that the log gives', () => {
    fc.assert(
      fc.property(rows(), (any) => {
        expect(fromMessage(received(toMessage(any, LOG, 12)))).toEqual(published(any));
      }),
    );
  });

  it.each<[string, string, Record<string, string | undefined>]>([
    ['without an id', 'not one of Kosh', { ce_id: undefined }],
    ['with an id that has no version', 'not one of Kosh', { ce_id: 'case-1' }],
    ['with a position that is no number', 'not one of Kosh', { ce_position: '1e3' }],
    ['of another system', 'not one of Kosh', { ce_type: 'org.example.Thing.v1' }],
    ['with a local time', 'not one of Kosh', { ce_time: '1998-06-02 09:30' }],
    ['of a type that is not known', 'does not know', { ce_type: 'kosh.MigrantTeleported.v1' }],
    ['of a newer schema', 'does not know', { ce_type: 'kosh.StatusChanged.v99' }],
  ])('is refused %s', (_, why, headers) => {
    const message = toMessage(row, LOG, 12);
    const { value } = received(message);
    expect(() => fromMessage({ value, headers: { ...message.headers, ...headers } })).toThrow(why);
  });

  it('is refused without a value', () => {
    expect(() => fromMessage({ ...received(toMessage(row, LOG, 12)), value: null })).toThrow(
      'without a value',
    );
  });
});

/** What Kafka makes of it: bytes. */
function received({ headers, value }: Message): Received {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return { value: Buffer.from(value), headers: Object.fromEntries(bytes) };
}

function rows(): fc.Arbitrary<Row> {
  const varying = fc.record({
    position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    stream: fc.uuid().map((id) => `case-${id}`),
    version: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    occurredOn: fc.constantFrom(null, '1997', '1997-02', '1997-02-03'),
    recordedAt: fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    body: fc.string({ unit: 'grapheme' }).map((legalBasis) => JSON.stringify({ legalBasis })),
  });
  return varying.map((values) => Object.assign({}, row, values));
}
