import { caseFile, type CaseState, type Stretch, timelineOf } from '#domain';
import type { Projection, Table } from './projection.js';
import { ofCategory } from './streams.js';

/** What a person is counted by. */
export type Dimensions = Readonly<{
  place_country: string;
  place_area: string | null;
  citizenship: string;
  registration: string;
  /** Those the person is registered with, in alphabetical order: `AMD+UNHCR`. Null without any. */
  authorities: string | null;
  status: string;
  region: string | null;
  sex: string;
  birth_year: number | null;
}>;

/** So many persons more, or fewer, are counted so from that day on. */
export type Change = Dimensions & Readonly<{ valid_on: string; persons: number }>;

export type LedgerRow = Change & Readonly<{ position: number; line: number; case_id: string }>;
type FileRow = Readonly<{ case_id: string; state: CaseState }>;

export const ledger: Table<LedgerRow> = {
  name: 'ledger',
  columns: {
    position: 'bigint',
    case_id: 'uuid',
    valid_on: 'date',
    line: 'smallint',
    persons: 'smallint',
    birth_year: 'smallint',
    place_country: 'text',
    place_area: 'text',
    citizenship: 'text',
    registration: 'text',
    authorities: 'text',
    status: 'text',
    region: 'text',
    sex: 'text',
  },
  key: ['position', 'line'],
};

const files: Table<FileRow> = {
  name: 'files',
  columns: { case_id: 'uuid', state: 'json' },
  key: ['case_id'],
};

/**
 * The population ledger: what each event changed in the timeline of its case, as signed rows. The stock on a day, as
 * known at a position, is the sum of the rows up to both. Depends on the events of each case alone.
 */
export const population: Projection = {
  name: 'population',
  tables: [ledger, files],

  needs(published) {
    const found = ofCategory('case', published);
    return found ? [[files, found.id]] : [];
  },

  fold(published, rows) {
    const found = ofCategory('case', published);
    if (!found) return;
    const { id, event } = found;
    const before = rows.get(files, id)?.state ?? caseFile.initial;
    const after = caseFile.evolve(before, event);
    rows.put(files, { case_id: id, state: after });
    difference(timelineOf(before), timelineOf(after)).forEach((change, index) => {
      rows.append(ledger, { ...change, position: published.position, line: index + 1, case_id: id });
    });
  },
};

/** What has to be counted more or less so that the first timeline becomes the second; days in order. */
export function difference(before: readonly Stretch[], after: readonly Stretch[]): readonly Change[] {
  const sums = new Map<string, Change>();
  const add = (day: string | null, dimensions: Dimensions, persons: number) => {
    if (day === null) return;
    const key = `${day} ${Object.values(dimensions).join(' ')}`;
    sums.set(key, { ...dimensions, valid_on: day, persons: (sums.get(key)?.persons ?? 0) + persons });
  };
  for (const [stretches, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    for (const stretch of stretches) {
      const dimensions = dimensionsOf(stretch);
      add(stretch.from, dimensions, sign);
      add(stretch.to, dimensions, -sign);
    }
  }
  return [...sums]
    .filter(([, { persons }]) => persons !== 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change);
}

function dimensionsOf(stretch: Stretch): Dimensions {
  const { placeFled, citizenship, registration, authorities, status, region, sex, birthYear } = stretch;
  return {
    place_country: placeFled.country,
    place_area: placeFled.area ?? null,
    citizenship,
    registration,
    authorities: authorities.length > 0 ? authorities.join('+') : null,
    status,
    region,
    sex,
    birth_year: birthYear,
  };
}
