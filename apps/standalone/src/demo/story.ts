import { addDays } from '#reference';
import type { Say } from '../servers.js';
import { type Client, inParallel } from './client.js';
import { Dice } from './dice.js';
import { ESTIMATES } from './estimates.js';
import { type Arrival, flyFromJeddah, flyHome } from './flights.js';
import { encounters, guestWorkers, peopleOnUnhcrList, type Registration } from './people.js';

/** What a later step needs of an earlier one. */
export type Played = Readonly<{ fromTajikistan: string }>;

/** The Agency's first year of asylum procedure: 1,010 Afghan applicants (World Refugee Survey 1999). */
const APPLICANTS = 1_010;
const DECISIONS = [
  { count: 433, to: 'refugee' },
  { count: 116, to: 'rejected' },
  { count: 32, to: 'claim-closed' },
] as const;

/** Plays 1994 to 1999 through the API, in the order in which it happened, and says each step. */
export async function playHistory(client: Client, say: Say): Promise<Played> {
  await step(client, say, 'what others said: estimates, each with its source', () =>
    inParallel(ESTIMATES, (estimate) => client.post('/estimates', estimate)),
  );

  const people = peopleOnUnhcrList();
  const files = await step(client, say, "1994 to 1997: 2,700 people on UNHCR's list", () =>
    inParallel(people, (person) => client.post('/cases', person)),
  );
  await step(client, say, '1995 to 1997: 120 people met and never registered', () =>
    inParallel(encounters(), (encounter) => client.post('/encounters', encounter)),
  );
  const workers = await step(client, say, '1996 to 1998: 200 guest workers (the number is invented)', () =>
    inParallel(guestWorkers(), (worker) => client.post('/cases', worker)),
  );

  const filesOf = (country: string) =>
    files.flatMap(({ id }, i) => (people[i]?.placeFled.country === country ? id : []));
  await step(
    client,
    say,
    '1998: 1,010 Afghans apply to the Agency (that they are on the list is invented)',
    () => askTheAgency(client, filesOf('AFG').slice(0, APPLICANTS)),
  );

  const arrivals = await step(client, say, '1998: flights from Iran and Pakistan', () => flyHome(client));
  const fromJeddah = await step(client, say, '1998: a flight from Jeddah, diverted to Tashkent', () =>
    flyFromJeddah(client),
  );
  await step(client, say, '1998: those who arrived are registered as returnees', () =>
    registerReturnees(client, [...arrivals, ...fromJeddah]),
  );

  await step(client, say, '1998 and 1999: some leave, some come back, some die', () =>
    comeAndGo(
      client,
      workers.map(({ id }) => id),
      filesOf('RUS'),
    ),
  );
  const [fromTajikistan] = filesOf('TJK');
  if (fromTajikistan === undefined) throw new Error('Nobody came from Tajikistan.');
  return { fromTajikistan };
}

/** Runs a step and says how many commands it took, and how fast they went. */
async function step<T>(client: Client, say: Say, what: string, work: () => Promise<T>): Promise<T> {
  const [before, startedAt] = [client.commands, performance.now()];
  const answer = await work();
  const [commands, seconds] = [client.commands - before, (performance.now() - startedAt) / 1_000];
  say(`  ${what}: ${commands.toLocaleString('en')} commands in ${seconds.toFixed(1)} s`);
  return answer;
}

/** They apply from April on; the Agency decides some of the claims before the end of the year. */
async function askTheAgency(client: Client, files: readonly string[]): Promise<void> {
  const dice = new Dice(1998);
  const claims = files.map((file) => ({ file, appliedOn: addDays('1998-04-06', dice.upTo(150)) }));
  await inParallel(claims, ({ file, appliedOn }) =>
    client.post(`/cases/${file}/registrations`, {
      authority: 'AMD',
      status: 'asylum-seeker',
      legalBasis: 'KZ-1998-RSD',
      registeredOn: appliedOn,
    }),
  );
  const outcomes = DECISIONS.flatMap(({ count, to }) => Array<string>(count).fill(to));
  await inParallel(
    claims.slice(0, outcomes.length).map((claim, i) => ({ ...claim, to: outcomes[i] })),
    ({ file, appliedOn, to }) =>
      client.post(`/cases/${file}/status-changes`, {
        to,
        legalBasis: 'KZ-1998-RSD',
        issuer: 'AMD',
        effectiveOn: addDays(appliedOn, 30 + dice.upTo(80)),
        reasonCode: 'first-instance',
      }),
  );
}

async function registerReturnees(client: Client, arrivals: readonly Arrival[]): Promise<void> {
  const file: Partial<Registration> = {
    authority: 'AMD',
    status: 'ethnic-returnee',
    legalBasis: 'KZ-1997-MIG',
  };
  await inParallel(arrivals, (arrival) =>
    client.post(`/cases/${arrival.file}/registrations`, {
      ...file,
      registeredOn: addDays(arrival.arrivedOn, 4),
      region: 'KZ-61',
    }),
  );
}

async function comeAndGo(
  client: Client,
  workers: readonly string[],
  refugees: readonly string[],
): Promise<void> {
  await inParallel(workers.slice(0, 80), (file) =>
    client.post(`/cases/${file}/departures`, { departedOn: '1999-02', kind: 'temporary' }),
  );
  await inParallel(workers.slice(0, 30), (file) =>
    client.post(`/cases/${file}/returns`, { returnedOn: '1999-05' }),
  );
  await inParallel(refugees.slice(0, 25), (file) =>
    client.post(`/cases/${file}/departures`, {
      departedOn: '1999-09-14',
      kind: 'resettlement',
      destination: 'SWE',
    }),
  );
  await inParallel(refugees.slice(25, 29), (file) =>
    client.post(`/cases/${file}/deaths`, { diedOn: '1999-01' }),
  );
}
