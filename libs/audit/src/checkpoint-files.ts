import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import {
  checkpointFile,
  type CheckpointName,
  type Epoch,
  inDigits,
  leavesFileOf,
  namesAmong,
} from './offline/verify-offline.js';

/** The file of the public keys in a folder of checkpoints, one a line, the present one last. */
export const KEY_FILE = 'key.pub';

/**
 * Puts a checkpoint into its folder, whole and on the disk or not at all: first the leaves, where they are known, of
 * the events that it covers and the one before does not, 32 bytes each; then the signed note.
 */
export async function writeCheckpoint(
  folder: string,
  { size, epoch }: CheckpointName,
  note: string,
  leaves?: Buffer,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (leaves) await writeWhole(folder, leavesFileOf(size, epoch), leaves);
  await writeWhole(folder, checkpointFile(size, epoch), note);
}

/**
 * Notes beside the checkpoints that the log was put back, and up to where it is what it was before: without that a
 * notary takes a log in which events are missing for a damaged one, whatever its database says of epochs. The first
 * history needs no note.
 */
export async function noteEpoch(folder: string, { epoch, sharedUpTo }: Epoch): Promise<void> {
  if (sharedUpTo === null) return;
  await mkdir(folder, { recursive: true });
  await writeWhole(folder, noteFile(epoch), noteOf(sharedUpTo));
}

/** Whether this very history was noted there. */
export async function isNoted(folder: string, { epoch, sharedUpTo }: Epoch): Promise<boolean> {
  return sharedUpTo !== null && (await readIfThere(join(folder, noteFile(epoch)))) === noteOf(sharedUpTo);
}

export function noteFile(epoch: number): string {
  return `${inDigits(epoch)}.epoch`;
}

function noteOf(sharedUpTo: number): string {
  return `shared ${sharedUpTo}\n`;
}

/** Adds the public key of who signs now, if it is not the last of the file already. */
export async function publishKey(folder: string, vkey: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const known = (await readKeys(folder))?.split('\n').filter((line) => line !== '') ?? [];
  if (known.at(-1) === vkey) return;
  await writeWhole(folder, KEY_FILE, [...known, vkey, ''].join('\n'));
}

/** The public keys of a folder, one a line; undefined where there are none. */
export async function readKeys(folder: string): Promise<string | undefined> {
  return readIfThere(join(folder, KEY_FILE));
}

/** The checkpoints in a folder, by size. */
export async function checkpointsIn(folder: string): Promise<readonly CheckpointName[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return namesAmong(names);
}

/** The signed note of a size; undefined where there is none. */
export async function readNote(folder: string, size: number, epoch = 1): Promise<string | undefined> {
  return readIfThere(join(folder, checkpointFile(size, epoch)));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A reader sees the old file or the new one, also after a power cut. */
async function writeWhole(folder: string, name: string, content: string | Buffer): Promise<void> {
  const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
  const file = await open(draft, 'wx', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(draft, join(folder, name));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return isNativeError(error) && 'code' in error && error.code === code;
}
