import { checkpointsIn, readNote, writeCheckpoint } from './checkpoint-files.js';
import {
  type Checkpoint,
  checkpointFile,
  type CheckpointName,
  type Epoch,
  isShared,
  NotProven,
  openCheckpoint,
  type PublicKey,
} from './offline/verify-offline.js';
import type { Records } from './records.js';

/** Checkpoints looked at together. */
const PAGE = 1_000;

export type BothPlaces = Readonly<{
  folder: string;
  records: Records;
  keys: readonly PublicKey[];
  /** That of the log. The folder keeps the checkpoints of all it had; the database those that this one shares. */
  history: Epoch;
  /** Told of each checkpoint that one of the two places lacked, and that was put there from the other. */
  onRestored: (size: number, where: 'folder' | 'database') => void;
}>;

/**
 * Makes the folder and the copies in the database hold the same checkpoints, and answers the last of them. A crash, a
 * lost folder or a restored database may have left them apart. Throws `NotProven` where one of them has something that
 * none of the keys has signed and the other lacks: of the database only what is signed is believed.
 */
export async function lastOfBothPlaces(places: BothPlaces): Promise<Checkpoint | undefined> {
  const { folder, records, history, onRestored } = places;
  await fillFolder(places);
  // Those that cannot be shared need not be opened.
  const names = (await checkpointsIn(folder)).filter((name) =>
    isShared({ ...name, sharedUpTo: null }, history),
  );
  for (let from = 0; from < names.length; from += PAGE) {
    const page = names.slice(from, from + PAGE);
    const copied = new Set(await records.known(page.map(({ size }) => size)));
    for (const name of page.filter(({ size }) => !copied.has(size))) {
      const { note, checkpoint } = await openedIn(places, name);
      if (!isShared(checkpoint, history)) continue;
      await records.signed(name.size, note);
      onRestored(name.size, 'database');
    }
  }
  for (const name of names.toReversed()) {
    const { checkpoint } = await openedIn(places, name);
    if (isShared(checkpoint, history)) return checkpoint;
  }
  return undefined;
}

/** Without their leaves, which the database does not have. */
async function fillFolder({ folder, records, keys, onRestored }: BothPlaces): Promise<void> {
  const there = new Set((await checkpointsIn(folder)).map(({ size, epoch }) => checkpointFile(size, epoch)));
  for (let after = 0; ;) {
    const page = await records.page(after, PAGE);
    for (const { size, note } of page) {
      const epoch = Number(/^kosh\/[^/\n]+\/(\d+)\n/.exec(note)?.[1] ?? 1);
      if (there.has(checkpointFile(size, epoch))) continue;
      const name = { size, epoch };
      mustBeOf(name, note, keys, `The database's copy of checkpoint ${size}`);
      await writeCheckpoint(folder, name, note);
      onRestored(size, 'folder');
    }
    const last = page.at(-1);
    if (!last) return;
    after = last.size;
  }
}

async function openedIn({ folder, keys }: BothPlaces, name: CheckpointName) {
  const note = (await readNote(folder, name.size, name.epoch)) ?? '';
  return { note, checkpoint: mustBeOf(name, note, keys, `Checkpoint ${name.size} in ${folder}`) };
}

function mustBeOf(name: CheckpointName, note: string, keys: readonly PublicKey[], what: string): Checkpoint {
  try {
    const checkpoint = openCheckpoint(note, keys);
    if (checkpoint.size !== name.size || checkpoint.epoch !== name.epoch)
      throw new NotProven(`It is of size ${checkpoint.size}, epoch ${checkpoint.epoch}.`);
    return checkpoint;
  } catch (cause) {
    if (!(cause instanceof NotProven)) throw cause;
    throw new NotProven(`${what} is not signed by the key of this log. ${cause.message}`, { cause });
  }
}
