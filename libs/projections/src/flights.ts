import type pg from 'pg';
import {
  type ArrivedFlight,
  type CaseEvent,
  type FlightPlanned,
  type FlightState,
  type FlightView,
  flightView,
  type ManifestLine,
  type Place,
} from '#domain';
import { type Page, page, type PageRequest } from './page.js';
import type { Projection, Table } from './projection.js';
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

/** The passengers in the order of the manifest, and those whose case refused the arrival. */
type List = Readonly<{ passengers: readonly ManifestLine[]; refused: ArrivedFlight['refused'] }>;

type FlightRow = Readonly<{
  flight_id: string;
  departs_at: string;
  phase: FlightState['phase'];
  departure_country: string;
  board: FlightBoard;
  list: List;
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
    list: 'json',
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
  fold: {
    flight({ id, position, version, event, after }, rows) {
      if (after.phase === 'unknown') return;
      const { departsAt, departureCountry } = after.plan;
      rows.put(board, id, version, () => ({
        flight_id: id,
        departs_at: departsAt,
        phase: after.phase,
        departure_country: departureCountry,
        board: boardOf(id, after),
        list: { passengers: after.lines, refused: after.phase === 'arrived' ? after.refused : [] },
      }));
      if (event.type !== 'FlightArrived') return;
      const landed = after.lines.filter(({ outcome }) => outcome === 'arrived');
      for (const [index, { case: file = null }] of landed.entries()) {
        rows.append(arrivals, {
          position,
          line: index + 1,
          arrived_at: event.data.arrivedAt,
          flight_id: id,
          departure_country: departureCountry,
          case_id: file,
        });
      }
    },
  },
  note: {
    case({ id, position, event }, rows) {
      const place = placeIn(event);
      if (!place) return;
      const { country, area = null } = place;
      rows.append(places, { case_id: id, position, place_country: country, place_area: area });
    },
  },
};

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

export type FlightDetails = FlightBoard & List;

export async function flightById(pool: pg.Pool, id: string): Promise<FlightDetails | undefined> {
  const { rows } = await pool.query<{ board: string; list: string }>(
    'select board, list from read_flights.board where flight_id = $1',
    [id],
  );
  return rows[0] && { ...stored<FlightBoard>(rows[0].board), ...stored<List>(rows[0].list) };
}
