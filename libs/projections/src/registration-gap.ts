import type pg from 'pg';
import { type Gap, gapRows, type RegisteredCount } from '#domain';
import type { Authority, Day, Population } from '#reference';
import { estimatesAt, type RegisteredEstimate } from './estimates.js';
import { statusesOf } from './population-report.js';

export type GapQuery = Readonly<{
  validOn: Day;
  /** What was known up to this position of the log. */
  position: number;
  population: Population;
  /** Only who is registered with this authority; otherwise with any. */
  authority?: Authority;
}>;

/** One estimate, and what follows from it alone: several are never averaged. */
export type EstimateGap = Readonly<Pick<RegisteredEstimate, 'id' | 'said' | 'recordedAt' | 'position'> & Gap>;

export type GapReport = Readonly<{
  registered: readonly RegisteredCount[];
  total: number;
  /** Comparable ones first, then the others with the reason; each in the order of being recorded. */
  estimates: readonly EstimateGap[];
  unit: 'persons';
}>;

/** Registered people by place fled, held against every estimate that stood at that position. */
export async function registrationGap(pool: pg.Pool, query: GapQuery): Promise<GapReport> {
  const [registered, known] = await Promise.all([
    registeredByPlace(pool, query),
    estimatesAt(pool, query.position),
  ]);
  const { validOn, population } = query;
  const gaps = known.map(({ id, said, recordedAt, position }) => ({
    id,
    said,
    recordedAt,
    position,
    ...gapRows({ estimate: said, counts: registered, validOn, population }),
  }));
  const isComparable = ({ comparability }: EstimateGap) => comparability === 'comparable';
  return {
    registered,
    total: registered.reduce((sum, count) => sum + count.registered, 0),
    estimates: [...gaps.filter(isComparable), ...gaps.filter((gap) => !isComparable(gap))],
    unit: 'persons',
  };
}

async function registeredByPlace(
  pool: pg.Pool,
  { validOn, position, population, authority }: GapQuery,
): Promise<readonly RegisteredCount[]> {
  const { rows } = await pool.query<{ country: string; area: string | null; registered: string }>(
    `select place_country as country, place_area as area, sum(persons) as registered
     from (select kind, sum(persons) as persons from read_population.ledger
           where valid_on <= $1 and position <= $2 group by kind) as counted
     join read_population.kinds using (kind)
     where registration = 'registered' and status = any($3)
       and ($4::text is null or $4 = any(string_to_array(authorities, '+')))
     group by place_country, place_area having sum(persons) <> 0
     order by place_country collate "C", place_area collate "C" nulls first`,
    [validOn, position, statusesOf([population]), authority],
  );
  return rows.map(({ country, area, registered }) => ({
    placeFled: { country, ...(area !== null && { area }) },
    registered: Number(registered),
  }));
}
