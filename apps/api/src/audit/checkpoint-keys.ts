import { Injectable } from '@nestjs/common';
import { parseKeys, type PublicKey, readKeys, checkpointsIn, type VerifyOptions } from '#audit';
import { Problem } from '../problem.js';
import { Settings } from '../settings.js';

/**
 * The public keys of who signs the log. They come from the settings or from the folder of checkpoints, never from the
 * database: whoever rewrites the log could name a key of his own there.
 */
@Injectable()
export class CheckpointKeys {
  constructor(private readonly settings: Settings) {}

  /** The present one last. Throws `not-found` where this process knows none. */
  async read(): Promise<readonly PublicKey[]> {
    const text = await this.text();
    if (text !== undefined) return parseKeys(text);
    const { folder } = this.settings.checkpoints;
    throw new Problem(
      'not-found',
      `No key is known here: nothing was signed yet, or neither KOSH_CHECKPOINT_PUBLIC_KEY nor ${folder} has it.`,
    );
  }

  /** The checkpoints that this process can read, with the keys; undefined where it has none. */
  async folder(): Promise<VerifyOptions['checkpoints']> {
    const text = await this.text();
    const { folder } = this.settings.checkpoints;
    if (text === undefined || (await checkpointsIn(folder)).length === 0) return undefined;
    return { folder, keys: parseKeys(text) };
  }

  private async text(): Promise<string | undefined> {
    const { publicKeys, folder } = this.settings.checkpoints;
    return publicKeys ?? (await readKeys(folder));
  }
}
