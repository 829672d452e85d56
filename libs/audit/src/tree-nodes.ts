import type pg from 'pg';
import { leaf, readPage } from '#event-store';
import { type Checkpoint, Tree } from './offline/verify-offline.js';
import { joined, type Range, type Subtree, subtreesOf } from './proof-paths.js';

type Db = pg.Pool | pg.PoolClient;

/** Nodes from this level on are kept; what is below is computed from at most 16 rows. */
export const KEPT_FROM = 4;
const BLOCK = 2 ** KEPT_FROM;

/** An inner node of the tree over the log: the root of 2^level events. */
export type Node = Subtree & Readonly<{ hash: Buffer }>;

/** Keeps nodes; one that is kept already is overwritten. */
export async function keepNodes(db: Db, nodes: readonly Node[]): Promise<void> {
  if (nodes.length === 0) return;
  await db.query({
    name: 'keep-nodes',
    text: `insert into audit.nodes (level, index, hash)
             select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])
           on conflict (level, index) do update set hash = excluded.hash where nodes.hash <> excluded.hash`,
    values: [nodes.map(({ level }) => level), nodes.map(({ index }) => index), nodes.map(({ hash }) => hash)],
  });
}

/**
 * The root over each range, by O(log n) reads. Undefined where a node or a row is missing. Nothing here is proven:
 * whoever asks checks it under a signed root.
 */
export async function rangeHashes(db: Db, ranges: readonly Range[]): Promise<readonly Buffer[] | undefined> {
  const parts = ranges.map(subtreesOf);
  const hashes = await subtreeHashes(db, parts.flat());
  const joinedParts: Buffer[] = [];
  for (const part of parts) {
    const of = part.flatMap((subtree) => hashes.get(nameOf(subtree)) ?? []);
    if (of.length !== part.length) return undefined;
    joinedParts.push(joined(of));
  }
  return joinedParts;
}

/** The tree at a checkpoint, from kept nodes; undefined where they do not give its signed root. */
export async function treeAt(db: Db, { size, root }: Checkpoint): Promise<Tree | undefined> {
  const subtrees = subtreesOf([0, size]);
  const hashes = await subtreeHashes(db, subtrees);
  const found = subtrees.flatMap((subtree) => hashes.get(nameOf(subtree)) ?? []);
  if (found.length !== subtrees.length) return undefined;
  const tree = Tree.of(size, found);
  return tree.root().equals(root) ? tree : undefined;
}

async function subtreeHashes(db: Db, subtrees: readonly Subtree[]): Promise<ReadonlyMap<string, Buffer>> {
  const kept = subtrees.filter(({ level }) => level >= KEPT_FROM);
  const hashes = await keptHashes(db, kept);
  const low = subtrees.filter(({ level }) => level < KEPT_FROM);
  const blocks = new Set(low.map(({ level, index }) => Math.floor((index * 2 ** level) / BLOCK)));
  for (const block of blocks) {
    for (const [name, hash] of await hashesOfBlock(db, block)) hashes.set(name, hash);
  }
  return hashes;
}

async function keptHashes(db: Db, nodes: readonly Subtree[]): Promise<Map<string, Buffer>> {
  if (nodes.length === 0) return new Map();
  const { rows } = await db.query<{ level: number; index: string; hash: Buffer }>({
    name: 'kept-nodes',
    text: `select level, index, hash from audit.nodes
             join unnest($1::smallint[], $2::bigint[]) as wanted (level, index) using (level, index)`,
    values: [nodes.map(({ level }) => level), nodes.map(({ index }) => index)],
  });
  return new Map(rows.map(({ level, index, hash }) => [nameOf({ level, index: Number(index) }), hash]));
}

/** Leaves and nodes within one block of 16 rows. */
async function hashesOfBlock(db: Db, block: number): Promise<ReadonlyMap<string, Buffer>> {
  const hashes = new Map<string, Buffer>();
  const tree = new Tree();
  const found = (level: number, index: number, hash: Buffer) =>
    hashes.set(nameOf({ level, index: block * 2 ** (KEPT_FROM - level) + index }), hash);
  for (const row of await readPage(db, block * BLOCK, BLOCK)) {
    if (row.position !== block * BLOCK + tree.size + 1) break;
    const rowLeaf = leaf(row);
    found(0, tree.size, rowLeaf);
    tree.add(rowLeaf, found);
  }
  return hashes;
}

function nameOf({ level, index }: Subtree): string {
  return `${level}/${index}`;
}
