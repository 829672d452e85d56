import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Row, Table } from './projection.js';
import { type Column, encode, entries } from './tables.js';

/** Rows on their way into a table by COPY, the fastest way there is; already as the text that is sent. */
export class Copy {
  private readonly columns: readonly Column[];
  private lines: string[] = [];

  constructor(private readonly table: Table) {
    this.columns = entries(table);
  }

  add(row: Row): void {
    this.lines.push(`${this.columns.map(([name, type]) => escaped(encode(type, row[name]))).join('\t')}\n`);
  }

  async send(client: pg.ClientBase, schema: string): Promise<void> {
    if (this.lines.length === 0) return;
    const names = this.columns.map(([name]) => name).join(', ');
    const copy = client.query(copyFrom(`copy ${schema}.${this.table.name} (${names}) from stdin`));
    copy.end(this.lines.join(''));
    await finished(copy);
  }
}

const SPECIAL = /[\\\n\r\t]/;
const SPECIALS = new RegExp(SPECIAL, 'g');
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string | null): string {
  if (text === null) return '\\N';
  return SPECIAL.test(text)
    ? text.replaceAll(SPECIALS, (character) => ESCAPES[character] ?? character)
    : text;
}
