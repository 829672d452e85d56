import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isConsistent, nodeOf, rootByInclusion, Tree } from './offline/verify-offline.js';
import { consistencyRanges, inclusionRanges, joined, type Range, subtreesOf } from './proof-paths.js';

/** The leaves of Certificate Transparency's reference tree, and its roots after each of them. */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Facts of the public test vectors of transparency-dev/merkle (testdata/inclusion and testdata/consistency). */
const INCLUSIONS = [
  [0, 8, ['lqKW0iTyhcZ77pPDD4ow', 'Xwg/ChozygdqlSeYMlgN', 'a0eq8p7jwq+a+Im8H7kl']],
  [5, 8, ['vBoGQ7EuTS18d5GPROD0', 'yoVOoSjtBQtBs1/8G4e4', '037kGJdt2VdTwcc4Yrk5']],
  [2, 3, ['+sVCA+fMaWzw38tCySod']],
  [1, 5, ['bjQLnP+zepicpUTmu3gK', 'Xwg/ChozygdqlSeYMlgN', 'vBoGQ7EuTS18d5GPROD0']],
] as const;
const CONSISTENCIES = [
  [1, 8, ['lqKW0iTyhcZ77pPDD4ow', 'Xwg/ChozygdqlSeYMlgN', 'a0eq8p7jwq+a+Im8H7kl']],
  [6, 8, ['DrxdNDf74tsVi58Sah0R', 'yoVOoSjtBQtBs1/8G4e4', '037kGJdt2VdTwcc4Yrk5']],
  [2, 5, ['Xwg/ChozygdqlSeYMlgN', 'vBoGQ7EuTS18d5GPROD0']],
  [6, 7, ['DrxdNDf74tsVi58Sah0R', 'sIaT7C5yFZcTBkHoIR5+', '037kGJdt2VdTwcc4Yrk5']],
] as const;

const REFERENCE = ENTRIES.map((entry) => sha256(Buffer.from(`00${entry}`, 'hex')));

describe('the tree over the log', () => {
  it('is the one of RFC 6962', () => {
    const tree = new Tree();
    expect(tree.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const roots = REFERENCE.map((leaf) => {
      tree.add(leaf);
      return tree.root().toString('hex');
    });
    expect(roots).toEqual(ROOTS);
  });

  it('grows to the root that its definition gives, at every size', () => {
    const leaves = invented(300);
    const tree = new Tree();
    leaves.forEach((leaf, i) => {
      tree.add(leaf);
      expect(tree.root()).toEqual(defined(leaves.slice(0, i + 1)));
    });
  });

  it('tells each inner node once, when it is complete', () => {
    const leaves = invented(77);
    const tree = new Tree();
    const told = new Map<string, Buffer>();
    for (const leaf of leaves) tree.add(leaf, (level, index, node) => told.set(`${level}/${index}`, node));
    const expected = [1, 2, 3, 4, 5, 6].flatMap((level) =>
      Array.from({ length: Math.floor(77 / 2 ** level) }, (_, index) => {
        const from = index * 2 ** level;
        return [`${level}/${index}`, defined(leaves.slice(from, from + 2 ** level))] as const;
      }),
    );
    expect(told).toEqual(new Map(expected));
  });

  it('goes on from its subtrees as if it had never stopped', () => {
    const leaves = invented(100);
    const tree = new Tree();
    for (const leaf of leaves.slice(0, 37)) tree.add(leaf);
    const other = Tree.of(37, hashesOf(leaves, [0, 37]));
    expect(other.root()).toEqual(tree.root());
    for (const leaf of leaves.slice(37)) other.add(leaf);
    expect(other.root()).toEqual(defined(leaves));
  });
});

describe('an audit path', () => {
  it.each(INCLUSIONS)('of leaf %i under %i is the one of the public vectors', (index, size, begins) => {
    const path = inclusion(REFERENCE, index, size);
    expect(path.map((hash) => hash.toString('base64').slice(0, 20))).toEqual(begins);
    expect(rootByInclusion(index, size, leafAt(REFERENCE, index), path)?.toString('hex')).toBe(
      ROOTS[size - 1],
    );
  });

  it('leads to the root from every leaf of every size up to 70', () => {
    const leaves = invented(70);
    for (let size = 1; size <= 70; size += 1) {
      const root = defined(leaves.slice(0, size));
      for (let index = 0; index < size; index += 1) {
        const path = inclusion(leaves, index, size);
        expect(rootByInclusion(index, size, leafAt(leaves, index), path)).toEqual(root);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      }
    }
  });

  it('leads nowhere else: of another leaf, place, size or path there is no way to the root', () => {
    fc.assert(
      fc.property(proofs, fc.infiniteStream(fc.nat()), ({ leaves, index }, chances) => {
        const [size, path, leaf] = [
          leaves.length,
          inclusion(leaves, index, leaves.length),
          leafAt(leaves, index),
        ];
        const root = defined(leaves);
        const chance = (below: number) => chances.next().value % below;
        const leads = (i: number, n: number, from: Buffer, by: readonly Buffer[]) =>
          rootByInclusion(i, n, from, by)?.equals(root) ?? false;
        expect(leads(index, size, leaf, path)).toBe(true);
        expect(leads(index, size, flipped(leaf, chance), path)).toBe(false);
        for (const other of others(index, size)) expect(leads(other, size, leaf, path)).toBe(false);
        for (const wrong of mangled(path, root, chance)) expect(leads(index, size, leaf, wrong)).toBe(false);
        // Half the size has a path of another length; so has twice the size.
        expect(leads(index, size * 2, leaf, path)).toBe(false);
        expect(size > 1 && leads(Math.floor(index / 2), Math.floor(size / 2), leaf, path)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [-1, 4],
    [4, 4],
    [0, 0],
    [0.5, 4],
    [0, Number.NaN],
    [0, 2 ** 60],
  ])('of leaf %d under %d is none', (index, size) => {
    expect(rootByInclusion(index, size, Buffer.alloc(32), [])).toBeUndefined();
  });

  it('is short for a log of any length', () => {
    const size = 9_000_000_000_000_001;
    const ranges = inclusionRanges(4_500_000_000_000_000, size);
    expect(ranges.length).toBeLessThanOrEqual(53);
    const lengths = ranges.map(([from, to]) => to - from);
    expect(lengths.reduce((sum, length) => sum + length, 1)).toBe(size);
    const path = lengths.map((length) => sha256(Buffer.from(String(length))));
    expect(rootByInclusion(4_500_000_000_000_000, size, Buffer.alloc(32), path)).toBeDefined();
  });
});

describe('a proof of consistency', () => {
  it.each(CONSISTENCIES)('from %i to %i is the one of the public vectors', (from, to, begins) => {
    const path = consistency(REFERENCE, from, to);
    expect(path.map((hash) => hash.toString('base64').slice(0, 20))).toEqual(begins);
    const at = (size: number) => ({ size, root: Buffer.from(ROOTS[size - 1] ?? '', 'hex') });
    expect(isConsistent(at(from), at(to), path)).toBe(true);
  });

  it('holds between all sizes up to 70', () => {
    const leaves = invented(70);
    const at = (size: number) => ({ size, root: defined(leaves.slice(0, size)) });
    for (let to = 1; to <= 70; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const path = consistency(leaves, from, to);
        expect(isConsistent(at(from), at(to), path)).toBe(true);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(to)) + 1);
      }
    }
  });

  it('does not hold for another past, another present, other sizes or another path', () => {
    fc.assert(
      fc.property(proofs, fc.infiniteStream(fc.nat()), ({ leaves, index }, chances) => {
        const [from, to] = [index + 1, leaves.length];
        const path = consistency(leaves, from, to);
        const [first, second] = [defined(leaves.slice(0, from)), defined(leaves)];
        const chance = (below: number) => chances.next().value % below;
        const holds = (a: number, rootA: Buffer, b: number, rootB: Buffer, by: readonly Buffer[]) =>
          isConsistent({ size: a, root: rootA }, { size: b, root: rootB }, by);
        expect(holds(from, first, to, second, path)).toBe(true);
        expect(holds(from, flipped(first, chance), to, second, path)).toBe(false);
        expect(holds(from, first, to, flipped(second, chance), path)).toBe(false);
        expect(holds(to + 1, first, to, second, path)).toBe(false);
        expect(holds(0, first, to, second, path)).toBe(false);
        const grown = from < to;
        expect(grown && holds(from, second, to, first, path)).toBe(false);
        expect(grown && holds(from, first, to, second, [])).toBe(false);
        for (const wrong of mangled(path, second, chance)) {
          expect(holds(from, first, to, second, wrong)).toBe(false);
        }
        // A past of which one event was other.
        const rewritten = leaves.with(chance(from), sha256(Buffer.from('rewritten')));
        expect(holds(from, first, to, defined(rewritten), consistency(rewritten, from, to))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const proofs = fc
  .integer({ min: 1, max: 130 })
  .chain((size) => fc.record({ leaves: fc.constant(invented(size)), index: fc.nat(size - 1) }));

/** Everything that the public vectors do to a path: bits, order, additions at both ends, omissions. */
function mangled(path: readonly Buffer[], root: Buffer, chance: (below: number) => number): Buffer[][] {
  const at = path.length === 0 ? 0 : chance(path.length);
  const garbage = sha256(Buffer.from('garbage'));
  return [
    [...path, garbage],
    [garbage, ...path],
    [...path, root],
    [root, ...path],
    ...(path.length > 0
      ? [
          path.slice(0, -1),
          path.slice(1),
          path.with(at, flipped(path[at] ?? garbage, chance)),
          path.toSpliced(at, 0, garbage),
          path.with(at, Buffer.alloc(32)),
        ]
      : []),
    ...(path.length > 1 ? [path.toReversed()] : []),
  ];
}

function others(index: number, size: number): number[] {
  return [index + 1, index - 1, index ^ 2, size].filter((other) => other !== index);
}

function flipped(hash: Buffer, chance: (below: number) => number): Buffer {
  const other = Buffer.from(hash);
  const bit = chance(256);
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return other;
}

function inclusion(leaves: readonly Buffer[], index: number, size: number): Buffer[] {
  return inclusionRanges(index, size).map((range) => joined(hashesOf(leaves, range)));
}

function consistency(leaves: readonly Buffer[], from: number, to: number): Buffer[] {
  return consistencyRanges(from, to).map((range) => joined(hashesOf(leaves, range)));
}

function hashesOf(leaves: readonly Buffer[], range: Range): Buffer[] {
  return subtreesOf(range).map(({ level, index }) =>
    defined(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
}

/** MTH of RFC 6962 §2.1, as it stands there. */
function defined(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first && leaves.length === 1) return first;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeOf(defined(leaves.slice(0, k)), defined(leaves.slice(k)));
}

function invented(size: number): Buffer[] {
  return Array.from({ length: size }, (_, i) => sha256(Buffer.from(`leaf ${i}`)));
}

function leafAt(leaves: readonly Buffer[], index: number): Buffer {
  return leaves[index] ?? Buffer.alloc(0);
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}
