import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { describeWithKafka, kafkaBrokers } from './support/kafka.js';
import { registration } from './support/people.js';
import { type Caller, type Stack, startStack } from './support/stack.js';

/** Unmistakable, and in every field that takes something personal. */
const CANARIES = [
  'Zyxwvut Qrstovich',
  'Қанарбек Жоқадамов',
  'احمد کاناری',
  'CANARY-PASSPORT-77123',
  'canary@example.invalid',
  'canary note 4711',
  'canary reason 4712',
  'canary 1340-01-01 Hamal',
  'Canary Listname 4713',
  'Canary Corrected 4714',
  'canary correction reason 4715',
];

let stack: Stack;
let officer: Caller;
let file: string;
const topic = `kosh.canary.${uuidv7()}`;
const withKafka = process.env['KOSH_TEST_KAFKA_REMEDY'] === undefined;
const logged: string[] = [];

beforeAll(async () => {
  const logTo = new Writable({
    write(chunk: Buffer, _, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  stack = await startStack({ logTo, ...(withKafka && { brokers: await kafkaBrokers(), topic }) });
  officer = await stack.as(['registrar', 'caseworker', 'decision-officer', 'flight-coordinator', 'analyst']);
  await tellEverything();
  await officer.report('/reports/population');
}, 120_000);

afterAll(() => stack.close());

/** Every command that takes personal data, and some that are refused. */
async function tellEverything(): Promise<void> {
  const person = {
    names: [
      { full: CANARIES[0], given: 'Zyxwvut', family: 'Qrstovich', script: 'Latn', kind: 'as-documented' },
      { full: CANARIES[1], script: 'Cyrl', kind: 'as-documented' },
      { full: CANARIES[2], script: 'Arab', kind: 'as-documented' },
    ],
    birth: { date: '1961', asDocumented: CANARIES[7], calendar: 'solar-hijri' },
    documents: [{ type: 'passport', number: CANARIES[3], issuer: 'AFG' }],
    contacts: [{ type: 'email', value: CANARIES[4] }],
    note: CANARIES[5],
  };
  file = (await officer.did('/cases', registration({ person }))).id;
  await officer.did('/encounters', {
    metOn: '1997-05',
    place: { country: 'KAZ', area: 'KZ-75' },
    placeFled: { country: 'TJK' },
    person,
  });
  await officer.did(`/cases/${file}/status-changes`, {
    to: 'refugee',
    legalBasis: 'KZ-1998-RSD',
    issuer: 'AMD',
    effectiveOn: '1998-06-26',
    reason: CANARIES[6],
  });
  await officer.did(`/cases/${file}/corrections`, {
    field: 'birthYear',
    from: 1961,
    to: 1962,
    reasonCode: 'document-seen',
    reason: CANARIES[10],
  });
  const corrected = { ...person, names: [{ full: CANARIES[9], script: 'Latn', kind: 'as-documented' }] };
  const put = await officer.post(`/cases/${file}/person`, corrected, {}, 'PUT');
  if (put.status !== 201) throw new Error(JSON.stringify(put.body));
  const flight = await officer.did('/flights', {
    number: 'KZ888',
    carrier: 'Invented Airways',
    from: 'JED',
    to: 'ALA',
    departureCountry: 'SAU',
    seats: 5,
    departsAt: '1998-06-26T03:00:00Z',
    funding: 'state',
  });
  await officer.did(`/flights/${flight.id}/passengers`, { passengers: [{ listName: CANARIES[8] }] });
  // Refused requests are logged as well, and must not tell more.
  await officer.post('/cases', registration({ person, citizenship: 'Chechnya' }));
  await officer.post('/cases', { ...registration({ person }), surprise: CANARIES[5] });
  await officer.get(`/cases?name=${encodeURIComponent(CANARIES[0] ?? '')}`);
}

/** In clear, and as the encodings in which text hides. */
function forms(canary: string): string[] {
  const bytes = Buffer.from(canary);
  return [
    canary,
    bytes.toString('base64').slice(0, -4),
    bytes.toString('hex'),
    JSON.stringify(canary).slice(1, -1),
  ];
}

function found(text: string): string[] {
  return CANARIES.filter((canary) => forms(canary).some((form) => text.includes(form)));
}

describe('personal data', () => {
  it('can be read by who may, through the API', async () => {
    const { status, body } = await officer.get(`/cases/${file}`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain(CANARIES[9]);
    expect(JSON.stringify(body)).toContain(CANARIES[3]);
  });

  it('stand nowhere in the database: not in an event, not in a read model, and in the vault as ciphertext only', async () => {
    const client = new pg.Client(stack.databaseUrl);
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const names = tables.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'log.events',
        'vault.sealed',
        'read_population.ledger',
        'read_cases.list',
        'log.keys',
      ]),
    );
    let sealed = 0;
    for (const name of names) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      for (const { row } of rows) expect({ name, found: found(row) }).toEqual({ name, found: [] });
      if (name === 'vault.sealed') sealed = rows.length;
    }
    await client.end();
    expect(sealed).toBe(6);
  });

  it('stand nowhere in the logs, at debug level', () => {
    const text = logged.join('');
    expect(text).toContain('/v1/cases');
    expect(found(text)).toEqual([]);
  });
});

describeWithKafka('the topic', () => {
  it('has no personal data, and no actor either', async () => {
    const kafka = new Kafka({ brokers: (await kafkaBrokers()).split(','), logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: uuidv7() });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const messages: string[] = [];
    const { body } = await (await stack.as(['auditor'])).get<{ items: unknown[] }>('/audit/events?limit=200');
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null; headers?: object } }) => {
        const headers = Object.entries(message.headers ?? {}).map(
          ([name, value]) => `${name}: ${String(value)}`,
        );
        messages.push(`${message.value?.toString() ?? ''}\n${headers.join('\n')}`);
        if (messages.length >= body.items.length) resolve();
        await Promise.resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
    await consumer.disconnect();
    const text = messages.join('\n');
    expect(text).toContain('MigrantRegistered');
    expect(found(text)).toEqual([]);
    expect(text).not.toContain('registrar-caseworker');
  });
});
