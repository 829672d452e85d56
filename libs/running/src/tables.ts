import Table from 'cli-table3';

export type Cell = string | number | null | undefined;

/** A table for the terminal: numbers to the right, with thousands apart; what there is no number for is a dash. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const drawn = new Table({
    head: [...head],
    colAligns: numeric.map((is) => (is ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => row.map(text)));
  return drawn.toString();
}

function text(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '–');
}
