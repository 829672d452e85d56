import Table from 'cli-table3';

export type Cell = string | number | null | undefined;

export type TableOptions = Readonly<{
  /** Heads of columns of words that stand to the right, as numbers do. */
  right?: readonly string[];
  /** Characters that a column has at most, by its head; longer texts go on in the next line. */
  widths?: Readonly<Record<string, number>>;
}>;

/** A table for the terminal: numbers to the right, with thousands apart; what there is no number for is a dash. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { right = [], widths = {} }: TableOptions = {},
): string {
  const isNumeric = (name: string, i: number) =>
    right.includes(name) || rows.some((row) => typeof row[i] === 'number');
  const texts = rows.map((row) => row.map(text));
  const drawn = new Table({
    head: [...head],
    colAligns: head.map((name, i) => (isNumeric(name, i) ? 'right' : 'left')),
    colWidths: head.map((name, i) => {
      const widest = Math.max(name.length, ...texts.map((row) => row[i]?.length ?? 0));
      const most = widths[name];
      return most !== undefined && most < widest ? most + PADDING : null;
    }),
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...texts);
  return drawn.toString();
}

/** A space on either side. */
const PADDING = 2;

/** A place, with the part of the country where that is told: `RUS (RU-CE)`. */
export function placeName({ country, area }: Readonly<{ country: string; area?: string }>): string {
  return area ? `${country} (${area})` : country;
}

function text(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '–');
}
