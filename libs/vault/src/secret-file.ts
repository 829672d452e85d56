import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isNativeError } from 'node:util/types';

/** A secret that others can read, or that is not what it should be. The message says what to do. */
export class UnsafeSecret extends Error {
  override readonly name = 'UnsafeSecret';
}

/** The bytes of a file that only its owner can read. Throws `UnsafeSecret` for any other, ENOENT for none. */
export async function readSecret(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new UnsafeSecret(`Others can read ${path}. Make it its owner's alone: chmod 600 ${path}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Reads the secret, or makes it on first use. Of several processes one makes it, and all read that one. */
export async function readOrMakeSecret(path: string, make: () => Buffer): Promise<Buffer> {
  try {
    return await readSecret(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  await publish(path, make());
  return readSecret(path);
}

/** The file appears whole or not at all, and never in place of another: `link` refuses a name that exists. */
async function publish(path: string, secret: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(secret);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error; // Another process was first: its secret counts.
  } finally {
    await file.close();
    await rm(draft);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return isNativeError(error) && 'code' in error && error.code === code;
}
