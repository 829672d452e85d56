import { type KeyPlaces, loadKey } from './key-file.js';

/** The key that wraps every person's key: 32 bytes. Throws `UnsafeSecret`, as `loadKey` does. */
export async function loadMasterKey(from: KeyPlaces): Promise<Buffer> {
  return loadKey(from, 'KOSH_MASTER_KEY', 'master.key');
}
