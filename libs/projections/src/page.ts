import type pg from 'pg';
import { stored } from './tables.js';

/** Rows of one answer, at most. */
export const PAGE_MAX = 200;

export type PageRequest = Readonly<{
  /** `next` of the page before. */
  after?: string | undefined;
  /** 1 to 200; 200 unless told. */
  limit?: number | undefined;
}>;

/** A part of a list in the order of ids, which is that of their making. `next` is null on the last page. */
export type Page<T> = Readonly<{ items: readonly T[]; next: string | null }>;

/** SQL with `?` for the value; left out where the value is undefined. */
export type Filter = readonly [condition: string, value: unknown];

/** A page of the JSON column `item` of a table whose key is the uuid `id`. */
export async function page<T>(
  pool: pg.Pool,
  { table, id, item }: Readonly<{ table: string; id: string; item: string }>,
  filters: readonly Filter[],
  { after, limit = PAGE_MAX }: PageRequest,
): Promise<Page<T>> {
  const given: readonly Filter[] = [...filters, [`${id} > ?::uuid`, after] as const].filter(
    ([, value]) => value !== undefined,
  );
  const conditions = given.map(([condition], i) => condition.replaceAll('?', `$${i + 1}`));
  const size = Math.min(limit, PAGE_MAX);
  const { rows } = await pool.query<{ id: string; item: string }>(
    `select ${id} as id, ${item} as item from ${table}
     ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
     order by ${id} limit ${size + 1}`,
    given.map(([, value]) => value),
  );
  const shown = rows.slice(0, size);
  return {
    items: shown.map((row) => stored<T>(row.item)),
    next: rows.length > size ? (shown.at(-1)?.id ?? null) : null,
  };
}
