import type pg from 'pg';
import {
  type Authority,
  type Day,
  type Population,
  populationOf,
  type StatusCode,
  STATUSES,
  successorOn,
} from '#reference';

export const DIMENSIONS = [
  'placeFled',
  'citizenship',
  'registration',
  'authority',
  'status',
  'region',
  'sex',
  'ageBand',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** UNHCR's age bands. The age is the year of the day less the year of birth. */
export const AGE_BANDS = ['0-4', '5-11', '12-17', '18-59', '60+', 'unknown'] as const;

/** A place fled prints as `{country, area?}`, every other value as its code; null where the file has none. */
type Cell = string | null | Readonly<{ country: string; area?: string }>;
export type PopulationRow = Readonly<Partial<Record<Dimension, Cell>> & { count: number }>;

export type PopulationQuery = Readonly<{
  /** In this order; none means only the total. */
  by: readonly Dimension[];
  validOn: Day;
  /** What was known up to this position of the log. */
  position: number;
  /** Only people whose status belongs to one of these. */
  population?: readonly Population[];
  /** Only people registered with this authority. */
  authority?: Authority;
}>;

export type PopulationReport = Readonly<{
  rows: readonly PopulationRow[];
  /** Distinct persons. */
  total: number;
  /** False where one person may stand in several rows, which then do not add up to the total. */
  additive: boolean;
  unit: 'persons';
}>;

/** The columns that a dimension is made of. */
const COLUMNS: Readonly<Record<Dimension, readonly string[]>> = {
  placeFled: ['place_country', 'place_area'],
  citizenship: ['citizenship'],
  registration: ['registration'],
  authority: ['authorities'],
  status: ['status'],
  region: ['region'],
  sex: ['sex'],
  ageBand: ['age_band'],
};

/** `$1` is the day. */
const AGE_BAND = `case width_bucket(extract(year from $1::date)::integer - birth_year, '{5,12,18,60}')
  when 0 then '0-4' when 1 then '5-11' when 2 then '12-17' when 3 then '18-59' when 4 then '60+' else 'unknown' end`;

/** The stock of people present on a day, as it was known: one sum over the ledger, by kind, and then by what is asked. */
export async function populationReport(pool: pg.Pool, query: PopulationQuery): Promise<PopulationReport> {
  const counted =
    (await sumsOf(pool, query, await subtotalBefore(pool, query.position))) ??
    (await sumsOf(pool, query, 0)) ??
    [];
  return {
    rows: rowsOf(query, counted),
    total: counted.reduce((sum, { count }) => sum + count, 0),
    additive: !query.by.includes('authority'),
    unit: 'persons',
  };
}

/** The last position up to which the ledger was summed up, not beyond the one that is asked for; 0 if there is none. */
async function subtotalBefore(pool: pg.Pool, position: number): Promise<number> {
  const { rows } = await pool.query<{ position: string }>({
    name: 'subtotal',
    text: 'select position from read_population.subtotals where position <= $1 order by position desc limit 1',
    values: [position],
  });
  return Number(rows[0]?.position ?? 0);
}

/** Undefined where that subtotal has gone meanwhile, as by a rebuild. */
async function sumsOf(
  pool: pg.Pool,
  { by, validOn, position, population, authority }: PopulationQuery,
  subtotal: number,
): Promise<readonly Counted[] | undefined> {
  const columns = by.flatMap((dimension) => COLUMNS[dimension]);
  const isBanded = by.includes('ageBand');
  const { rows } = await pool.query<(string | boolean | null)[]>({
    text: `select ${[...columns, 'sum(persons)'].join(', ')},
             exists (select from read_population.subtotals where position = $5) as isthere
           from (
             select kind, ${isBanded ? `${AGE_BAND} as age_band,` : ''} sum(persons) as persons
             from (${subtotal > 0 ? partsOf(isBanded) : ALL}) as parts
             group by kind${isBanded ? ', age_band' : ''}) as counted
           join read_population.kinds using (kind)
           where ($3::text[] is null or status = any($3))
             and ($4::text is null or $4 = any(string_to_array(authorities, '+')))
           ${columns.length > 0 ? `group by ${columns.map((_, i) => i + 1).join(', ')}` : ''}
           having sum(persons) <> 0`,
    values: [validOn, position, population && statusesOf(population), authority, subtotal],
    rowMode: 'array',
  });
  const wasThere = rows[0]?.at(-1) ?? (await subtotalBefore(pool, position)) === subtotal;
  if (subtotal > 0 && !wasThere) return undefined;
  return rows.map((row) => {
    const values = row.slice(0, -1).map((value) => (typeof value === 'string' ? value : null));
    return { values, count: Number(values.at(-1)) };
  });
}

/** The plain sum, which Postgres can share out among its workers. */
const ALL = `
  select kind, birth_year, persons from read_population.ledger where valid_on <= $1 and position <= $2`;

/**
 * What adds up to the stock: whole months or years of the subtotal `$5`, the rows of the month or year that the day
 * `$1` stands in, and what was recorded after the subtotal up to `$2`.
 */
function partsOf(isByAge: boolean): string {
  const began = `date_trunc('${isByAge ? 'year' : 'month'}', $1::date)::date`;
  return `
    select kind, nullif(birth_year, -1) as birth_year, persons from read_population.sums
     where position = $5 and by_age = ${isByAge} and span < ${began}
    union all
    select kind, birth_year, persons from read_population.ledger
     where valid_on >= ${began} and valid_on <= $1 and position <= $5
    union all
    select kind, birth_year, persons from read_population.ledger
     where position > $5 and position <= $2 and valid_on <= $1`;
}

export function statusesOf(population: readonly Population[]): readonly StatusCode[] {
  return STATUSES.filter((status) => population.includes(populationOf(status)));
}

type Counted = Readonly<{ values: readonly (string | null)[]; count: number }>;

/** Areas that have become one on that day are one row, and a person stands under each of several authorities. */
function rowsOf({ by, validOn }: PopulationQuery, counted: readonly Counted[]): readonly PopulationRow[] {
  const found = new Map<string, PopulationRow>();
  for (const { values, count } of by.length > 0 ? counted : []) {
    for (const cells of cellsOf(by, values, validOn)) {
      const key = JSON.stringify(cells.map(sortable));
      const row = Object.fromEntries(by.map((dimension, i) => [dimension, cells[i] ?? null]));
      found.set(key, { ...row, count: (found.get(key)?.count ?? 0) + count });
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The cells of one row; of several rows where a dimension has several values. */
function cellsOf(
  by: readonly Dimension[],
  values: readonly (string | null)[],
  validOn: Day,
): readonly (readonly Cell[])[] {
  const left = [...values];
  const next = () => left.shift() ?? null;
  return by.reduce<readonly (readonly Cell[])[]>(
    (rows, dimension) => {
      const choices = valuesOf(dimension, next, validOn);
      return rows.flatMap((cells) => choices.map((cell) => [...cells, cell]));
    },
    [[]],
  );
}

function valuesOf(dimension: Dimension, next: () => string | null, validOn: Day): readonly Cell[] {
  const value = next();
  switch (dimension) {
    case 'placeFled': {
      const area = next();
      return [{ country: value ?? 'UKN', ...(area !== null && { area }) }];
    }
    case 'authority':
      return value?.split('+') ?? [null];
    case 'region':
      return [value && successorOn(value, validOn)];
    case 'citizenship':
    case 'registration':
    case 'status':
    case 'sex':
    case 'ageBand':
      return [value];
  }
}

/** Age bands by age, all else by code; what is not known comes last. */
function sortable(cell: Cell): string {
  if (cell === null) return '~';
  if (typeof cell === 'object') return `${cell.country} ${cell.area ?? ''}`;
  const band = AGE_BANDS.findIndex((name) => name === cell);
  return band < 0 ? cell : String(band);
}
