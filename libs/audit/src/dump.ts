import type { Pool } from 'pg';
import { head, readRows, type Row } from '#event-store';

export type DumpOptions = Readonly<{
  /** The last position; the end of the log when this begins, unless told. */
  upTo?: number | undefined;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}>;

/** The whole log as lines, some at a time: what `kosh verify --offline` reads (docs/proof-format.md). */
export async function* dump(pool: Pool, options: DumpOptions = {}): AsyncGenerator<string> {
  const { position } = await head(pool);
  const upTo = Math.min(position, options.upTo ?? position);
  for await (const rows of readRows(pool, { upTo })) {
    options.signal?.throwIfAborted();
    yield rows.map(dumpLine).join('');
    options.onProgress?.(rows.at(-1)?.position ?? 0, upTo);
  }
}

/** Everything that is hashed, and the hash: one line of JSON, whose members have this order and no other. */
export function dumpLine(row: Row): string {
  const { position, stream, version, type, schemaVersion, occurredOn, recordedAt, body, meta } = row;
  const [sealed, hash] = [row.sealed?.toString('hex') ?? null, row.hash.toString('hex')];
  const members = { position, stream, version, type, schemaVersion, occurredOn, recordedAt, body, meta };
  return `${JSON.stringify({ ...members, sealed, hash })}\n`;
}
