import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { caseFile, type FlightCommand, flight, intend, type KoshEvent, manifestMoves } from '#domain';
import { type By, type OpenStore, openStore, type Published } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { arrivals } from './index.js';

const NOW = '1998-06-26T20:00:00Z';
/** In Almaty it is the next day already. */
const LANDED_AT = '1998-06-26T18:30:00Z';

let database: TestDatabase;
let opened: OpenStore;

beforeAll(async () => {
  database = await freshDatabase();
  opened = openStore(database.url);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

const by = (): By => ({
  actor: 'desk-1',
  office: 'Almaty',
  scope: 'nation',
  key: uuidv7(),
  fingerprint: Buffer.alloc(32),
  correlationId: uuidv7(),
});

/** Someone met in Iran, who is not in the country until a flight brings them. */
async function metAbroad(): Promise<string> {
  const id = uuidv7();
  const data = { office: 'Almaty', metOn: '1998-01', place: { country: 'IRN' }, today: '2000-01-01' };
  await opened.store.transact([intend(caseFile, id, { type: 'RecordEncounter', data })], by());
  return id;
}

/** A flight that has landed with these people and one more, who is known by a list name only. */
async function landed(files: readonly string[], beforeLanding = () => Promise.resolve()): Promise<string> {
  const id = uuidv7();
  const send = (command: FlightCommand) =>
    opened.store.transact([intend(flight, id, command)], by(), { follow: manifestMoves(id) });
  const passengers = [...files.map((file) => ({ passenger: uuidv7(), case: file })), { passenger: uuidv7() }];
  const plan = {
    number: 'KZ701',
    carrier: 'Invented Airways',
    from: 'THR',
    to: 'ALA',
    departureCountry: 'IRN',
  };
  const rest = { seats: 180, departsAt: '1998-06-26T13:00:00Z', funding: 'state' } as const;
  await send({ type: 'PlanFlight', data: { ...plan, ...rest } });
  await send({ type: 'AddPassengers', data: { passengers } });
  await send({ type: 'FinaliseManifest', data: {} });
  await send({ type: 'BoardPassengers', data: { passengers: passengers.map(({ passenger }) => passenger) } });
  const onBoard = passengers.length;
  await send({ type: 'Depart', data: { departedAt: '1998-06-26T13:10:00Z', onBoard, now: NOW } });
  await beforeLanding();
  await send({ type: 'Arrive', data: { airport: 'ALA', arrivedAt: LANDED_AT, onBoard, now: NOW } });
  return id;
}

async function arrivalOf(id: string): Promise<Published> {
  const event = (await opened.store.read(`flight-${id}`)).find(
    ({ event: { type } }) => type === 'FlightArrived',
  );
  if (!event) throw new Error('The flight has not arrived.');
  return event;
}

const eventsOf = async (stream: string): Promise<readonly KoshEvent[]> =>
  (await opened.store.read(stream)).map(({ event }) => event);

describe('the arrival of a flight', () => {
  it('is recorded in the case of everyone on board, on the day it was in the agency’s time zone', async () => {
    const files = [await metAbroad(), await metAbroad()];
    const id = await landed(files);
    await arrivals(opened.store, 'Asia/Almaty').react([await arrivalOf(id)]);
    for (const file of files) {
      expect((await eventsOf(`case-${file}`)).at(-1)).toMatchObject({
        type: 'MigrantArrived',
        data: { flight: id, airport: 'ALA', arrivedOn: '1998-06-27' },
      });
    }
  });

  it('is recorded once, however often the event comes', async () => {
    const file = await metAbroad();
    const event = await arrivalOf(await landed([file]));
    const process = arrivals(opened.store, 'Asia/Almaty');
    await Promise.all([process.react([event]), process.react([event])]);
    await process.react([event]);
    const types = (await eventsOf(`case-${file}`)).map(({ type }) => type);
    expect(types).toEqual(['MigrantEncountered', 'ManifestJoined', 'MigrantArrived']);
  });

  it('that a case refuses stands on the flight, once, and the case is free again', async () => {
    const file = await metAbroad();
    const id = await landed([file], async () => {
      const data = { diedOn: '1998-05-02', today: '2000-01-01' };
      await opened.store.transact([intend(caseFile, file, { type: 'RecordDeath', data })], by());
    });
    const event = await arrivalOf(id);
    const process = arrivals(opened.store, 'Asia/Almaty');
    await process.react([event]);
    await process.react([event]);
    const refusals = (await eventsOf(`flight-${id}`)).filter(
      ({ type }) => type === 'PassengerArrivalRefused',
    );
    expect(refusals).toMatchObject([{ data: { case: file, code: 'would-contradict' } }]);
    expect((await eventsOf(`case-${file}`)).at(-1)).toMatchObject({
      type: 'ManifestLeft',
      data: { flight: id, why: 'arrival-refused' },
    });
  });
});
