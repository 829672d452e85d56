import { type KeyPlaces, loadKey } from './key-file.js';

/** The key that signs what the log is: an Ed25519 private key, 32 bytes. Throws `UnsafeSecret`, as `loadKey` does. */
export async function loadCheckpointKey(from: KeyPlaces): Promise<Buffer> {
  return loadKey(from, 'KOSH_CHECKPOINT_KEY', 'checkpoint.key');
}
