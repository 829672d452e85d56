import type pg from 'pg';
import { type CaseFlags, flagsOf, type KnownCase, type Place, type Stretch } from '#domain';
import { type Authority, type Population, populationOf, type StatusCode } from '#reference';
import { type Page, page, type PageRequest } from './page.js';
import type { Projection, Table } from './projection.js';
import { timelineIn } from './remembered.js';

/** A case as the list shows it: what holds now, or held last of someone who has left. No personal data. */
export type CaseSummary = Readonly<
  Omit<Stretch, 'from' | 'to'> & {
    id: string;
    /** Of the file: how many events it has. */
    version: number;
    /** Of its last event. */
    position: number;
    office: string;
    present: boolean;
    population: Population;
    registeredOn: string | null;
    arrivedOn: string | null;
    /** The flight on whose open manifest the person is. */
    flight: string | null;
  } & CaseFlags
>;

type CaseRow = Readonly<{
  case_id: string;
  office: string;
  present: boolean;
  registration: string;
  authorities: string;
  status: string;
  population: string;
  citizenship: string;
  place_country: string;
  place_area: string | null;
  region: string | null;
  late: boolean;
  summary: CaseSummary;
}>;

const list: Table<CaseRow> = {
  name: 'list',
  columns: {
    case_id: 'uuid',
    office: 'text',
    present: 'boolean',
    registration: 'text',
    authorities: 'text',
    status: 'text',
    population: 'text',
    citizenship: 'text',
    place_country: 'text',
    place_area: 'text',
    region: 'text',
    late: 'boolean',
    summary: 'json',
  },
  key: ['case_id'],
  indexes: ['(office, case_id)'],
};

/** The case list: one row per file. */
export const cases: Projection = {
  name: 'cases',
  tables: [list],
  fold: {
    case({ id, version, position, after }, rows) {
      if (after.known) rows.put(list, id, version, () => rowOf(summaryOf(after, { id, version, position })));
    },
  },
};

/** Every field is named, in the order in which it is written: an object spread into another takes ten times as long. */
function summaryOf(file: KnownCase, place: Pick<CaseSummary, 'id' | 'version' | 'position'>): CaseSummary {
  const last = timelineIn(file).at(-1) ?? neverHere(file);
  const { late, registeredBeforeArrival } = flagsOf(file);
  return {
    arrivedOn: file.arrival?.on ?? null,
    authorities: last.authorities,
    birthYear: last.birthYear,
    citizenship: last.citizenship,
    flight: file.manifest?.flight ?? null,
    id: place.id,
    late,
    office: file.office,
    placeFled: last.placeFled,
    population: populationOf(last.status),
    position: place.position,
    present: last.to === null,
    region: last.region,
    registeredBeforeArrival,
    registeredOn: file.registrations[0]?.on ?? null,
    registration: last.registration,
    sex: last.sex,
    status: last.status,
    version: place.version,
  };
}

/** What the file holds of someone who was never in the country. */
function neverHere(state: KnownCase): Stretch {
  const { met, citizenship, placeFled, sex, birthYear } = state;
  return {
    from: '',
    to: '',
    registration: met ? 'encountered' : 'none',
    authorities: [],
    status: 'prospective-asylum-seeker',
    citizenship: citizenship.at(-1)?.value ?? 'UKN',
    placeFled: placeFled.at(-1)?.value ?? { country: 'UKN' },
    region: null,
    sex: sex.at(-1)?.value ?? 'U',
    birthYear: birthYear.at(-1)?.value ?? null,
  };
}

function rowOf(summary: CaseSummary): CaseRow {
  const { id, office, present, registration, authorities, status } = summary;
  const { population, citizenship, placeFled, region, late } = summary;
  return {
    case_id: id,
    office,
    present,
    registration,
    authorities: authorities.join('+'),
    status,
    population,
    citizenship,
    place_country: placeFled.country,
    place_area: placeFled.area ?? null,
    region,
    late,
    summary,
  };
}

export type CaseFilters = Readonly<{
  office?: string | undefined;
  present?: boolean | undefined;
  registration?: Stretch['registration'] | undefined;
  authority?: Authority | undefined;
  status?: StatusCode | undefined;
  population?: Population | undefined;
  citizenship?: string | undefined;
  /** With an area only those who fled from it, without one also those of whom no area is known. */
  placeFled?: Partial<Place> | undefined;
  region?: string | undefined;
  late?: boolean | undefined;
}>;

export function listCases(
  pool: pg.Pool,
  filters: CaseFilters,
  request: PageRequest,
): Promise<Page<CaseSummary>> {
  const { office, present, registration, authority, status } = filters;
  const { population, citizenship, placeFled, region, late } = filters;
  return page(
    pool,
    { table: 'read_cases.list', id: 'case_id', item: 'summary' },
    [
      ['office = ?', office],
      ['present = ?', present],
      ['registration = ?', registration],
      [`? = any(string_to_array(authorities, '+'))`, authority],
      ['status = ?', status],
      ['population = ?', population],
      ['citizenship = ?', citizenship],
      ['place_country = ?', placeFled?.country],
      ['place_area = ?', placeFled?.area],
      ['region = ?', region],
      ['late = ?', late],
    ],
    request,
  );
}
