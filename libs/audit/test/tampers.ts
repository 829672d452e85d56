import type { Row } from '#event-store';
import { rechained } from './paper-log.js';

/** What someone did to the rows of a log, and the first position that is not what it was. */
export type Tampered = Readonly<{ rows: readonly Row[]; firstBad: number }>;

export type Tamper = Readonly<{
  what: string;
  /** Whether only checkpoints kept elsewhere can show it: all that is in the database fits. */
  fits?: boolean;
  do: (rows: readonly Row[], dice: Dice) => Tampered;
}>;

/** Chance that comes again with its seed (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  /** 0 up to, and not including, `n`. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }
}

/** Everything that can be done to a log with the rights of its database's superuser. */
export const TAMPERS: readonly Tamper[] = [
  {
    what: 'a changed body',
    do: (rows, dice) => changed(rows, pick(rows, dice), (row) => ({ body: other(row.body, dice) })),
  },
  {
    what: 'a changed body, hashes recomputed to the end',
    fits: true,
    do: (rows, dice) => fitted(changed(rows, pick(rows, dice), (row) => ({ body: other(row.body, dice) }))),
  },
  {
    what: 'a changed recorded_at',
    do: (rows, dice) =>
      changed(rows, pick(rows, dice), (row) => ({
        recordedAt: shifted(row.recordedAt, (dice.below(2) * 2 - 1) * (1 + dice.below(10_000_000))),
      })),
  },
  {
    what: 'a changed actor',
    do: (rows, dice) =>
      changed(rows, pick(rows, dice), ({ meta }) => ({ meta: meta.replace(/"actor":"/, '"actor":"x') })),
  },
  { what: 'a removed row', do: (rows, dice) => removed(rows, pick(rows, dice, 1)) },
  {
    what: 'a removed row, the gap closed',
    do: (rows, dice) => renumbered(removed(rows, pick(rows, dice, 1))),
  },
  {
    what: 'a removed row, the gap closed and hashes recomputed',
    fits: true,
    do: (rows, dice) => fitted(renumbered(removed(rows, pick(rows, dice, 1)))),
  },
  {
    what: 'a removed tail',
    fits: true,
    do(rows, dice) {
      const position = pick(rows, dice);
      return { rows: rows.slice(0, position - 1), firstBad: position };
    },
  },
  { what: 'two swapped rows', do: (rows, dice) => swapped(rows, dice) },
  {
    what: 'two swapped rows, hashes recomputed',
    fits: true,
    do: (rows, dice) => fitted(swapped(rows, dice)),
  },
  { what: 'an inserted row', do: (rows, dice) => inserted(rows, pick(rows, dice)) },
  {
    what: 'an inserted row, hashes recomputed',
    fits: true,
    do: (rows, dice) => fitted(inserted(rows, pick(rows, dice))),
  },
  {
    what: 'a whole history rewritten with the database key',
    fits: true,
    do(rows, dice) {
      const from = pick(rows, dice);
      const rewritten = rows.map((row) =>
        row.position < from ? row : { ...row, body: other(row.body, dice), meta: '{"actor":"nobody"}' },
      );
      return { rows: rechained(versioned(rewritten)), firstBad: from };
    },
  },
];

/** The one that is called so. */
export function tamperBy(what: string): Tamper {
  const tamper = TAMPERS.find((one) => one.what === what);
  if (!tamper) throw new Error(`Nobody tampers by ${what}.`);
  return tamper;
}

/** A position, not one of the last `but`. */
function pick(rows: readonly Row[], dice: Dice, but = 0): number {
  return 1 + dice.below(rows.length - but);
}

function changed(rows: readonly Row[], position: number, how: (row: Row) => Partial<Row>): Tampered {
  return {
    rows: rows.map((row) => (row.position === position ? { ...row, ...how(row) } : row)),
    firstBad: position,
  };
}

/** The hashes, and the versions of each stream, as an append would have written them. */
function fitted({ rows, firstBad }: Tampered): Tampered {
  return { rows: rechained(versioned(rows), firstBad), firstBad };
}

function removed(rows: readonly Row[], position: number): Tampered {
  return { rows: rows.filter((row) => row.position !== position), firstBad: position };
}

function renumbered({ rows, firstBad }: Tampered): Tampered {
  return { rows: rows.map((row, i) => ({ ...row, position: i + 1 })), firstBad };
}

/** Two events exchange their places in the log; what they say stays with them. */
function swapped(rows: readonly Row[], dice: Dice): Tampered {
  const first = pick(rows, dice, 1);
  const second = first + 1 + dice.below(rows.length - first);
  const at = (position: number) => rows[position - 1] ?? rows[0];
  const [a, b] = [at(first), at(second)];
  if (!a || !b) throw new Error('There are no two rows.');
  const moved = rows.map((row) => {
    if (row === a) return { ...b, position: first, recordedAt: a.recordedAt };
    return row === b ? { ...a, position: second, recordedAt: b.recordedAt } : row;
  });
  return { rows: moved, firstBad: first };
}

/** An event that nobody recorded, in a stream of its own, before the one at the position. */
function inserted(rows: readonly Row[], position: number): Tampered {
  const [model] = rows.slice(position - 1);
  if (!model) throw new Error('There is no such row.');
  const invented = { ...model, stream: `case-${'f'.repeat(8)}-0000-7000-8000-${'f'.repeat(12)}`, version: 1 };
  return renumbered({
    rows: [...rows.slice(0, position - 1), invented, ...rows.slice(position - 1)],
    firstBad: position,
  });
}

function versioned(rows: readonly Row[]): readonly Row[] {
  const versions = new Map<string, number>();
  return rows.map((row) => {
    const version = (versions.get(row.stream) ?? 0) + 1;
    versions.set(row.stream, version);
    return { ...row, version };
  });
}

/** The text with one letter or digit of a value exchanged for another. */
function other(text: string, dice: Dice): string {
  const places = [...text.matchAll(/[0-9]/g)].map(({ index }) => index);
  const at = places[dice.below(Math.max(1, places.length))];
  if (at === undefined) return `${text} `;
  const digit = (Number(text[at]) + 1 + dice.below(9)) % 10;
  return `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;
}

function shifted(moment: string, ms: number): string {
  return new Date(Date.parse(moment) + ms).toISOString();
}
