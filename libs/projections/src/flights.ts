import {
  type CaseEvent,
  flight,
  type FlightPlanned,
  type FlightState,
  type FlightView,
  flightView,
  type ManifestLine,
  type Place,
} from '#domain';
import type pg from 'pg';
import type { Published } from '#event-store';
import { type Page, page, type PageRequest } from './page.js';
import type { Projection, Table } from './projection.js';
import type { Rows } from './rows.js';
import { ofCategory } from './streams.js';
import { stored } from './tables.js';

/** A flight as the board shows it: the plan, how far it has come, and the arithmetic of its manifest. */
export type FlightBoard = FlightPlanned['data'] &
  FlightView &
  Readonly<{
    id: string;
    departedAt?: string;
    diversions?: readonly Landing[];
    arrivedAt?: string;
    arrivedIn?: string;
    reasonCode?: string;
  }>;

type Landing = Readonly<{ airport: string; landedAt: string }>;

export type FlightRow = Readonly<{
  flight_id: string;
  departs_at: string;
  phase: FlightState['phase'];
  departure_country: string;
  board: FlightBoard;
  state: FlightState;
}>;

/** One person landed at the end of a flight. `case_id` is null for someone known by a list name only. */
type ArrivalRow = Readonly<{
  position: number;
  line: number;
  arrived_at: string;
  flight_id: string;
  departure_country: string;
  case_id: string | null;
}>;

/** From which place a person fled, as known from this position on. */
type PlaceRow = Readonly<{
  case_id: string;
  position: number;
  place_country: string;
  place_area: string | null;
}>;

const board: Table<FlightRow> = {
  name: 'board',
  columns: {
    flight_id: 'uuid',
    departs_at: 'timestamptz',
    phase: 'text',
    departure_country: 'text',
    board: 'json',
    state: 'json',
  },
  key: ['flight_id'],
};

const arrivals: Table<ArrivalRow> = {
  name: 'arrivals',
  columns: {
    position: 'bigint',
    line: 'integer',
    arrived_at: 'timestamptz',
    flight_id: 'uuid',
    departure_country: 'text',
    case_id: 'uuid',
  },
  key: ['position', 'line'],
  indexes: ['(arrived_at)'],
};

const places: Table<PlaceRow> = {
  name: 'places',
  columns: { case_id: 'uuid', position: 'bigint', place_country: 'text', place_area: 'text' },
  key: ['case_id', 'position'],
};

/** The flight board, and who landed: arrivals and places fled are only ever added, so that a report knows any past. */
export const flights: Projection = {
  name: 'flights',
  tables: [board, arrivals, places],

  needs(published) {
    const found = ofCategory('flight', published);
    return found ? [[board, found.id]] : [];
  },

  fold(published, rows) {
    foldFlight(published, rows);
    const file = ofCategory('case', published);
    const place = file && placeIn(file.event);
    if (!place) return;
    const { country, area = null } = place;
    const { position } = published;
    rows.append(places, { case_id: file.id, position, place_country: country, place_area: area });
  },
};

function foldFlight(published: Published, rows: Rows): void {
  const found = ofCategory('flight', published);
  if (!found) return;
  const { id, event } = found;
  const state = flight.evolve(rows.get(board, id)?.state ?? flight.initial, event);
  if (state.phase === 'unknown') return;
  const { departsAt, departureCountry } = state.plan;
  rows.put(board, {
    flight_id: id,
    departs_at: departsAt,
    phase: state.phase,
    departure_country: departureCountry,
    board: boardOf(id, state),
    state,
  });
  if (event.type !== 'FlightArrived') return;
  const landed = state.lines.filter(({ outcome }) => outcome === 'arrived');
  for (const [index, line] of landed.entries()) {
    rows.append(arrivals, {
      position: published.position,
      line: index + 1,
      arrived_at: event.data.arrivedAt,
      flight_id: id,
      departure_country: departureCountry,
      case_id: line.case ?? null,
    });
  }
}

type KnownFlight = Exclude<FlightState, { phase: 'unknown' }>;

function boardOf(id: string, state: KnownFlight): FlightBoard {
  return {
    id,
    ...state.plan,
    ...flightView(state),
    ...('departure' in state && {
      departedAt: state.departure.departedAt,
      diversions: state.diversions.map(({ airport, landedAt }) => ({ airport, landedAt })),
    }),
    ...(state.phase === 'arrived' && {
      arrivedAt: state.arrival.arrivedAt,
      arrivedIn: state.arrival.airport,
    }),
    ...(state.phase === 'cancelled' && { reasonCode: state.reasonCode }),
  };
}

/** The place fled that an event tells, if it tells one. */
function placeIn(event: CaseEvent): Place | undefined {
  if (event.type === 'MigrantRegistered' || event.type === 'MigrantEncountered') return event.data.placeFled;
  return event.type === 'CaseCorrected' && event.data.field === 'placeFled' ? event.data.to : undefined;
}

export type FlightFilters = Readonly<{
  phase?: FlightState['phase'];
  departureCountry?: string;
  /** The schedule: instants, the first counted, the second not. */
  departsFrom?: string;
  departsBefore?: string;
}>;

export function listFlights(
  pool: pg.Pool,
  { phase, departureCountry, departsFrom, departsBefore }: FlightFilters,
  request: PageRequest,
): Promise<Page<FlightBoard>> {
  return page(
    pool,
    { table: 'read_flights.board', id: 'flight_id', item: 'board' },
    [
      ['phase = ?', phase],
      ['departure_country = ?', departureCountry],
      ['departs_at >= ?', departsFrom],
      ['departs_at < ?', departsBefore],
    ],
    request,
  );
}

/** One flight with its passengers, in the order of the manifest, and those whose case refused the arrival. */
export type FlightDetails = FlightBoard &
  Readonly<{ passengers: readonly ManifestLine[]; refused: readonly string[] }>;

export async function flightById(pool: pg.Pool, id: string): Promise<FlightDetails | undefined> {
  const { rows } = await pool.query<{ state: string }>(
    'select state from read_flights.board where flight_id = $1',
    [id],
  );
  const state = rows[0] && stored<KnownFlight>(rows[0].state);
  if (!state) return undefined;
  const refused = state.phase === 'arrived' ? state.refused : [];
  return { ...boardOf(id, state), passengers: state.lines, refused };
}
