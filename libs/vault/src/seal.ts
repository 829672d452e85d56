import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Asking the system costs as much as sealing, so it is asked for many nonces at once; each is used once. */
const POOL = Buffer.alloc(NONCE_BYTES * 128);
let used = POOL.length;

function freshNonce(): Buffer {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += NONCE_BYTES;
  return POOL.subarray(used - NONCE_BYTES, used);
}

/**
 * AES-256-GCM under a random nonce: nonce (12 bytes), ciphertext, tag (16 bytes). `owner` is authenticated
 * beside it: bytes moved to another owner do not open.
 */
export function encrypt(key: Buffer, owner: string, plaintext: Buffer): Buffer {
  const nonce = freshNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where the key, the owner or one bit of the bytes is another than at sealing. */
export function decrypt(key: Buffer, owner: string, bytes: Buffer): Buffer {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}
