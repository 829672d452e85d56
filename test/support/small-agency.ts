import { v7 as uuidv7 } from 'uuid';
import { caseFile, estimate, flight, intend, type Intent, manifestMoves } from '#domain';
import { openStore, type TransactOptions } from '#event-store';
import { Vault } from '#vault';
import { freshDatabase } from './database.js';

export type SmallAgency = Readonly<{
  /** As a superuser. */
  url: string;
  /** The case of the person from Afghanistan. */
  refugee: string;
  /** The estimate of people from Tajikistan. */
  estimate: string;
  /** How many events there are. */
  events: number;
  drop: () => Promise<void>;
}>;

/**
 * A database with a small log: someone from Tajikistan who was met but never registered, someone from
 * Afghanistan registered with sealed details and moved, an estimate, and a flight from Iran that landed with
 * a returnee on board and someone known by a list name.
 */
export async function smallAgency(): Promise<SmallAgency> {
  const database = await freshDatabase();
  const { store, pool, close } = openStore(database.url);
  const vault = await Vault.open(pool, Buffer.alloc(32, 9));
  const tell = async (intent: Intent, options?: TransactOptions) =>
    store.transact([intent], requestBy(), options);
  const sealing = async (id: string) => {
    const row = await vault.seal(id, { names: [{ full: 'Zqxwv' }] }, { fresh: true });
    return { seal: () => row };
  };

  await tell(intend(caseFile, uuidv7(), { type: 'RecordEncounter', data: metFromTajikistan }));
  const refugee = uuidv7();
  await tell(
    intend(caseFile, refugee, { type: 'RegisterMigrant', data: refugeeFromAfghanistan }),
    await sealing(refugee),
  );
  await tell(
    intend(caseFile, refugee, {
      type: 'Relocate',
      data: { region: 'KZ-71', relocatedOn: '1998-02-01', today },
    }),
  );
  const tajiks = uuidv7();
  await tell(intend(estimate, tajiks, { type: 'RecordEstimate', data: thousandTajiks }));

  const returnee = uuidv7();
  await tell(
    intend(caseFile, returnee, { type: 'RegisterMigrant', data: returneeFromIran }),
    await sealing(returnee),
  );
  const [id, seat, listed] = [uuidv7(), uuidv7(), uuidv7()];
  const passengers = [seat, listed];
  await tell(intend(flight, id, { type: 'PlanFlight', data: fromTehran }));
  await tell(
    intend(flight, id, {
      type: 'AddPassengers',
      data: { passengers: [{ passenger: seat, case: returnee }, { passenger: listed }] },
    }),
    { follow: manifestMoves(id) },
  );
  await tell(intend(flight, id, { type: 'FinaliseManifest', data: {} }));
  await tell(intend(flight, id, { type: 'BoardPassengers', data: { passengers } }));
  const now = '1998-06-02T00:00:00Z';
  await tell(
    intend(flight, id, { type: 'Depart', data: { departedAt: '1998-06-01T06:00:00Z', onBoard: 2, now } }),
  );
  const { position: events } = await tell(
    intend(flight, id, {
      type: 'Arrive',
      data: { airport: 'ALA', arrivedAt: '1998-06-01T10:00:00Z', onBoard: 2, now },
    }),
  );
  await close();
  return { url: database.url, refugee, estimate: tajiks, events, drop: database.drop };
}

const today = '1998-07-01';

const metFromTajikistan = {
  office: 'Almaty',
  metOn: '1997-09',
  place: { country: 'KAZ', area: 'KZ-75' },
  placeFled: { country: 'TJK' },
  today,
} as const;

const refugeeFromAfghanistan = {
  office: 'Almaty',
  authority: 'UNHCR',
  status: 'mandate-refugee',
  legalBasis: 'UNHCR-1950-STAT',
  citizenship: 'AFG',
  placeFled: { country: 'AFG' },
  arrivedOn: '1996',
  registeredOn: '1997-11-20',
  region: 'KZ-75',
  sex: 'F',
  birthYear: 1970,
  today,
} as const;

const returneeFromIran = {
  office: 'Almaty',
  authority: 'AMD',
  status: 'ethnic-returnee',
  legalBasis: 'KZ-1997-MIG',
  citizenship: 'IRN',
  placeFled: { country: 'IRN' },
  registeredOn: '1998-05-20',
  region: 'KZ-75',
  sex: 'M',
  today,
} as const;

const thousandTajiks = {
  population: 'refugees',
  measure: 'stock',
  period: { from: '1997-12-31', to: '1997-12-31' },
  placeFled: { country: 'TJK' },
  qualifier: 'about',
  value: 1_000,
  unit: 'persons',
  publisher: 'UNHCR',
  asReported: 'some 1,000 Tajiks',
  today,
} as const;

const fromTehran = {
  number: 'KZ 7711',
  carrier: 'Air Kazakhstan',
  from: 'THR',
  to: 'ALA',
  departureCountry: 'IRN',
  seats: 120,
  departsAt: '1998-06-01T05:00:00Z',
  funding: 'state',
  quotaYear: 1998,
} as const;

/** A request with a key of its own. */
export function requestBy() {
  return {
    actor: 'caseworker-1',
    office: 'Almaty',
    scope: 'nation',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32),
    correlationId: uuidv7(),
  } as const;
}
