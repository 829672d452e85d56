import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { type KoshEvent, SCHEMA_VERSIONS } from '#domain';
import { AREAS } from '#reference';
import { asyncApi, HEADERS } from './asyncapi.js';
import { toMessage } from './envelope.js';
import { SCHEMAS } from './schemas.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const grozny = { country: 'RUS', area: 'RU-CE' };

/** One example of every event with every property that it can have: the compiler asks for both. */
const EXAMPLES: {
  readonly [Type in KoshEvent['type']]: Required<Extract<KoshEvent, { type: Type }>['data']>;
} = {
  MigrantEncountered: {
    office: 'almaty',
    metOn: '1997-03',
    place: { country: 'KAZ', area: 'KZ-75' },
    placeFled: grozny,
    citizenship: 'RUS',
    sex: 'F',
    birthYear: 1961,
  },
  MigrantRegistered: {
    office: 'almaty',
    authority: 'UNHCR',
    status: 'mandate-refugee',
    legalBasis: 'UNHCR-1950-STAT',
    citizenship: 'AFG',
    habitualResidence: 'AFG',
    placeFled: { country: 'AFG' },
    arrivedOn: '1996',
    registeredOn: '1997-11-20',
    region: 'KZ-75',
    sex: 'M',
    birthYear: 1970,
    late: true,
  },
  StatusChanged: {
    from: 'asylum-seeker',
    to: 'rejected',
    legalBasis: 'KZ-204-I-1997',
    issuer: 'AMD',
    effectiveOn: '1998-07-01',
    reasonCode: 'no-well-founded-fear',
  },
  CaseCorrected: {
    field: 'placeFled',
    from: null,
    to: grozny,
    validFrom: '1997',
    reasonCode: 'document-seen',
  },
  PersonDetailsCorrected: { fields: ['names', 'documents'] },
  MigrantRelocated: { region: 'KZ-71', relocatedOn: '1999-01' },
  MigrantArrived: { flight: ID, passenger: ID, airport: 'ALA', arrivedOn: '1998-09-01' },
  MigrantDeparted: { departedOn: '1999', kind: 'resettlement', destination: 'CAN' },
  MigrantReturned: { returnedOn: '1999-12' },
  MigrantDied: { diedOn: '1999-12-31' },
  ManifestJoined: { flight: ID, passenger: ID },
  ManifestLeft: { flight: ID, passenger: ID, why: 'no-show' },
  FlightPlanned: {
    number: 'KZ-1998-12',
    carrier: 'Air Kazakhstan',
    from: 'MHD',
    to: 'ALA',
    departureCountry: 'IRN',
    seats: 160,
    departsAt: '1998-09-01T04:30:00Z',
    funding: 'state',
    quotaYear: 1998,
  },
  PassengerAdded: { passenger: ID, case: ID },
  PassengerRemoved: { passenger: ID, case: ID },
  ManifestFinalised: { version: 1, listed: 3 },
  PassengerBoarded: { passenger: ID, case: ID },
  PassengerNoShow: { passenger: ID, case: ID, reasonCode: 'ill' },
  PassengerOffloaded: { passenger: ID, case: ID, reasonCode: 'papers' },
  FlightDeparted: { departedAt: '1998-09-01T04:40:00Z', onBoard: 1 },
  FlightDiverted: { airport: 'CIT', landedAt: '1998-09-01T07:10:00Z', onBoard: 1 },
  PassengerDisembarked: { passenger: ID, case: ID, airport: 'CIT' },
  FlightArrived: { airport: 'ALA', arrivedAt: '1998-09-01T09:00:00Z', onBoard: 0 },
  FlightCancelled: { reasonCode: 'weather' },
  PassengerArrivalRefused: { passenger: ID, case: ID, code: 'already-dead' },
  EstimateRecorded: {
    qualifier: 'range',
    value: 10_000,
    low: 8_000,
    high: 12_000,
    population: 'refugees',
    measure: 'stock',
    period: { from: '1997', to: '1997-12-31' },
    area: 'KZ-75',
    placeFled: grozny,
    unit: 'persons',
    publisher: 'UNHCR',
    citedSource: 'Agency on Migration and Demography',
    publishedOn: '1998',
    asReported: 'between 8,000 and 12,000',
    components: [{ qualifier: 'about', value: 500, low: 400, high: 600, placesFled: [grozny] }],
  },
  EstimateSuperseded: { by: ID },
  EstimateRetracted: { reasonCode: 'withdrawn' },
};

const ajv = new Ajv({
  allErrors: true,
  formats: { uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'date-time': /^[\d-]{10}T[\d:.]+Z$/ },
});

describe('the public contract of the topic', () => {
  const events = Object.entries(EXAMPLES).map(([type, data]) => ({ type, data, schema: schemaOf(type) }));

  it.each(events)('describes $type with every property it has', ({ data, schema }) => {
    const valid = ajv.compile(schema);
    expect(valid(data) || valid.errors).toBe(true);
  });

  it.each(events)('allows nothing in $type that it does not name', ({ data, schema }) => {
    expect(ajv.validate(schema, { ...data, name: 'Aslan' })).toBe(false);
  });

  it.each([
    { field: 'region', from: null, to: 'KZ-71', reasonCode: 'wrong' },
    { field: 'sex', from: 'F', to: 'RUS', reasonCode: 'wrong' },
    { field: 'name', from: 'A', to: 'B', reasonCode: 'wrong' },
  ])('knows which field of a case takes which values: not $field from $from to $to', (correction) => {
    expect(ajv.validate(SCHEMAS.CaseCorrected, correction)).toBe(false);
  });

  it('takes every area that the agency knows', () => {
    const relocations = AREAS.map(({ code }) => ({ region: code, relocatedOn: '1999' }));
    expect(relocations.filter((data) => !ajv.validate(SCHEMAS.MigrantRelocated, data))).toEqual([]);
  });

  it('describes the headers that are sent', () => {
    const { headers } = toMessage(
      {
        position: 1,
        stream: `case-${ID}`,
        version: 1,
        type: 'MigrantDied',
        schemaVersion: 1,
        occurredOn: '1999',
        recordedAt: '2026-11-24T08:00:00.000Z',
        body: '{"diedOn":"1999"}',
        meta: '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}',
        sealed: null,
        hash: Buffer.alloc(32),
      },
      { logId: ID, epoch: 1_795_500_000_123, sharedUpTo: 7 },
      12,
    );
    const valid = ajv.compile({ ...HEADERS, additionalProperties: false });
    expect(valid(headers) || valid.errors).toBe(true);
    expect(Object.keys(headers).toSorted()).toEqual(Object.keys(HEADERS.properties).toSorted());
  });

  it('is an AsyncAPI document in which every event has a message and every reference leads somewhere', () => {
    const document = asyncApi({ topic: 'kosh.events', partitions: 12 });
    expect(Object.keys(document.channels.events.messages)).toEqual(Object.keys(SCHEMA_VERSIONS));
    const { messages, schemas } = document.components;
    const known = new Set([
      '#/channels/events',
      '#/channels/checkpoints',
      ...Object.keys(messages).map((name) => `#/components/messages/${name}`),
      ...Object.keys(schemas).map((name) => `#/components/schemas/${name}`),
    ]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '');
    expect(references.length).toBeGreaterThan(3 * Object.keys(SCHEMA_VERSIONS).length);
    expect(references.filter((to) => !known.has(to))).toEqual([]);
  });

  it('keeps its form: a change here is a change for everyone who reads the topic', () => {
    expect(asyncApi({ topic: 'kosh.events', partitions: 12 })).toMatchSnapshot();
  });
});

function schemaOf(type: string): object {
  return Object.entries(SCHEMAS).find(([name]) => name === type)?.[1] ?? {};
}
