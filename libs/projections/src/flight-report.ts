import type pg from 'pg';
import type { Place } from '#domain';
import type { Day } from '#reference';

export type FlightQuery = Readonly<{
  /** Days of arrival in the agency's time zone, both counted. */
  from: Day;
  to: Day;
  timeZone: string;
  /** What was known up to this position of the log. */
  position: number;
}>;

export type FlightReport = Readonly<{
  rows: readonly Readonly<{ departureCountry: string; placeFled: Place; flights: number; persons: number }>[];
  /** A flight that brought people of several places fled is in several rows, and once here. */
  total: Readonly<{ flights: number; persons: number }>;
}>;

/**
 * Who landed by flight in a period: where they flew from against the place that they fled, which is `UKN` for someone
 * known by a list name only. A place that is corrected later moves the figures from that position on.
 */
export async function flightReport(pool: pg.Pool, query: FlightQuery): Promise<FlightReport> {
  const { from, to, timeZone, position } = query;
  const { rows } = await pool.query<{
    departure: string | null;
    country: string;
    area: string | null;
    flights: string;
    persons: string;
  }>(
    `with landed as (
       select departure_country as departure, flight_id, coalesce(place_country, 'UKN') as country, place_area as area
       from read_flights.arrivals as a left join lateral (
         select place_country, place_area from read_flights.places as p
         where p.case_id = a.case_id and p.position <= $4 order by p.position desc limit 1) as place on true
       where arrived_at >= $1::date::timestamp at time zone $3
         and arrived_at < ($2::date + 1)::timestamp at time zone $3 and position <= $4)
     select departure, country, area, count(distinct flight_id) as flights, count(*) as persons
     from landed group by grouping sets ((departure, country, area), ())
     order by departure collate "C", country collate "C", area collate "C" nulls first`,
    [from, to, timeZone, position],
  );
  const all = rows.find(({ departure }) => departure === null);
  return {
    rows: rows.flatMap(({ departure, country, area, flights, persons }) => {
      if (departure === null) return [];
      const placeFled = { country, ...(area !== null && { area }) };
      return [{ departureCountry: departure, placeFled, flights: Number(flights), persons: Number(persons) }];
    }),
    total: { flights: Number(all?.flights), persons: Number(all?.persons) },
  };
}
