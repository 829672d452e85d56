import { readNote, sizesIn, writeCheckpoint } from './checkpoint-files.js';
import { type Checkpoint, NotProven, openCheckpoint, type PublicKey } from './offline/verify-offline.js';
import type { Records } from './records.js';

/** Checkpoints looked at together. */
const PAGE = 1_000;

/** Told of each checkpoint that one of the two places lacked, and that was put there from the other. */
export type OnRestored = (size: number, where: 'folder' | 'database') => void;

/**
 * Makes the folder and the copies in the database hold the same checkpoints, and answers the last of them. A crash, a
 * lost folder or a restored database may have left them apart. Throws `NotProven` where one of them has something that
 * none of the keys has signed and the other lacks: of the database only what is signed is believed.
 */
export async function lastOfBothPlaces(
  folder: string,
  records: Records,
  keys: readonly PublicKey[],
  onRestored: OnRestored,
): Promise<Checkpoint | undefined> {
  await fillFolder(folder, records, keys, onRestored);
  const sizes = await sizesIn(folder);
  for (let from = 0; from < sizes.length; from += PAGE) {
    const page = sizes.slice(from, from + PAGE);
    const copied = new Set(await records.known(page));
    for (const size of page.filter((one) => !copied.has(one))) {
      await records.signed(size, (await openedIn(folder, size, keys)).note);
      onRestored(size, 'database');
    }
  }
  const last = sizes.at(-1);
  return last === undefined ? undefined : (await openedIn(folder, last, keys)).checkpoint;
}

/** Without their leaves, which the database does not have. */
async function fillFolder(
  folder: string,
  records: Records,
  keys: readonly PublicKey[],
  onRestored: OnRestored,
): Promise<void> {
  const there = new Set(await sizesIn(folder));
  for (let after = 0; ;) {
    const page = await records.page(after, PAGE);
    for (const { size, note } of page.filter((copy) => !there.has(copy.size))) {
      mustBeOf(size, note, keys, `The database's copy of checkpoint ${size}`);
      await writeCheckpoint(folder, size, note);
      onRestored(size, 'folder');
    }
    const last = page.at(-1);
    if (!last) return;
    after = last.size;
  }
}

async function openedIn(folder: string, size: number, keys: readonly PublicKey[]) {
  const note = (await readNote(folder, size)) ?? '';
  return { note, checkpoint: mustBeOf(size, note, keys, `Checkpoint ${size} in ${folder}`) };
}

function mustBeOf(size: number, note: string, keys: readonly PublicKey[], what: string): Checkpoint {
  try {
    const checkpoint = openCheckpoint(note, keys);
    if (checkpoint.size !== size) throw new NotProven(`It is of size ${checkpoint.size}.`);
    return checkpoint;
  } catch (cause) {
    if (!(cause instanceof NotProven)) throw cause;
    throw new NotProven(`${what} is not signed by the key of this log. ${cause.message}`, { cause });
  }
}
