import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readOrMakeSecret, readSecret, UnsafeSecret } from './secret-file.js';

const KEY_BYTES = 32;

/**
 * The key that wraps every person's key: 32 bytes in base64, from the environment (`env`), else from the file
 * that the environment names (`file`), else from `<dataDir>/master.key`, made on first start. Throws
 * `UnsafeSecret` where it is not such a key, is not there, or others can read it.
 */
export async function loadMasterKey(from: {
  env?: string | undefined;
  file?: string | undefined;
  dataDir: string;
}): Promise<Buffer> {
  if (from.env) return parseKey(from.env, 'KOSH_MASTER_KEY');
  if (from.file) return namedKey(from.file);
  const path = join(from.dataDir, 'master.key');
  const secret = await readOrMakeSecret(path, () =>
    Buffer.from(`${randomBytes(KEY_BYTES).toString('base64')}\n`),
  );
  return parseKey(secret.toString(), path);
}

async function namedKey(file: string): Promise<Buffer> {
  const secret = await readSecret(file).catch((cause: unknown) => {
    if (cause instanceof UnsafeSecret) throw new UnsafeSecret(`KOSH_MASTER_KEY_FILE: ${cause.message}`);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnsafeSecret(`KOSH_MASTER_KEY_FILE names ${file}, which cannot be read (${why}).`, { cause });
  });
  return parseKey(secret.toString(), `KOSH_MASTER_KEY_FILE (${file})`);
}

function parseKey(text: string, where: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text.trim()) {
    throw new UnsafeSecret(`${where} is not 32 bytes in base64. Make a key with: openssl rand -base64 32`);
  }
  return key;
}
