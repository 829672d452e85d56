import { canonical } from '#event-store';
import type { SqlType, Table } from './projection.js';

export type Column = readonly [name: string, type: SqlType];

/** The columns in the order in which they are written. */
export function entries(table: Table): readonly Column[] {
  return Object.entries(table.columns);
}

/** How Postgres calls the type. */
export function sqlType(type: SqlType): string {
  return type === 'json' ? 'text' : type;
}

/** The value of a column as Postgres reads it. */
export function encode(type: SqlType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && type !== 'json' ? value : canonical(value);
}
