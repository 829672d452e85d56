import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v5 as uuidv5 } from 'uuid';
import type { FlightEvent, Place } from '#domain';
import type { Given } from '../../../test/support/given-log.js';
import { type ReadModels, readModels } from '../../../test/support/read-models.js';
import { flightReport } from './flight-report.js';
import { flightById, flights, listFlights } from './flights.js';

const id = (name: string) => uuidv5(name, uuidv5.URL);

function registered(name: string, placeFled: Place): Given {
  return {
    stream: `case-${id(name)}`,
    event: {
      type: 'MigrantRegistered',
      data: {
        office: 'Almaty',
        authority: 'AMD',
        status: 'ethnic-returnee',
        legalBasis: 'KZ-1997-MIG',
        citizenship: 'AFG',
        placeFled,
        registeredOn: '1998-06-01',
        region: 'KZ-75',
        sex: 'M',
        late: false,
      },
    },
  };
}

/** A flight on which everyone listed boards; `null` is someone known by a list name only. */
function flown(number: string, arrivedAt: string, aboard: readonly (string | null)[]): Given[] {
  const passengers = aboard.map((name, seat) => ({
    passenger: id(`${number} ${seat}`),
    ...(name !== null && { case: id(name) }),
  }));
  const onBoard = passengers.length;
  const events: FlightEvent[] = [
    {
      type: 'FlightPlanned',
      data: {
        number,
        carrier: 'Kazakhstan Airlines',
        from: 'THR',
        to: 'ALA',
        departureCountry: 'IRN',
        seats: 184,
        departsAt: arrivedAt.replace(/T.*/, 'T00:00:00.000Z'),
        funding: 'state',
      },
    },
    ...passengers.map((data) => ({ type: 'PassengerAdded', data }) as const),
    { type: 'ManifestFinalised', data: { version: 1, listed: onBoard } },
    ...passengers.map((data) => ({ type: 'PassengerBoarded', data }) as const),
    { type: 'FlightDeparted', data: { departedAt: arrivedAt.replace(/T.*/, 'T00:10:00.000Z'), onBoard } },
    { type: 'FlightArrived', data: { airport: 'ALA', arrivedAt, onBoard } },
  ];
  return events.map((event) => ({ stream: `flight-${id(number)}`, event }));
}

const kunduz: Place = { country: 'AFG' };
const YEAR = { from: '1998-01-01', to: '1998-12-31', timeZone: 'Asia/Almaty' };

let models: ReadModels;
let position: number;

beforeAll(async () => {
  models = await readModels([flights]);
  position = await models.record([
    registered('Ahmad', kunduz),
    registered('Nurlan', { country: 'UKN' }),
    ...flown('KZ888', '1998-06-26T10:00:00.000Z', ['Ahmad', 'Nurlan', null]),
    // Half past one in the morning of New Year's Day, in Almaty.
    ...flown('KZ889', '1998-12-31T19:30:00.000Z', ['Ahmad']),
  ]);
});

afterAll(() => models.close());

describe('the report on flights', () => {
  it('counts those who landed by where they flew from and what they had fled', async () => {
    expect(await flightReport(models.pool, { ...YEAR, position })).toEqual({
      rows: [
        { departureCountry: 'IRN', placeFled: { country: 'AFG' }, flights: 1, persons: 1 },
        { departureCountry: 'IRN', placeFled: { country: 'UKN' }, flights: 1, persons: 2 },
      ],
      total: { flights: 1, persons: 3 },
    });
  });

  it("takes the days of the agency's time zone", async () => {
    const day = { from: '1999-01-01', to: '1999-01-01', position };
    const inAlmaty = await flightReport(models.pool, { ...day, timeZone: 'Asia/Almaty' });
    const inLondon = await flightReport(models.pool, { ...day, timeZone: 'Europe/London' });
    expect([inAlmaty.total.persons, inLondon.total.persons]).toEqual([1, 0]);
  });

  it('follows a correction of the place fled, and still knows what it said before', async () => {
    const corrected = await models.record([
      {
        stream: `case-${id('Nurlan')}`,
        event: {
          type: 'CaseCorrected',
          data: {
            field: 'placeFled',
            from: { country: 'UKN' },
            to: { country: 'TJK', area: 'TJ-KT' },
            reasonCode: 'clerical',
          },
        },
      },
    ]);
    const now = await flightReport(models.pool, { ...YEAR, position: corrected });
    expect(now.rows.map(({ placeFled, persons }) => [placeFled, persons])).toEqual([
      [{ country: 'AFG' }, 1],
      [{ country: 'TJK', area: 'TJ-KT' }, 1],
      [{ country: 'UKN' }, 1],
    ]);
    const before = await flightReport(models.pool, { ...YEAR, position });
    expect(before.rows).toHaveLength(2);
  });

  it('is empty, and not without a total, where nobody landed', async () => {
    const report = await flightReport(models.pool, {
      ...YEAR,
      from: '1995-01-01',
      to: '1995-12-31',
      position,
    });
    expect(report).toEqual({ rows: [], total: { flights: 0, persons: 0 } });
  });
});

describe('the flight board', () => {
  it('shows each flight with its arithmetic, and pages in the order of planning', async () => {
    const first = await listFlights(models.pool, { phase: 'arrived' }, { limit: 1 });
    const second = await listFlights(models.pool, {}, { limit: 1, after: first.next ?? '' });
    const shown = [...first.items, ...second.items];
    expect(shown.map(({ number }) => number).toSorted()).toEqual(['KZ888', 'KZ889']);
    expect(second.next).toBeNull();
    const counts = shown.map(({ listed, boarded, onBoard, arrived }) => [listed, boarded, onBoard, arrived]);
    expect(counts).toEqual(
      expect.arrayContaining([
        [3, 3, 0, 3],
        [1, 1, 0, 1],
      ]),
    );
  });

  it('finds flights by their schedule, both ends as moments', async () => {
    const june = { departsFrom: '1998-06-01T00:00:00Z', departsBefore: '1998-07-01T00:00:00Z' };
    const { items } = await listFlights(models.pool, june, {});
    expect(items.map(({ number }) => number)).toEqual(['KZ888']);
  });

  it('tells who is on a flight, and whose case refused the arrival', async () => {
    const refusing = { passenger: id('KZ888 1'), case: id('Nurlan'), code: 'not-alive' };
    await models.record([
      { stream: `flight-${id('KZ888')}`, event: { type: 'PassengerArrivalRefused', data: refusing } },
    ]);
    const found = await flightById(models.pool, id('KZ888'));
    expect(found).toMatchObject({
      number: 'KZ888',
      refusedArrivals: 1,
      refused: [{ passenger: id('KZ888 1'), code: 'not-alive' }],
    });
    expect(found?.passengers.map((line) => line.case)).toEqual([id('Ahmad'), id('Nurlan'), undefined]);
    expect(await flightById(models.pool, id('KZ000'))).toBeUndefined();
  });
});
