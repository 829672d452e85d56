import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readOrMakeSecret, readSecret, UnsafeSecret } from './secret-file.js';

const KEY_BYTES = 32;

/** Where a key may be, the first that is named. */
export type KeyPlaces = Readonly<{
  /** The key itself. */
  env?: string | undefined;
  file?: string | undefined;
  dataDir: string;
}>;

/**
 * 32 bytes in base64: from the environment, else from the file that it names, else from the data folder, where they are
 * made on first start. `variable` is the setting's name, `name` that of the file in the data folder. Throws
 * `UnsafeSecret` where it is not such a key, or others can read it.
 */
export async function loadKey(from: KeyPlaces, variable: string, name: string): Promise<Buffer> {
  if (from.env) return parseKey(from.env, variable);
  if (from.file) return namedKey(from.file, `${variable}_FILE`);
  const path = join(from.dataDir, name);
  const secret = await readOrMakeSecret(path, () =>
    Buffer.from(`${randomBytes(KEY_BYTES).toString('base64')}\n`),
  );
  return parseKey(secret.toString(), path);
}

async function namedKey(file: string, setting: string): Promise<Buffer> {
  const secret = await readSecret(file).catch((cause: unknown) => {
    if (cause instanceof UnsafeSecret) throw new UnsafeSecret(`${setting}: ${cause.message}`);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnsafeSecret(`${setting} names ${file}, which cannot be read (${why}).`, { cause });
  });
  return parseKey(secret.toString(), `${setting} (${file})`);
}

function parseKey(text: string, where: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text.trim()) {
    throw new UnsafeSecret(`${where} is not 32 bytes in base64. Make a key with: openssl rand -base64 32`);
  }
  return key;
}
