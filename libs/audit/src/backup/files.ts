import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const NEWLINE = 0x0a;

/** What a file came to. A COPY in text form has a newline at the end of each row and nowhere else. */
export type Written = Readonly<{ bytes: number; rows: number; sha256: string }>;

/** Measures bytes as they pass. */
export class Tally {
  rows = 0;
  private bytes = 0;
  private readonly hash = createHash('sha256');

  add(chunk: Buffer): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) this.rows += 1;
  }

  /** To be called once, at the end. */
  written(): Written {
    return { bytes: this.bytes, rows: this.rows, sha256: this.hash.digest('hex') };
  }
}

/** Writes a new file that only its owner can read, and returns when the disk has it. */
export async function writeFile(
  folder: string,
  name: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  onRows?: (rows: number) => void,
): Promise<Written> {
  const tally = new Tally();
  const file = await open(join(folder, name), 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      tally.add(chunk);
      onRows?.(tally.rows);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return tally.written();
}

/** The bytes of a file, the rows so far, and what it came to once it was read to its end. */
export function readFile(path: string): {
  chunks: AsyncIterable<Buffer>;
  rows: () => number;
  read: () => Written;
} {
  const tally = new Tally();
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      tally.add(chunk);
      yield chunk;
    }
  }
  return { chunks: measured(), rows: () => tally.rows, read: () => tally.written() };
}

/** Names of files that were made or renamed in a folder are on the disk when this returns. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
