import { type Cell, placeName as name, table } from '#running';
import type { Say } from '../servers.js';
import type { Client } from './client.js';
import type { Played } from './story.js';

type Place = Readonly<{ country: string; area?: string }>;
type Row = Readonly<{
  placeFled: Place;
  registration?: string;
  status?: string;
  authority?: string;
  count: number;
}>;
type Population = Readonly<{ rows: readonly Row[]; total: number; position: number }>;
type Figure = Readonly<{ qualifier: string; value?: number; low?: number; high?: number }>;
export type GapFigures = Readonly<{
  registered: number;
  estimate: Figure | null;
  qualifier: string | null;
  unregistered: number | null;
  low?: number;
  high?: number;
  label: string | null;
}>;
type Said = Figure &
  Readonly<{
    population: string;
    measure: string;
    unit: string;
    publisher: string;
    asReported: string;
    period: { from: string; to: string };
  }>;
type Gap = GapFigures & Readonly<{ placesFled: readonly Place[] }>;
type Gaps = Readonly<{
  estimates: readonly Readonly<{
    said: Said & { citedSource?: string };
    comparability: string;
    rows: readonly Gap[];
    other: GapFigures;
    total: GapFigures;
    notes: readonly { detail: string }[];
  }>[];
}>;

/** Prints what the agency would publish: each table is one answer of the API. */
export async function printFigures(client: Client, played: Played, say: Say): Promise<void> {
  await printEstimates(client, say);
  for (const day of ['1997-12-31', '1998-12-31']) await printRegistered(client, say, day);
  await printAsylumYear(client, say);
  await printFlights(client, say);
  await printCorrection(client, played, say);
}

async function printEstimates(client: Client, say: Say): Promise<void> {
  const { items } = await client.get<{ items: readonly { said: Said }[] }>('/estimates?limit=200');
  say('\nWhat others said (GET /v1/estimates); never added to a count, never averaged');
  say(
    table(
      ['population', 'measure', 'period', 'as said', 'unit', 'publisher'],
      items.map(({ said }) => [
        said.population,
        said.measure,
        said.period.from === said.period.to ? said.period.from : `${said.period.from} to ${said.period.to}`,
        figure(said),
        said.unit,
        said.publisher,
      ]),
    ),
  );
}

/** Counts by place fled and registration, and beside each estimate of that day what follows from it. */
async function printRegistered(client: Client, say: Say, day: string): Promise<void> {
  const counted = await client.get<Population>(
    `/reports/population?by=placeFled,registration&population=refugees&validOn=${day}`,
  );
  const of = (place: Place, registration: string) =>
    counted.rows.find((row) => name(row.placeFled) === name(place) && row.registration === registration)
      ?.count ?? 0;
  const places = [...new Map(counted.rows.map(({ placeFled }) => [name(placeFled), placeFled])).values()];
  say(`\nRefugees and asylum-seekers present on ${day}, by the place they fled, as counted`);
  say(`(GET /v1/reports/population?by=placeFled,registration&population=refugees&validOn=${day})`);
  say(
    table(
      ['place fled', 'registered', 'met only', 'neither yet'],
      places.map((place) => [
        name(place),
        of(place, 'registered'),
        of(place, 'encountered'),
        of(place, 'none'),
      ]),
    ),
  );

  const { estimates } = await client.get<Gaps>(`/reports/registration-gap?validOn=${day}`);
  const comparable = estimates.filter(({ comparability }) => comparability === 'comparable');
  for (const gap of comparable) {
    say(
      `\nRegistered against unregistered on ${day}, held against ${gap.said.citedSource ?? gap.said.publisher}`,
    );
    say(
      table(
        ['place fled', 'estimated present', 'registered', 'unregistered'],
        [
          ...gap.rows.map((row) => gapRow(row.placesFled.map(name).join(' + '), row)),
          gapRow('other', gap.other),
          gapRow('total', gap.total),
        ],
        { right: ['estimated present', 'unregistered'] },
      ),
    );
    gap.notes.forEach(({ detail }) => say(`  ${noteInWords(detail)}`));
  }
  const others = estimates.length - comparable.length;
  say(
    `  ${others} other estimates cannot be held against this count: another population, measure, unit or day.`,
  );
}

async function printAsylumYear(client: Client, say: Say): Promise<void> {
  const day = '1998-12-31';
  const { rows } = await client.get<Population>(
    `/reports/population?by=placeFled,authority,status&validOn=${day}`,
  );
  const applicants = rows.filter((row) => row.placeFled.country === 'AFG' && row.authority === 'AMD');
  const isClaim = (row: Row) => row.status !== 'ethnic-returnee';
  say(
    '\nThe Agency and its Afghan applicants at the end of 1998; that they are on the UNHCR list too is invented',
  );
  say(
    table(
      ['status', 'persons'],
      applicants.filter(isClaim).map((row) => [row.status, row.count]),
    ),
  );
}

async function printFlights(client: Client, say: Say): Promise<void> {
  type Report = {
    rows: readonly { departureCountry: string; placeFled: Place; flights: number; persons: number }[];
  };
  const { rows } = await client.get<Report>('/reports/flights?from=1998-01-01&to=1998-12-31');
  say(
    '\nPeople who landed by flight in 1998: where they flew from, and what they had fled (GET /v1/reports/flights)',
  );
  say(
    table(
      ['departure', 'place fled', 'flights', 'persons'],
      rows.map((row) => [row.departureCountry, name(row.placeFled), row.flights, row.persons]),
    ),
  );
}

/** A file turns out to be wrong from the start: what was printed before stays reproducible, what is true now differs. */
async function printCorrection(client: Client, { fromTajikistan }: Played, say: Say): Promise<void> {
  const report = '/reports/population?by=placeFled&population=refugees&validOn=1997-12-31';
  const before = await client.get<Population>(report);
  await client.post(`/cases/${fromTajikistan}/corrections`, {
    field: 'placeFled',
    from: { country: 'TJK' },
    to: { country: 'AFG' },
    reasonCode: 'document-seen',
  });
  const [then, now] = [
    await client.get<Population>(`${report}&knownAt=${before.position}`),
    await client.get<Population>(report),
  ];
  const of = ({ rows }: Population, country: string): Cell =>
    rows.find(({ placeFled }) => placeFled.country === country)?.count;
  say(
    '\nOne file is corrected: its bearer fled Afghanistan, not Tajikistan. The stock of 1997-12-31, by place fled:',
  );
  say(
    table(
      ['', 'AFG', 'TJK', 'total'],
      [
        [`as known at position ${then.position}`, of(then, 'AFG'), of(then, 'TJK'), then.total],
        [`as known at position ${now.position}`, of(now, 'AFG'), of(now, 'TJK'), now.total],
      ],
    ),
  );
}

const SIGNS: Readonly<Record<string, string>> = {
  exact: '',
  about: 'about ',
  'at-least': 'at least ',
  'more-than': 'more than ',
  'at-most': 'at most ',
  'most-of': 'most of the rest',
  unquantified: 'not quantified',
};

function figure({ qualifier, value, low, high }: Figure): string {
  if (qualifier === 'range') return `${low?.toLocaleString('en')} to ${high?.toLocaleString('en')}`;
  return `${SIGNS[qualifier] ?? qualifier}${value?.toLocaleString('en') ?? ''}`;
}

/** What an estimate is about, and no more than that: what is left of it is as vague as it was said. */
export function gapRow(place: string, gap: GapFigures): Cell[] {
  const { estimate, registered, unregistered, label, qualifier, low, high } = gap;
  const left = {
    qualifier: qualifier ?? 'exact',
    ...(unregistered !== null && { value: unregistered }),
    ...(low !== undefined && { low }),
    ...(high !== undefined && { high }),
  };
  return [place, estimate && figure(estimate), registered, label ? inWords(label) : figure(left)];
}

/** A note of the API with its codes as words and its thousands apart; years stay as they are. */
export function noteInWords(detail: string): string {
  const counts = /\b\d{4,}(?= (?:un)?registered| estimated)|(?<=the total is )\d{4,}/g;
  return inWords(detail.replace(counts, (count) => Number(count).toLocaleString('en')));
}

function inWords(text: string): string {
  return text.replaceAll('not-quantified', 'not quantified').replaceAll('not-comparable', 'not comparable');
}
