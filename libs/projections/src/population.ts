import { createHash } from 'node:crypto';
import { type CaseState, type Stretch } from '#domain';
import type { Projection, Table } from './projection.js';
import { timelineIn } from './remembered.js';

/** From that day on, so many persons more, or fewer, are counted as of that kind and year of birth. */
export type LedgerRow = Readonly<{
  position: number;
  /** 1, 2, 3 … of the position. */
  line: number;
  case_id: string;
  valid_on: string;
  persons: number;
  kind: string;
  birth_year: number | null;
}>;

/**
 * What people are counted by, but for their age; each combination stands here once. The ledger names it by a number:
 * its rows are half as long as with the words, and a report over all of them takes half the time.
 */
export type KindRow = Readonly<{
  kind: string;
  place_country: string;
  place_area: string | null;
  citizenship: string;
  registration: string;
  /** Those the person is registered with, in alphabetical order: `AMD+UNHCR`. Null without any. */
  authorities: string | null;
  status: string;
  region: string | null;
  sex: string;
}>;

export const ledger: Table<LedgerRow> = {
  name: 'ledger',
  columns: {
    position: 'bigint',
    kind: 'bigint',
    case_id: 'uuid',
    valid_on: 'date',
    line: 'smallint',
    persons: 'smallint',
    birth_year: 'smallint',
  },
  key: ['position', 'line'],
};

export const kinds: Table<KindRow> = {
  name: 'kinds',
  columns: {
    kind: 'bigint',
    place_country: 'text',
    place_area: 'text',
    citizenship: 'text',
    registration: 'text',
    authorities: 'text',
    status: 'text',
    region: 'text',
    sex: 'text',
  },
  key: ['kind'],
  usedBy: { table: 'ledger', by: 'kind' },
};

/** Up to these positions the ledger has been summed up. */
export const subtotals: Table<Readonly<{ position: number }>> = {
  name: 'subtotals',
  columns: { position: 'bigint' },
  key: ['position'],
};

/**
 * What the ledger comes to up to a position, by kind: all rows whose day lies in one month, or, where the year of birth
 * counts too, in one year. `birth_year` is 0 where it does not count, -1 where it is not known.
 */
export const sums: Table<
  Readonly<{
    position: number;
    by_age: boolean;
    span: string;
    kind: string;
    birth_year: number;
    persons: number;
  }>
> = {
  name: 'sums',
  columns: {
    position: 'bigint',
    kind: 'bigint',
    span: 'date',
    persons: 'integer',
    birth_year: 'smallint',
    by_age: 'boolean',
  },
  key: ['position', 'by_age', 'span', 'kind', 'birth_year'],
};

/**
 * The population ledger: what each event changed in the timeline of its case, as signed rows. The stock on a day, as
 * known at a position, is the sum of the rows up to both.
 */
export const population: Projection = {
  name: 'population',
  tables: [ledger, kinds],
  aside: [subtotals, sums],
  fold: {
    case({ id, position, before, after }, rows) {
      let line = 0;
      const [former, latter] = [countedIn(before), countedIn(after)];
      for (const { day, kind, birthYear, persons } of difference(former, latter)) {
        line += 1;
        rows.once(kinds, kind.kind, kind);
        rows.append(ledger, {
          position,
          line,
          case_id: id,
          valid_on: day,
          persons,
          kind: kind.kind,
          birth_year: birthYear,
        });
      }
    },
  },
};

/** A stretch of the timeline, by what is counted in it. */
type Counted = Pick<Stretch, 'from' | 'to' | 'birthYear'> & Readonly<{ kind: KindRow }>;

/** The timeline. The last one is remembered: where a stream is folded in one go, that is the next one's `before`. */
const countedIn = (() => {
  let last: readonly [CaseState, readonly Counted[]] | undefined;
  return (state: CaseState): readonly Counted[] => {
    if (last?.[0] === state) return last[1];
    const former = last?.[1] ?? [];
    // An event changes few stretches: the kind is mostly that of the stretch in the same place before.
    const latter = timelineIn(state).map((stretch, at) => counted(stretch, former[at]?.kind));
    last = [state, latter];
    return latter;
  };
})();

function counted(stretch: Stretch, likely: KindRow | undefined): Counted {
  const { from, to, birthYear } = stretch;
  return { from, to, birthYear, kind: likely && isOf(likely, stretch) ? likely : kindOf(stretch) };
}

function isOf(kind: KindRow, stretch: Stretch): boolean {
  return (
    kind.status === stretch.status &&
    kind.registration === stretch.registration &&
    kind.region === stretch.region &&
    kind.place_country === stretch.placeFled.country &&
    kind.place_area === (stretch.placeFled.area ?? null) &&
    kind.citizenship === stretch.citizenship &&
    kind.sex === stretch.sex &&
    kind.authorities === listOf(stretch)
  );
}

function listOf({ authorities }: Stretch): string | null {
  return authorities.length > 0 ? authorities.join('+') : null;
}

/** Some thousand at most are in use; the bound is for histories that nobody has. */
const KINDS_MAX = 100_000;
const knownKinds = new Map<string, KindRow>();

function kindOf(stretch: Stretch): KindRow {
  const { placeFled, citizenship, registration, status, region, sex } = stretch;
  const { country, area = null } = placeFled;
  const authorities = listOf(stretch);
  const words = `${country} ${area} ${citizenship} ${registration} ${authorities} ${status} ${region} ${sex}`;
  const known = knownKinds.get(words);
  if (known) return known;
  const kind: KindRow = {
    // 64 bits of SHA-256: the same wherever it is computed, and no other kind's.
    kind: createHash('sha256').update(words).digest().readBigInt64BE().toString(),
    place_country: country,
    place_area: area,
    citizenship,
    registration,
    authorities,
    status,
    region,
    sex,
  };
  if (knownKinds.size === KINDS_MAX) knownKinds.clear();
  knownKinds.set(words, kind);
  return kind;
}

/** Persons more or fewer from a day on. */
type Change = Pick<Counted, 'kind' | 'birthYear'> & { readonly day: string; persons: number };

/** What has to be counted more or less so that the first timeline becomes the second, in the order of days. */
function difference(before: readonly Counted[], after: readonly Counted[]): readonly Change[] {
  // Most events change the end of a life only.
  let alike = 0;
  while (alike < before.length && isSame(before[alike], after[alike])) alike += 1;
  const changes: Change[] = [];
  for (let at = alike; at < before.length; at += 1) count(changes, before[at], -1);
  for (let at = alike; at < after.length; at += 1) count(changes, after[at], 1);
  const left = changes.filter(({ persons }) => persons !== 0);
  return isSorted(left) ? left : left.toSorted(inOrder);
}

function isSame(one: Counted | undefined, other: Counted | undefined): boolean {
  return (
    one?.from === other?.from &&
    one?.to === other?.to &&
    one?.kind === other?.kind &&
    one?.birthYear === other?.birthYear
  );
}

/** A person more from the first day of the stretch, and one fewer from the day after its last. */
function count(changes: Change[], stretch: Counted | undefined, persons: number): void {
  if (!stretch) return;
  const { from, to, kind, birthYear } = stretch;
  add(changes, from, kind, birthYear, persons);
  if (to !== null) add(changes, to, kind, birthYear, -persons);
}

function add(changes: Change[], day: string, kind: KindRow, birthYear: number | null, persons: number): void {
  // The lists are short, and this runs at every event of a rebuild: comparing is quicker than keys.
  for (const known of changes) {
    if (known.day === day && known.kind.kind === kind.kind && known.birthYear === birthYear) {
      known.persons += persons;
      return;
    }
  }
  changes.push({ day, kind, birthYear, persons });
}

function isSorted(changes: readonly Change[]): boolean {
  for (let at = 1; at < changes.length; at += 1) {
    const [one, next] = [changes[at - 1], changes[at]];
    if (one && next && inOrder(one, next) > 0) return false;
  }
  return true;
}

/** By day, those who are fewer first, then by what is counted: the same change is always the same rows. */
function inOrder(one: Change, other: Change): number {
  if (one.day !== other.day) return one.day < other.day ? -1 : 1;
  if (one.persons !== other.persons) return one.persons - other.persons;
  if (one.kind.kind !== other.kind.kind) return one.kind.kind < other.kind.kind ? -1 : 1;
  return (one.birthYear ?? 0) - (other.birthYear ?? 0);
}
