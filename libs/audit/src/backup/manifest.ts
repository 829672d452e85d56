import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import type { History, Migration } from '#event-store';
import type { Digest } from '#projections';
import { readFile, type Written } from './files.js';

export const MANIFEST = 'manifest.json';
/** As `sha256sum --check` reads it: every file of the backup, so that it can be checked without Kosh, too. */
export const SUMS = 'SHA256SUMS';
export const FORMAT = 'kosh-backup-1';
export const NOTE =
  'Personal data are in here as ciphertext only. The master key that opens them is not: keep it elsewhere, and never ' +
  'beside this. Without it the names cannot be restored; nobody who holds both may be careless with either.';

/** An event and its link in the chain of the log, in hex: whoever knows it knows all that was before. */
export type Known = Readonly<{ position: number; hash: string }>;

export type TableFile = Written &
  Readonly<{
    /** With its schema. */
    name: string;
    file: string;
    columns: readonly string[];
    /** All rows that the table had; or only those that came after the backup before, which were added to it. */
    holds: 'all' | 'added';
    /** Rows that the table had then. */
    total: number;
  }>;

/** What a backup says of itself. */
export type Manifest = Readonly<{
  format: string;
  note: string;
  takenAt: string;
  history: History;
  head: Known & Readonly<{ recordedAt: string | null }>;
  migrations: readonly Pick<Migration, 'number' | 'name' | 'sha256'>[];
  /** What the server saw when the backup was taken; `cluster` names the server itself. */
  server: Readonly<{ version: string; cluster: string; snapshot: string }>;
  /** The backup that this one goes on from, in a folder beside it; null where it is whole by itself. */
  since: Readonly<{ folder: string; manifest: string }> | null;
  tables: readonly TableFile[];
  /** Of the read models, which are not in the backup but follow from it. */
  digests: readonly (Digest & Readonly<{ name: string }>)[];
}>;

/** A backup as it lies in its folder. */
export type Backup = Readonly<{
  folder: string;
  manifest: Manifest;
  /** SHA-256 of the manifest, which names that of every file: written down elsewhere, it vouches for all of it. */
  sha256: string;
}>;

/** The backup cannot be used. The message names the file and says what is wrong with it. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup';
}

/** The manifest of a folder, found to be as it was written. Throws `BadBackup`. */
export async function openBackup(folder: string): Promise<Backup> {
  const path = join(folder, MANIFEST);
  const text = await fs.readFile(path).catch(notThere(path));
  const sums = await fs.readFile(join(folder, SUMS), 'utf8').catch(notThere(join(folder, SUMS)));
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (!sums.includes(`${sha256}  ${MANIFEST}`)) {
    throw new BadBackup(`${path} is not as it was written: ${SUMS} has another hash for it.`);
  }
  // Its very bytes were written by this library.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const manifest = JSON.parse(text.toString()) as Manifest;
  if (manifest.format !== FORMAT)
    throw new BadBackup(`${path} has another format; this Kosh reads ${FORMAT}.`);
  if (sums !== sumsOf(manifest, sha256)) {
    throw new BadBackup(
      `${join(folder, SUMS)} is not as it was written: ${MANIFEST} names other files or hashes.`,
    );
  }
  return { folder: resolve(folder), manifest, sha256 };
}

/** What `SHA256SUMS` says, where the manifest has that SHA-256. */
export function sumsOf({ tables }: Pick<Manifest, 'tables'>, manifest: string): string {
  return [...tables, { file: MANIFEST, sha256: manifest }]
    .map(({ file, sha256 }) => `${sha256}  ${file}\n`)
    .join('');
}

/** A backup with all that it goes on from, the whole one first. Throws `BadBackup`. */
export async function openChain(folder: string): Promise<readonly [Backup, ...Backup[]]> {
  const last = await openBackup(folder);
  const { since } = last.manifest;
  if (since === null) return [last];
  const [first, ...others] = await openChain(join(dirname(last.folder), since.folder));
  const before = others.at(-1) ?? first;
  if (before.sha256 !== since.manifest) {
    throw new BadBackup(`${before.folder} is not the backup that ${last.folder} goes on from.`);
  }
  return [first, ...others, last];
}

/** Reads a file of a backup to its end. Throws `BadBackup` where it is not as it was written. */
export async function checkFile(
  { folder }: Backup,
  table: TableFile,
  onRows: (rows: number) => void,
): Promise<void> {
  const path = join(folder, table.file);
  const { chunks, rows, read } = readFile(path);
  try {
    for await (const _ of chunks) onRows(rows());
  } catch (error) {
    if (isNativeError(error) && 'syscall' in error) notThere(path)(error);
    throw error;
  }
  mustBe(path, read(), table);
}

/** Throws `BadBackup` where a file is not as it was written. */
export function mustBe(path: string, found: Written, { bytes, sha256 }: Written): void {
  if (found.bytes !== bytes) {
    throw new BadBackup(`${path} has ${found.bytes} bytes, but ${bytes} were written.`);
  }
  if (found.sha256 !== sha256)
    throw new BadBackup(`${path} is not as it was written: its SHA-256 is another.`);
}

export function nameOf({ folder }: Backup): string {
  return basename(folder);
}

function notThere(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new BadBackup(`${path} cannot be read`, { cause });
  };
}
