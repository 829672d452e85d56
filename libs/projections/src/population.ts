import { type CaseState, type Stretch, timelineOf } from '#domain';
import type { Projection, Table } from './projection.js';

/** From that day on, so many persons more, or fewer, are counted with these dimensions. */
export type LedgerRow = Readonly<{
  position: number;
  /** 1, 2, 3 … of the position. */
  line: number;
  case_id: string;
  valid_on: string;
  persons: number;
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

/**
 * The population ledger: what each event changed in the timeline of its case, as signed rows. The stock on a day, as
 * known at a position, is the sum of the rows up to both.
 */
export const population: Projection = {
  name: 'population',
  tables: [ledger],
  fold: {
    case({ id, position, before, after }, rows) {
      let line = 0;
      const [former, latter] = [timeline(before), timeline(after)];
      for (const { day, stretch, persons } of difference(former, latter)) {
        line += 1;
        rows.append(ledger, {
          position,
          line,
          case_id: id,
          valid_on: day,
          persons,
          place_country: stretch.placeFled.country,
          place_area: stretch.placeFled.area ?? null,
          citizenship: stretch.citizenship,
          registration: stretch.registration,
          authorities: stretch.authorities.length > 0 ? stretch.authorities.join('+') : null,
          status: stretch.status,
          region: stretch.region,
          sex: stretch.sex,
          birth_year: stretch.birthYear,
        });
      }
    },
  },
};

/** `timelineOf`, which remembers the last one: where a stream is folded in one go, that is the next one's `before`. */
const timeline = (() => {
  let last: readonly [CaseState, readonly Stretch[]] | undefined;
  return (state: CaseState): readonly Stretch[] => {
    if (last?.[0] !== state) last = [state, timelineOf(state)];
    return last[1];
  };
})();

/** Persons more or fewer from a day on, counted as in the stretch. */
type Change = { readonly day: string; readonly stretch: Stretch; persons: number };

/**
 * What has to be counted more or less so that the first timeline becomes the second, in the order of days. It runs at
 * every event of a rebuild; the lists are short, so it compares rather than build keys.
 */
function difference(before: readonly Stretch[], after: readonly Stretch[]): readonly Change[] {
  const changes: Change[] = [];
  const add = (day: string | null, stretch: Stretch, persons: number) => {
    if (day === null) return;
    const known = changes.find((change) => change.day === day && isAlike(change.stretch, stretch));
    if (known) known.persons += persons;
    else changes.push({ day, stretch, persons });
  };
  for (const [timeline, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    for (const stretch of timeline) {
      add(stretch.from, stretch, sign);
      add(stretch.to, stretch, -sign);
    }
  }
  const left = changes.filter(({ persons }) => persons !== 0);
  return left.length > 1 ? left.toSorted(inOrder) : left;
}

function isAlike(one: Stretch, other: Stretch): boolean {
  return (
    one.status === other.status &&
    one.registration === other.registration &&
    one.region === other.region &&
    one.placeFled.country === other.placeFled.country &&
    one.placeFled.area === other.placeFled.area &&
    one.citizenship === other.citizenship &&
    one.sex === other.sex &&
    one.birthYear === other.birthYear &&
    one.authorities.length === other.authorities.length &&
    one.authorities.every((authority, at) => authority === other.authorities[at])
  );
}

/** By day, those who are fewer first, then by what is counted: the same change is always the same rows. */
function inOrder(one: Change, other: Change): number {
  if (one.day !== other.day) return one.day < other.day ? -1 : 1;
  if (one.persons !== other.persons) return one.persons - other.persons;
  return textOf(one.stretch) < textOf(other.stretch) ? -1 : 1;
}

function textOf(stretch: Stretch): string {
  const { placeFled, citizenship, registration, authorities, status, region, sex, birthYear } = stretch;
  const place = `${placeFled.country} ${placeFled.area}`;
  return `${place} ${citizenship} ${registration} ${authorities.join('+')} ${status} ${region} ${sex} ${birthYear}`;
}
