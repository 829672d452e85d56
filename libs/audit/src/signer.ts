import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Checkpoint, keyIdOf } from './offline/verify-offline.js';

/** PKCS #8 of an Ed25519 key up to the 32 bytes of the key itself (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519 = Buffer.of(0x01);

/** Signs what a log was, under the log's own name: `kosh/<log id>`. */
export class Signer {
  /** The public key, as a signed note has it: `<name>+<id>+<type and key>`. */
  readonly vkey: string;
  private readonly key: KeyObject;
  private readonly id: Buffer;

  /** `seed` is the private key of RFC 8032: 32 bytes. */
  constructor(
    seed: Buffer,
    readonly name: string,
  ) {
    if (seed.length !== 32) throw new RangeError('A signing key has 32 bytes.');
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
    const { x = '' } = createPublicKey(this.key).export({ format: 'jwk' });
    const typed = Buffer.concat([ED25519, Buffer.from(x, 'base64url')]);
    const id = keyIdOf(name, typed);
    this.id = Buffer.from(id, 'hex');
    this.vkey = `${name}+${id}+${typed.toString('base64')}`;
  }

  /** The checkpoint as a signed note. The same checkpoint is always the same bytes. */
  note({ origin, size, root, head, recordedAt, sharedUpTo }: Checkpoint): string {
    const lines = [
      origin,
      size,
      root.toString('base64'),
      `head ${head.toString('hex')}`,
      `recorded ${recordedAt}`,
      ...(sharedUpTo === null ? [] : [`shared ${sharedUpTo}`]),
    ];
    return this.signed(`${lines.join('\n')}\n`);
  }

  /** `text` ends with a newline. */
  private signed(text: string): string {
    const signature = Buffer.concat([this.id, sign(null, Buffer.from(text), this.key)]);
    return `${text}\n— ${this.name} ${signature.toString('base64')}\n`;
  }
}
