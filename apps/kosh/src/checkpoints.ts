import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Checkpoint,
  Misuse,
  NotProven,
  openCheckpoint,
  parseKeys,
  type PublicKey,
  readKeys,
  readNote,
  checkpointsIn,
  type VerifyOptions,
} from '#audit';
import { dataDir } from './database.js';

/** Where the notary of this machine keeps what it signs. */
export function checkpointFolder(): string {
  return process.env.KOSH_CHECKPOINT_DIR ?? join(dataDir(), 'checkpoints');
}

/**
 * The checkpoints to compare with: those that are named, else those of this machine; undefined where there are none.
 * Without a key, its own `key.pub` is taken. Throws `Misuse`.
 */
export async function checkpointsFor(
  asked: Readonly<{ checkpoints?: string; key?: string }>,
): Promise<VerifyOptions['checkpoints']> {
  const folder = asked.checkpoints ?? checkpointFolder();
  if ((await checkpointsIn(folder)).length === 0) {
    if (asked.checkpoints === undefined && asked.key === undefined) return undefined;
    throw new Misuse(`There is no checkpoint in ${folder}.`);
  }
  return { folder, keys: asked.key === undefined ? await ownKeys(folder) : await keysOf(asked.key) };
}

/** Of a file, or the key itself. Throws `Misuse`. */
async function keysOf(key: string): Promise<readonly PublicKey[]> {
  try {
    return parseKeys(existsSync(key) ? await readFile(key, 'utf8') : key);
  } catch (cause) {
    throw new Misuse(`--key is a file such as key.pub, or the key itself: ${String(cause)}`, { cause });
  }
}

async function ownKeys(folder: string): Promise<readonly PublicKey[]> {
  const text = await readKeys(folder);
  if (text === undefined)
    throw new Misuse(`There is no key.pub in ${folder}: who has signed these? Give --key.`);
  return parseKeys(text);
}

/** On this machine: the last checkpoint up to which a verification found all good. */
const LAST_VERIFIED = () => join(dataDir(), 'verified.checkpoint');

/** Undefined where nothing was verified here, or under another key. */
export async function lastVerified(keys: readonly PublicKey[]): Promise<Checkpoint | undefined> {
  try {
    return openCheckpoint(await readFile(LAST_VERIFIED(), 'utf8'), keys);
  } catch (error) {
    if (error instanceof NotProven || !existsSync(LAST_VERIFIED())) return undefined;
    throw error;
  }
}

/** Keeps the signed note itself, which nobody can make up. */
export async function rememberVerified(folder: string, size: number): Promise<void> {
  const note = await readNote(folder, size);
  if (note === undefined) return;
  await mkdir(dirname(LAST_VERIFIED()), { recursive: true });
  await writeFile(LAST_VERIFIED(), note);
}
