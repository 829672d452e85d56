import { nodeOf } from './offline/verify-offline.js';

/** Leaves from one index (counted from 0) up to another that is not among them. */
export type Range = readonly [from: number, to: number];

/** The root of 2^level leaves, the index-th such. Complete for ever once its last leaf is there. */
export type Subtree = Readonly<{ level: number; index: number }>;

/** The subtrees that the path of a leaf names, from the leaf up (RFC 6962 §2.1.1). 0 ≤ index < size. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  return ranges.toReversed();
}

/** The subtrees of the proof that `size` leaves begin with `first` of them (RFC 6962 §2.1.2). 1 ≤ first ≤ size. */
export function consistencyRanges(first: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to !== first) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      ranges.push([middle, to]);
      to = middle;
    } else {
      ranges.push([from, middle]);
      from = middle;
    }
  }
  // The older root itself, where it is a subtree of the newer tree, need not be told.
  if (from > 0) ranges.push([from, to]);
  return ranges.toReversed();
}

/** The perfect subtrees that make up a range, the largest first: one for each 1 in the binary digits of its length. */
export function subtreesOf([from, to]: Range): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to;) {
    let [level, width] = [0, 1];
    while (width * 2 <= to - at) [level, width] = [level + 1, width * 2];
    subtrees.push({ level, index: at / width });
    at += width;
  }
  return subtrees;
}

/** The root over subtrees of which each is smaller than the one before. */
export function joined(subtrees: readonly Buffer[]): Buffer {
  return subtrees.reduceRight((right, left) => nodeOf(left, right));
}

/** The largest power of two below a number of leaves. */
function splitOf(leaves: number): number {
  let width = 1;
  while (width * 2 < leaves) width *= 2;
  return width;
}
