import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaBrokers } from './support/kafka.js';
import { inventedPerson, registration } from './support/people.js';
import { type Caller, type Json, type Stack, startStack } from './support/stack.js';

let stack: Stack;
let desk: Caller;

beforeAll(async () => {
  stack = await startStack(process.env['KOSH_TEST_KAFKA_REMEDY'] ? {} : { brokers: await kafkaBrokers() });
  desk = await stack.as(['registrar', 'caseworker', 'flight-coordinator', 'analyst']);
}, 120_000);

afterAll(() => stack.close());

const met = (country: string) => ({
  metOn: '1998-01-20',
  place: { country },
  placeFled: { country: 'AFG', area: 'AF-KDZ' },
  citizenship: 'AFG',
  sex: 'F',
  person: inventedPerson(),
});

const plan = (from: string, departureCountry: string) => ({
  number: 'KZ888',
  carrier: 'Invented Airways',
  from,
  to: 'ALA',
  departureCountry,
  seats: 184,
  departsAt: '1998-06-26T03:00:00Z',
  funding: 'state',
  quotaYear: 1998,
});

/** The arrival reaches each case by itself, a moment later. */
async function arrivalsAreRecorded(files: readonly string[]): Promise<void> {
  for (const file of files) {
    for (let last = ''; last !== 'MigrantArrived';) {
      const { body } = await desk.get<{ items: { type: string; position: number }[] }>(
        `/cases/${file}/history`,
      );
      last = body.items.at(-1)?.type ?? '';
      desk.position = Math.max(desk.position, body.items.at(-1)?.position ?? 0);
    }
  }
}

type Added = { passengers: { passenger: string }[] };

async function list(flight: string, passengers: readonly Json[]): Promise<string[]> {
  const added = await desk.did<Added>(`/flights/${flight}/passengers`, { passengers });
  return added.passengers.map(({ passenger }) => passenger);
}

const listNames = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ listName: `Invented Passenger ${from + i}` }));

describe('A9: the arithmetic of a manifest', () => {
  let flight: string;
  let all: string[];

  beforeAll(async () => {
    flight = (await desk.did('/flights', plan('JED', 'SAU'))).id;
    const first = await list(flight, listNames(0, 180));
    await desk.did(`/flights/${flight}/manifest`);
    all = [...first, ...(await list(flight, listNames(180, 181)))];
    await desk.did(`/flights/${flight}/no-shows`, { passengers: all.slice(0, 3) });
    await desk.did(`/flights/${flight}/offloads`, {
      passengers: all.slice(3, 4),
      reasonCode: 'unfit-to-fly',
    });
    await desk.did(`/flights/${flight}/boardings`, { passengers: all.slice(4) });
  }, 60_000);

  it('refuses a departure with 178 on board, and says 177', async () => {
    const answer = await desk.post(`/flights/${flight}/departure`, {
      departedAt: '1998-06-26T03:05:00Z',
      onBoard: 178,
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'boarded-mismatch' } });
    expect(JSON.stringify(answer.body)).toContain('177');
    expect(answer.body['errors']).toMatchObject([{ pointer: '#/onBoard' }]);
  });

  it('takes 177, and 177 + 3 + 1 are the 181 of the list', async () => {
    await desk.did(`/flights/${flight}/departure`, { departedAt: '1998-06-26T03:05:00Z', onBoard: 177 });
    const view = await desk.report<Json>(`/flights/${flight}`);
    expect(view).toMatchObject({ listed: 181, boarded: 177, noShow: 3, offloaded: 1, unaccounted: 0 });
  });

  it('can print both versions of the list, each with its hash', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async (version) => (await desk.get(`/flights/${flight}/manifest?version=${version}`)).body),
    );
    expect(first?.['passengers']).toHaveLength(180);
    expect(second?.['passengers']).toHaveLength(181);
    expect(first?.['hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(first?.['hash']).not.toBe(second?.['hash']);
  });

  it('A10: is not home after a diversion: 175 arrive and 2 left elsewhere', async () => {
    await desk.did(`/flights/${flight}/diversion`, {
      airport: 'TAS',
      landedAt: '1998-06-26T08:30:00Z',
      left: all.slice(4, 6),
    });
    const report = '/reports/flights?from=1998-06-01&to=1998-06-30';
    expect((await desk.report<{ total: Json }>(report)).total).toEqual({ flights: 0, persons: 0 });
    const wrong = await desk.post(`/flights/${flight}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-06-26T12:00:00Z',
      onBoard: 177,
    });
    expect(wrong).toMatchObject({ status: 409, body: { code: 'boarded-mismatch' } });
    await desk.did(`/flights/${flight}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-06-26T12:00:00Z',
      onBoard: 175,
    });
    const view = await desk.report<Json>(`/flights/${flight}`);
    expect(view).toMatchObject({ boarded: 177, arrived: 175, leftElsewhere: 2 });
    expect((await desk.report<{ total: Json }>(report)).total).toEqual({ flights: 1, persons: 175 });
  });
});

describe('A8: one person, three countries', () => {
  it('is counted once by what he fled, and once by where he flew from', async () => {
    const files = await Promise.all([1, 2, 3].map(() => desk.did('/encounters', met('IRN'))));
    const flight = (await desk.did('/flights', plan('THR', 'IRN'))).id;
    const passengers = await list(
      flight,
      files.map(({ id }) => ({ case: id })),
    );
    await desk.did(`/flights/${flight}/manifest`);
    await desk.did(`/flights/${flight}/boardings`, { passengers });
    await desk.did(`/flights/${flight}/departure`, { departedAt: '1998-07-26T03:05:00Z', onBoard: 3 });
    await desk.did(`/flights/${flight}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-07-26T09:00:00Z',
      onBoard: 3,
    });

    const flights = await desk.report<{ rows: unknown }>('/reports/flights?from=1998-07-01&to=1998-07-31');
    expect(flights.rows).toEqual([
      { departureCountry: 'IRN', placeFled: { country: 'AFG', area: 'AF-KDZ' }, flights: 1, persons: 3 },
    ]);
    await arrivalsAreRecorded(files.map(({ id }) => id));
    const population = await desk.report<{ rows: unknown }>(
      '/reports/population?by=origin&validOn=1998-12-31',
    );
    expect(population.rows).toEqual([{ placeFled: { country: 'AFG', area: 'AF-KDZ' }, count: 3 }]);
    const abroad = await desk.report<{ rows: unknown }>('/reports/population?by=origin&validOn=1998-07-20');
    expect(abroad.rows).toEqual([]);
  });
});

describe('A11: someone registered without an arrival, and flown in', () => {
  const registeredOn = (day: string) =>
    registration({
      arrivedOn: undefined,
      registeredOn: day,
      authority: 'AMD',
      status: 'ethnic-returnee',
      legalBasis: 'KZ-1997-MIG',
    });

  it('is flagged by what the flight tells: registered before it, or over five days after', async () => {
    const days = ['1998-09-01', '1998-10-01', '1998-10-02'];
    const files = await Promise.all(days.map((day) => desk.did('/cases', registeredOn(day))));
    const flight = (await desk.did('/flights', plan('THR', 'IRN'))).id;
    const passengers = await list(
      flight,
      files.map(({ id }) => ({ case: id })),
    );
    await desk.did(`/flights/${flight}/manifest`);
    await desk.did(`/flights/${flight}/boardings`, { passengers });
    await desk.did(`/flights/${flight}/departure`, { departedAt: '1998-09-26T03:05:00Z', onBoard: 3 });
    await desk.did(`/flights/${flight}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-09-26T09:00:00Z',
      onBoard: 3,
    });
    await arrivalsAreRecorded(files.map(({ id }) => id));
    const seen = await Promise.all(files.map(async ({ id }) => (await desk.get(`/cases/${id}`)).body));
    expect(seen).toMatchObject([
      { arrivedOn: '1998-09-26', late: false, registeredBeforeArrival: true },
      { arrivedOn: '1998-09-26', late: false, registeredBeforeArrival: false },
      { arrivedOn: '1998-09-26', late: true, registeredBeforeArrival: false },
    ]);
  });
});

describe('a case that refuses an arrival', () => {
  it('is an item on the flight, and is free for another list', async () => {
    const { id: file } = await desk.did('/encounters', met('PAK'));
    const flight = (await desk.did('/flights', plan('ISB', 'PAK'))).id;
    const passengers = await list(flight, [{ case: file }]);
    await desk.did(`/flights/${flight}/manifest`);
    await desk.did(`/flights/${flight}/boardings`, { passengers });
    await desk.did(`/flights/${flight}/departure`, { departedAt: '1998-08-26T03:05:00Z', onBoard: 1 });
    await desk.did(`/cases/${file}/deaths`, { diedOn: '1998-08-01' });
    await desk.did(`/flights/${flight}/arrival`, {
      airport: 'ALA',
      arrivedAt: '1998-08-26T09:00:00Z',
      onBoard: 1,
    });
    let view: Json = {};
    while (view['refusedArrivals'] !== 1) view = await desk.report<Json>(`/flights/${flight}`);
    expect(view['refused']).toMatchObject([{ case: file, code: 'would-contradict' }]);
    const { body } = await desk.get<{ items: { type: string }[] }>(`/cases/${file}/history`);
    expect(body.items.map(({ type }) => type)).toContain('ManifestLeft');
  });
});
