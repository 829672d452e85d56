import { type Client, inParallel, type Written } from './client.js';
import { name, waitingAbroad } from './people.js';

type Route = Readonly<{ number: string; from: string; country: string; boarded: number; day: string }>;

/** 3,585 people from Iran in 1998 (UNHCR), on twenty flights; how they were spread over flights is invented. */
const FROM_IRAN: readonly Route[] = Array.from({ length: 20 }, (_, i) => ({
  number: `KZ${701 + i}`,
  from: i % 4 === 3 ? 'MHD' : 'THR',
  country: 'IRN',
  boarded: i === 0 ? 184 : 179,
  day: `1998-${String(3 + Math.floor(i / 3)).padStart(2, '0')}-${String(4 + (i % 3) * 8).padStart(2, '0')}`,
}));

const FROM_PAKISTAN: Route = { number: 'KZ731', from: 'ISB', country: 'PAK', boarded: 23, day: '1998-05-19' };

export type Arrival = Readonly<{ file: string; arrivedOn: string }>;
type Listed = Readonly<{ case: string } | { listName: string }>;
type Added = Written & { passengers: { passenger: string }[] };

/**
 * Flights whose lists hold only people with files; on each flight from Iran but the first, one person does not come.
 * Answers the files of those who arrived.
 */
export async function flyHome(client: Client): Promise<readonly Arrival[]> {
  let people = 0;
  const arrived: Arrival[] = [];
  for (const route of [...FROM_IRAN, FROM_PAKISTAN]) {
    const absent = route.boarded < 184 && route.country === 'IRN' ? 1 : 0;
    const files = await inParallel(
      Array.from({ length: route.boarded + absent }, (_, i) => i),
      (i) => client.post('/encounters', waitingAbroad(route.country, people + i + 1)),
    );
    const flight = await plan(client, route, 184);
    const passengers = await list(
      client,
      flight,
      files.map(({ id }) => ({ case: id })),
    );
    await client.post(`/flights/${flight}/manifest`);
    if (absent) await client.post(`/flights/${flight}/no-shows`, { passengers: passengers.slice(0, absent) });
    await client.post(`/flights/${flight}/boardings`, { passengers: passengers.slice(absent) });
    await client.post(`/flights/${flight}/departure`, {
      departedAt: `${route.day}T05:10:00Z`,
      onBoard: route.boarded,
    });
    await arrive(client, flight, `${route.day}T09:40:00Z`, route.boarded);
    people += files.length;
    arrived.push(...files.slice(absent).map(({ id }) => ({ file: id, arrivedOn: route.day })));
  }
  return arrived;
}

/**
 * Jeddah to Almaty: 180 on the first list and one more on the second, three do not come, one falls ill, 177 board;
 * two leave the flight for good at Tashkent, 175 arrive, 20 of them known by the list alone.
 */
export async function flyFromJeddah(client: Client): Promise<readonly Arrival[]> {
  const route = { number: 'KZ888', from: 'JED', country: 'SAU', boarded: 177, day: '1998-06-26' };
  const files = await inParallel(
    Array.from({ length: 161 }, (_, i) => i),
    (i) => client.post('/encounters', waitingAbroad('SAU', 9_000 + i)),
  );
  const flight = await plan(client, route, 184);
  const first = await list(client, flight, [
    ...files.slice(0, 160).map(({ id }) => ({ case: id })),
    ...Array.from({ length: 20 }, (_, i) => ({ listName: name('Passenger', i + 1).full })),
  ]);
  await client.post(`/flights/${flight}/manifest`);
  const late = await list(
    client,
    flight,
    files.slice(160).map(({ id }) => ({ case: id })),
  );
  const all = [...first, ...late];
  await client.post(`/flights/${flight}/no-shows`, { passengers: all.slice(0, 3) });
  await client.post(`/flights/${flight}/offloads`, {
    passengers: all.slice(3, 4),
    reasonCode: 'unfit-to-fly',
  });
  await client.post(`/flights/${flight}/boardings`, { passengers: all.slice(4) });
  await client.post(`/flights/${flight}/departure`, { departedAt: '1998-06-26T03:00:00Z', onBoard: 177 });
  await client.post(`/flights/${flight}/diversion`, {
    airport: 'TAS',
    landedAt: '1998-06-26T08:30:00Z',
    left: all.slice(4, 6),
  });
  await arrive(client, flight, '1998-06-26T12:15:00Z', 175);
  return [...files.slice(6, 160), ...files.slice(160)].map(({ id }) => ({ file: id, arrivedOn: route.day }));
}

async function plan(client: Client, { number, from, country, day }: Route, seats: number): Promise<string> {
  const { id } = await client.post('/flights', {
    number,
    carrier: 'Invented Airways',
    from,
    to: 'ALA',
    departureCountry: country,
    seats,
    departsAt: `${day}T05:00:00Z`,
    funding: 'state',
    quotaYear: 1998,
  });
  return id;
}

/** Puts people on the list; answers their passenger ids, in order. */
async function list(client: Client, flight: string, passengers: readonly Listed[]): Promise<string[]> {
  const added = await client.post<Added>(`/flights/${flight}/passengers`, { passengers });
  return added.passengers.map(({ passenger }) => passenger);
}

async function arrive(client: Client, flight: string, arrivedAt: string, onBoard: number): Promise<void> {
  await client.post(`/flights/${flight}/arrival`, { airport: 'ALA', arrivedAt, onBoard });
}
