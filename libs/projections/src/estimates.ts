import type pg from 'pg';
import type { EstimateRecorded, EstimatedPopulation } from '#domain';
import { type Page, page, type PageRequest } from './page.js';
import type { Projection, Table } from './projection.js';
import { ofCategory } from './streams.js';
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
  supersededBy?: string;
  /** Why it was retracted. */
  reasonCode?: string;
}>;

/** `until_position` ended it: reports know an estimate from its own position until the one before that. */
type EstimateRow = Readonly<{
  estimate_id: string;
  population: string;
  standing: string;
  from_position: number;
  until_position: number | null;
  estimate: RegisteredEstimate;
}>;

const register: Table<EstimateRow> = {
  name: 'register',
  columns: {
    estimate_id: 'uuid',
    population: 'text',
    standing: 'text',
    from_position: 'bigint',
    until_position: 'bigint',
    estimate: 'json',
  },
  key: ['estimate_id'],
};

/** The register of what others published. Nothing in it is ever added to a count. */
export const estimates: Projection = {
  name: 'estimates',
  tables: [register],

  needs(published) {
    const found = ofCategory('estimate', published);
    return found ? [[register, found.id]] : [];
  },

  fold(published, rows) {
    const found = ofCategory('estimate', published);
    if (!found) return;
    const { id, event } = found;
    const { position, recordedAt } = published;
    const end = (change: Pick<RegisteredEstimate, 'standing' | 'supersededBy' | 'reasonCode'>) => {
      const row = rows.get(register, id);
      if (!row) return;
      const { standing } = change;
      rows.put(register, {
        ...row,
        standing,
        until_position: position,
        estimate: { ...row.estimate, ...change },
      });
    };
    switch (event.type) {
      case 'EstimateRecorded':
        rows.put(register, {
          estimate_id: id,
          population: event.data.population,
          standing: 'valid',
          from_position: position,
          until_position: null,
          estimate: { id, said: event.data, recordedAt, position, standing: 'valid' },
        });
        break;
      case 'EstimateSuperseded':
        end({ standing: 'superseded', supersededBy: event.data.by });
        break;
      case 'EstimateRetracted':
        end({ standing: 'retracted', reasonCode: event.data.reasonCode });
        break;
    }
  },
};

export type EstimateFilters = Readonly<{
  population?: EstimatedPopulation;
  standing?: RegisteredEstimate['standing'];
}>;

export function listEstimates(
  pool: pg.Pool,
  { population, standing }: EstimateFilters,
  request: PageRequest,
): Promise<Page<RegisteredEstimate>> {
  return page(
    pool,
    { table: 'read_estimates.register', id: 'estimate_id', item: 'estimate' },
    [
      ['population = ?', population],
      ['standing = ?', standing],
    ],
    request,
  );
}

/** The estimates that stood at a position, in the order in which they were recorded. */
export async function estimatesAt(
  pool: pg.Pool,
  position: number,
): Promise<readonly Pick<RegisteredEstimate, 'id' | 'said' | 'recordedAt' | 'position'>[]> {
  const { rows } = await pool.query<{ estimate: string }>(
    `select estimate from read_estimates.register
     where from_position <= $1 and (until_position is null or until_position > $1)
     order by from_position`,
    [position],
  );
  return rows.map((row) => {
    // What became of it after that position was not known then.
    const { id, said, recordedAt, position: from } = stored<RegisteredEstimate>(row.estimate);
    return { id, said, recordedAt, position: from };
  });
}
