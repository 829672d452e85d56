import type pg from 'pg';
import type { EstimatedPopulation, EstimateRecorded } from '#domain';
import { type Page, page, type PageRequest } from './page.js';
import type { Projection, Table } from './projection.js';
import { stored } from './tables.js';

/** An estimate as it was said, and what has become of it. */
export type RegisteredEstimate = Readonly<{
  id: string;
  said: EstimateRecorded['data'];
  recordedAt: string;
  /** Of its record. */
  position: number;
  standing: 'valid' | 'superseded' | 'retracted';
  /** The newer estimate that superseded it. */
  supersededBy: string | null;
  /** Why it was retracted. */
  reasonCode: string | null;
}>;

type SaidRow = Readonly<{
  estimate_id: string;
  position: number;
  recorded_at: string;
  population: string;
  said: EstimateRecorded['data'];
}>;

/** What became of an estimate, from this position on. */
type FateRow = Readonly<{
  estimate_id: string;
  position: number;
  standing: string;
  superseded_by: string | null;
  reason_code: string | null;
}>;

const said: Table<SaidRow> = {
  name: 'said',
  columns: { estimate_id: 'uuid', position: 'bigint', recorded_at: 'text', population: 'text', said: 'json' },
  key: ['estimate_id'],
};

const fates: Table<FateRow> = {
  name: 'fates',
  columns: {
    estimate_id: 'uuid',
    position: 'bigint',
    standing: 'text',
    superseded_by: 'uuid',
    reason_code: 'text',
  },
  key: ['estimate_id', 'position'],
};

/** The register of what others published. Nothing in it is ever added to a count. */
export const estimates: Projection = {
  name: 'estimates',
  tables: [said, fates],
  note: {
    estimate({ id, position, recordedAt, event }, rows) {
      const { type, data } = event;
      const fate = { estimate_id: id, position, superseded_by: null, reason_code: null };
      switch (type) {
        case 'EstimateRecorded': {
          const { population } = data;
          rows.append(said, { estimate_id: id, position, recorded_at: recordedAt, population, said: data });
          break;
        }
        case 'EstimateSuperseded':
          rows.append(fates, { ...fate, standing: 'superseded', superseded_by: data.by });
          break;
        case 'EstimateRetracted':
          rows.append(fates, { ...fate, standing: 'retracted', reason_code: data.reasonCode });
          break;
      }
    },
  },
};

/** The register as it stood at a position. */
const registerAt = (position: string) => `(
  select estimate_id, s.position, s.population, coalesce(f.standing, 'valid') as standing,
    json_build_object('id', estimate_id, 'said', s.said::json, 'recordedAt', s.recorded_at, 'position', s.position,
      'standing', coalesce(f.standing, 'valid'), 'supersededBy', f.superseded_by, 'reasonCode', f.reason_code
    )::text as estimate
  from read_estimates.said as s left join lateral (
    select * from read_estimates.fates as f
    where f.estimate_id = s.estimate_id and f.position <= ${position}
    order by f.position desc limit 1) as f using (estimate_id)
  where s.position <= ${position}) as register`;

export type EstimateFilters = Readonly<{
  population?: EstimatedPopulation | undefined;
  standing?: RegisteredEstimate['standing'] | undefined;
}>;

export function listEstimates(
  pool: pg.Pool,
  { population, standing }: EstimateFilters,
  request: PageRequest,
): Promise<Page<RegisteredEstimate>> {
  return page(
    pool,
    { table: registerAt('9223372036854775807'), id: 'estimate_id', item: 'estimate' },
    [
      ['population = ?', population],
      ['standing = ?', standing],
    ],
    request,
  );
}

/** The estimates that stood at a position, in the order in which they were recorded. */
export async function estimatesAt(pool: pg.Pool, position: number): Promise<readonly RegisteredEstimate[]> {
  const { rows } = await pool.query<{ estimate: string }>(
    `select estimate from ${registerAt('$1')} where standing = 'valid' order by position`,
    [position],
  );
  return rows.map(({ estimate }) => stored<RegisteredEstimate>(estimate));
}
