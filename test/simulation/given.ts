import { caseFile, type FlightCommand, flight, type Intent, intend, manifestMoves } from '#domain';
import type { TransactOptions } from '#event-store';
import { Agency, type Shape } from './agency.js';
import { Kafka } from './kafka.js';
import { Machine } from './machine.js';
import { enter } from './platform.js';
import type { Postgres } from './postgres.js';
import { Rules } from './rules.js';
import { openPostgres } from './statements.js';
import { IN_THE_AIR, NOW, PASSENGERS, PEOPLE, PLANNED, TODAY } from './people.js';
import { World } from './world.js';

/** What was recorded before a simulation begins, and how far everyone had come with it. */
type Given = Readonly<{ postgres: Postgres; kafka: Kafka }>;

const chapters = new Map<string, Promise<Given>>();

/** A few days in the life of the agency without any trouble, which end when everyone has done everything. */
export function given({ partitions, projection }: Shape): Promise<Given> {
  const name = `${partitions} ${projection?.name}`;
  const known = chapters.get(name) ?? tell(partitions, projection);
  chapters.set(name, known);
  return known;
}

async function tell(partitions: number, projection: Shape['projection']): Promise<Given> {
  const world = new World(0);
  const [postgres, kafka] = [openPostgres(world), new Kafka(world)];
  const managers = ['process_arrivals', 'process_letters'] as const;
  const shape = {
    apis: 1,
    relays: 1,
    projectors: 1,
    partitions,
    source: 'kafka',
    projection,
    managers,
  } as const;
  const agency = new Agency(world, postgres, kafka, shape, undefined);
  const rules = new Rules(world, agency);
  let told = false;
  const desk: Machine = new Machine(world, 'the desk', async () => {
    // The API opens its store when it starts.
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const [i, [intent, options]] of story().entries()) {
      await agency.apis[0]?.ask(desk, (store) =>
        store.transact([intent], { ...BY, key: String(i) }, options),
      );
    }
    told = true;
  });
  const look = () => {
    if (told && rules.drained) world.over = true;
    else world.at(10, 'look', look);
  };
  const leave = enter(world);
  agency.start();
  desk.start();
  look();
  await world.run();
  await agency.dissolve();
  leave();
  return { postgres, kafka };
}

const BY = {
  actor: 'desk',
  office: 'Almaty',
  scope: 'nation',
  fingerprint: Buffer.alloc(32),
  correlationId: 'given',
} as const;

const PLAN = {
  number: 'KZ701',
  carrier: 'Invented Airways',
  from: 'THR',
  to: 'ALA',
  departureCountry: 'IRN',
  seats: 180,
  departsAt: '1998-06-26T13:00:00Z',
  funding: 'state',
} as const;

function story(): readonly (readonly [Intent, TransactOptions])[] {
  const met = { office: 'Almaty', metOn: '1998-01', place: { country: 'IRN' }, today: TODAY };
  const fly = (of: string, command: FlightCommand) =>
    [intend(flight, of, command), { follow: manifestMoves(of) }] as const;
  const [first, second, unknown] = PASSENGERS;
  const passengers = [
    { passenger: first, case: PEOPLE[0] },
    { passenger: second, case: PEOPLE[1] },
    { passenger: unknown },
  ];
  return [
    ...PEOPLE.map(
      (person) => [intend(caseFile, person, { type: 'RecordEncounter', data: met }), {}] as const,
    ),
    fly(IN_THE_AIR, { type: 'PlanFlight', data: PLAN }),
    fly(IN_THE_AIR, { type: 'AddPassengers', data: { passengers } }),
    fly(IN_THE_AIR, { type: 'FinaliseManifest', data: {} }),
    fly(IN_THE_AIR, { type: 'BoardPassengers', data: { passengers: [...PASSENGERS] } }),
    fly(IN_THE_AIR, { type: 'Depart', data: { departedAt: '1998-06-26T13:10:00Z', onBoard: 3, now: NOW } }),
    fly(PLANNED, { type: 'PlanFlight', data: { ...PLAN, number: 'KZ702' } }),
  ];
}
