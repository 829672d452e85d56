#!/usr/bin/env node
/* oxlint-disable max-lines -- One file on purpose: whoever does not trust this system can read the whole of what
   he runs, copy it elsewhere and run it there. */

/*
 * Verifies a dump of the log, a receipt or a proof, against signed checkpoints:
 *
 *   node verify-offline.mjs dump.ndjson --checkpoints <folder> --key <file>
 *
 * Needs no database, no package and no other part of Kosh, and shares no line with what writes the log. Copied
 * elsewhere it is called .mjs. What it reads is described in docs/proof-format.md.
 */
import { createPublicKey, hash, type KeyObject, verify as verifySignature } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** An event as a line of the dump has it. `body` and `meta` are the texts that were hashed. */
export type DumpRow = Readonly<{
  position: number;
  stream: string;
  version: number;
  type: string;
  schemaVersion: number;
  occurredOn: string | null;
  recordedAt: string;
  body: string;
  meta: string;
  /** In hex. */
  sealed: string | null;
  /** The chain hash, in hex. */
  hash: string;
}>;

/** The first place where the log is not what was once recorded. */
export type FirstBad = Readonly<{
  position: number;
  /** Where only a range is known: the last of the positions of which `position` is the first. */
  upTo?: number;
  what:
    | 'format'
    | 'unreadable'
    | 'position'
    | 'version'
    | 'recorded-at'
    | 'hash'
    | 'leaf'
    | 'root'
    | 'head'
    | 'sealed';
  expected: string;
  found: string;
}>;

/** What stands before position 1 in the chain. */
export const GENESIS: Buffer = Buffer.alloc(32);

const HASH_BYTES = 32;

/** SHA-256 of 0x00 and of each field with its length before it: the leaf of an event in the tree. */
export function leafOf(row: DumpRow): Buffer {
  const texts = [
    String(row.position),
    row.stream,
    String(row.version),
    row.type,
    String(row.schemaVersion),
    row.occurredOn,
    row.recordedAt,
    row.body,
    row.meta,
    row.sealed,
  ];
  let end = 1; // Behind the 0x00, which nothing overwrites.
  for (const text of texts) {
    const bytesMax = 4 + 3 * (text?.length ?? 0);
    if (end + bytesMax > fields.length)
      fields = Buffer.concat([fields, Buffer.alloc(fields.length + bytesMax)]);
    const length = text === null ? 0 : fields.write(text, end + 4);
    end = fields.writeUInt32BE(text === null ? 0xffffffff : length, end) + length;
  }
  return sha256(fields.subarray(0, end));
}

/** Hot: one buffer serves all calls, and grows where an event is larger than those before. */
let fields = Buffer.alloc(1 << 17);

/** SHA-256(0x03 ‖ the hash before ‖ leaf). */
export function chainOf(previous: Buffer, leaf: Buffer): Buffer {
  return hashOfTwo(0x03, previous, leaf);
}

/** SHA-256(0x01 ‖ left ‖ right), an inner node of RFC 6962. */
export function nodeOf(left: Buffer, right: Buffer): Buffer {
  return hashOfTwo(0x01, left, right);
}

const two = Buffer.alloc(1 + 2 * HASH_BYTES);

/** Hot: one buffer serves all calls, so both must be of 32 bytes. */
function hashOfTwo(prefix: number, first: Buffer, second: Buffer): Buffer {
  if (first.length !== HASH_BYTES || second.length !== HASH_BYTES)
    throw new RangeError('A hash has 32 bytes.');
  two[0] = prefix;
  first.copy(two, 1);
  second.copy(two, 1 + HASH_BYTES);
  return sha256(two);
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The Merkle tree of RFC 6962 while it grows: the roots of its perfect subtrees, the largest first. */
export class Tree {
  size = 0;
  readonly subtrees: Buffer[] = [];

  /** A tree of this size with these subtrees, one for each 1 in the size's binary digits. */
  static of(size: number, subtrees: readonly Buffer[]): Tree {
    const tree = new Tree();
    tree.size = size;
    tree.subtrees.push(...subtrees);
    return tree;
  }

  /** `onNode` is told each inner node that is complete now: the root of 2^level leaves, the index-th of them. */
  add(leaf: Buffer, onNode?: (level: number, index: number, hash: Buffer) => void): void {
    let [node, level] = [leaf, 0];
    for (let index = this.size; index % 2 === 1;) {
      [node, index, level] = [nodeOf(this.subtrees.pop() ?? GENESIS, node), Math.floor(index / 2), level + 1];
      onNode?.(level, index, node);
    }
    this.subtrees.push(node);
    this.size += 1;
  }

  root(): Buffer {
    const last = this.subtrees.at(-1) ?? sha256(Buffer.alloc(0));
    return this.subtrees.slice(0, -1).reduceRight((right, left) => nodeOf(left, right), last);
  }
}

/**
 * The root that an audit path leads to (RFC 9162 §2.1.3.2); undefined where the path has not the length that the
 * size asks for. `index` counts from 0: the leaf of position p is at index p - 1.
 */
export function rootByInclusion(
  index: number,
  size: number,
  leaf: Buffer,
  path: readonly Buffer[],
): Buffer | undefined {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size)
    return undefined;
  let [at, last, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = nodeOf(sibling, root);
      for (; at % 2 === 0 && at > 0; at /= 2) last = Math.floor(last / 2);
    } else {
      root = nodeOf(root, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}

/** Whether the tree of `to` events begins with that of `from` events (RFC 9162 §2.1.4.2). 1 ≤ from ≤ to. */
export function isConsistent(
  from: Readonly<{ size: number; root: Buffer }>,
  to: Readonly<{ size: number; root: Buffer }>,
  path: readonly Buffer[],
): boolean {
  if (![from.size, to.size].every(Number.isSafeInteger) || from.size < 1 || from.size > to.size) return false;
  if (from.size === to.size) return path.length === 0 && from.root.equals(to.root);
  let [at, last] = [from.size - 1, to.size - 1];
  for (; at % 2 === 1; at = Math.floor(at / 2)) last = Math.floor(last / 2);
  const [first, ...rest] = at === 0 ? [from.root, ...path] : path;
  if (!first) return false;
  let [old, now] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, now] = [nodeOf(sibling, old), nodeOf(sibling, now)];
      for (; at % 2 === 0 && at > 0; at /= 2) last = Math.floor(last / 2);
    } else {
      now = nodeOf(now, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && old.equals(from.root) && now.equals(to.root);
}

/** Not a key, or not a checkpoint that one of the keys has signed. The message says why. */
export class NotProven extends Error {
  override readonly name = 'NotProven';
}

/** A public key as a signed note has it (c2sp.org/signed-note): `<name>+<id in hex>+<type and key in base64>`. */
export type PublicKey = Readonly<{ vkey: string; name: string; id: string; key: KeyObject }>;

/** Which history of a log: it begins another one where it is put back from a backup. */
export type Epoch = Readonly<{
  /** 1 for the first; each one after it has a higher number. */
  epoch: number;
  /** Up to this position it is the first history; null where it is that one. */
  sharedUpTo: number | null;
}>;

/** What the log was, at one size, as its notary has signed it (c2sp.org/tlog-checkpoint). */
export type Checkpoint = Epoch &
  Readonly<{
    /** `kosh/<log id>`, and behind it `/<epoch>` from the second history on. */
    origin: string;
    size: number;
    /** Of the tree over the first `size` events. */
    root: Buffer;
    /** The chain hash of the last of them. */
    head: Buffer;
    /** When the last of them was recorded. */
    recordedAt: string;
  }>;

const ED25519 = 0x01;

/** One key a line, or with spaces between; a log whose key was changed has several. Throws `NotProven`. */
export function parseKeys(text: string): readonly PublicKey[] {
  const vkeys = text.split(/\s+/).filter((vkey) => vkey !== '');
  if (vkeys.length === 0) throw new NotProven('There is no key.');
  return vkeys.map(parseKey);
}

function parseKey(vkey: string): PublicKey {
  const [, name = '', id = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey) ?? [];
  const bytes = fromBase64(encoded);
  if (bytes?.length !== 1 + HASH_BYTES || bytes[0] !== ED25519) {
    throw new NotProven(`Not a public key of the form <name>+<id>+<Ed25519 key>: ${vkey.slice(0, 120)}`);
  }
  if (keyIdOf(name, bytes) !== id) throw new NotProven(`The id in this key is not its own: ${vkey}`);
  const x = bytes.subarray(1).toString('base64url');
  return { vkey, name, id, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
}

/** The first 4 bytes, in hex, of SHA-256(name ‖ 0x0A ‖ type ‖ key). `typed` is type and key. */
export function keyIdOf(name: string, typed: Buffer): string {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).toString('hex', 0, 4);
}

/** The text of a signed note and the name of the key that has signed it. Throws `NotProven`. */
export function openNote(note: string, keys: readonly PublicKey[]): { text: string; signedBy: string } {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n'))
    throw new NotProven('Not a signed note: text, an empty line, signatures.');
  const text = note.slice(0, end + 1);
  let signedBy: string | undefined;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    if (name === undefined || !bytes || bytes.length < 5)
      throw new NotProven('A line of signature is malformed.');
    const id = bytes.toString('hex', 0, 4);
    const known = keys.find((key) => key.name === name && key.id === id);
    if (!known) continue;
    if (!verifySignature(null, Buffer.from(text), known.key, bytes.subarray(4))) {
      throw new NotProven(`The signature of ${name} is wrong: the text is not what was signed.`);
    }
    signedBy = name;
  }
  if (signedBy === undefined) throw new NotProven('None of the keys has signed it.');
  return { text, signedBy };
}

/** Throws `NotProven` where none of the keys has signed it, or it is not a checkpoint of Kosh. */
export function openCheckpoint(note: string, keys: readonly PublicKey[]): Checkpoint {
  const { text, signedBy } = openNote(note, keys);
  const [origin = '', sizeText = '', rootText = '', headLine = '', recordedLine = '', ...more] =
    text.split('\n');
  const root = fromBase64(rootText);
  const [, head] = /^head ([0-9a-f]{64})$/.exec(headLine) ?? [];
  const [, recordedAt] = /^recorded (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/.exec(recordedLine) ?? [];
  const size = Number(sizeText);
  if (origin !== signedBy && !origin.startsWith(`${signedBy}/`))
    throw new NotProven(`The key of ${signedBy} has signed a checkpoint of another log.`);
  const history = historyIn(origin.slice(signedBy.length), more);
  if (!/^[1-9]\d{0,15}$/.test(sizeText) || root?.length !== HASH_BYTES || !head || !recordedAt || !history) {
    throw new NotProven('Signed, but not a checkpoint of Kosh: origin, size, root, head, recorded, shared.');
  }
  return { origin, size, root, head: Buffer.from(head, 'hex'), recordedAt, ...history };
}

/** What the origin names behind the log, and the lines behind the fifth. */
function historyIn(suffix: string, [line = '', ...more]: readonly string[]): Epoch | undefined {
  if (suffix === '' && line === '' && more.length === 0) return FIRST;
  const [, epoch] = /^\/([1-9]\d{0,15})$/.exec(suffix) ?? [];
  const [, shared] = /^shared (\d{1,16})$/.exec(line) ?? [];
  if (epoch === undefined || epoch === '1' || shared === undefined || more.join() !== '') return undefined;
  return { epoch: Number(epoch), sharedUpTo: Number(shared) };
}

const FIRST: Epoch = { epoch: 1, sharedUpTo: null };

/** Whether what was signed at this size, in its own history, is of another one as well. */
export function isShared(
  { size, epoch, sharedUpTo }: Epoch & Readonly<{ size: number }>,
  of: Epoch,
): boolean {
  return epoch === of.epoch || size <= Math.min(sharedUpTo ?? Infinity, of.sharedUpTo ?? Infinity);
}

/** Undefined where it is not base64 in its one form. */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** A file among the checkpoints that is not what it should be. Nothing was held against it. */
export type Fault = Readonly<{ file: string; reason: string }>;

export type Goal = Readonly<{
  checkpoint: Checkpoint;
  /** The leaves of the last events that it covers, 32 bytes each, as the notary saw them; perhaps forged. */
  leaves: Buffer | undefined;
  leavesFile: string;
}>;

export type FolderOptions = Readonly<{
  /** Checkpoints beyond it are left out. */
  until?: number | undefined;
  /** The history that the log goes on with; unless told, the latest that is signed. */
  history?: Epoch | undefined;
  /** One that is known of, and may not be signed yet: it counts where none that is later is signed. */
  noted?: Epoch | undefined;
}>;

/** A folder of checkpoints, one after the other. */
export class CheckpointFolder {
  readonly faults: Fault[] = [];
  /** The history whose checkpoints count; of others, those of before they parted. */
  readonly history: Epoch;
  /** Passed over: they are of a history that was given up. */
  voided = 0;
  private readonly names: readonly CheckpointName[];
  private readonly folder: string;
  private readonly keys: readonly PublicKey[];

  /** Throws `NotProven` where there is no checkpoint at all. */
  constructor(folder: string, keys: readonly PublicKey[], options: FolderOptions = {}) {
    this.folder = folder;
    this.keys = keys;
    const names = namesAmong(existsSync(folder) ? readdirSync(folder) : []);
    if (names.length === 0) throw new NotProven(`There is no checkpoint in ${folder}.`);
    const { until = Number.MAX_SAFE_INTEGER } = options;
    this.history = options.history ?? this.latestHistory(names, options.noted ?? FIRST);
    this.names = names.filter(({ size }) => size <= until);
  }

  /** The first one beyond a position that is signed as it should be, and of this history. */
  next(position: number): Goal | undefined {
    for (const name of this.names.slice(this.firstBeyond(position))) {
      try {
        const checkpoint = this.open(name);
        if (isShared(checkpoint, this.history)) {
          const leavesFile = join(this.folder, leavesFileOf(name.size, name.epoch));
          const wanted = (name.size - position) * HASH_BYTES;
          const there = statSync(leavesFile, { throwIfNoEntry: false })?.size === wanted;
          return { checkpoint, leaves: there ? readFileSync(leavesFile) : undefined, leavesFile };
        }
        this.voided += 1;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.faults.push({ file: checkpointFile(name.size, name.epoch), reason });
      }
    }
    return undefined;
  }

  private open(name: CheckpointName): Checkpoint {
    const checkpoint = openCheckpoint(
      readFileSync(join(this.folder, checkpointFile(name.size, name.epoch)), 'utf8'),
      this.keys,
    );
    const { size, epoch } = checkpoint;
    if (size !== name.size) throw new NotProven(`It is of size ${size}.`);
    if (epoch !== name.epoch) throw new NotProven(`It is of epoch ${epoch}.`);
    return checkpoint;
  }

  private latestHistory(names: readonly CheckpointName[], noted: Epoch): Epoch {
    for (const name of names.toSorted((a, b) => b.epoch - a.epoch)) {
      if (name.epoch < noted.epoch) break;
      try {
        const { epoch, sharedUpTo } = this.open(name);
        return { epoch, sharedUpTo };
      } catch {
        continue; // It is told of as a fault when its turn comes.
      }
    }
    return noted;
  }

  private firstBeyond(position: number): number {
    let [low, high] = [0, this.names.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.names[middle]?.size ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What the files of a checkpoint are called after. */
export type CheckpointName = Readonly<{ size: number; epoch: number }>;

/** The checkpoints among the files of a folder: by size, and of one size by epoch. */
export function namesAmong(files: readonly string[]): CheckpointName[] {
  return files
    .flatMap((file) => {
      const [, epoch = '1', size] = /^(?:(\d{16})-)?(\d{16})\.checkpoint$/.exec(file) ?? [];
      return size === undefined ? [] : [{ size: Number(size), epoch: Number(epoch) }];
    })
    .toSorted((a, b) => a.size - b.size || a.epoch - b.epoch);
}

export function checkpointFile(size: number, epoch = 1): string {
  return `${nameOf(size, epoch)}.checkpoint`;
}

export function leavesFileOf(size: number, epoch = 1): string {
  return `${nameOf(size, epoch)}.leaves`;
}

function nameOf(size: number, epoch: number): string {
  return epoch === 1 ? inDigits(size) : `${inDigits(epoch)}-${inDigits(size)}`;
}

export function inDigits(number: number): string {
  return String(number).padStart(16, '0');
}

/** What the check needs of an event beside its leaf. */
export type Entry = Readonly<{
  position: number;
  stream: string;
  version: number;
  recordedAt: string;
  hash: Buffer;
}>;

/** Where a check begins: after events that need no second look, since a checkpoint covers them. */
export type Start = Readonly<{ checkpoint: Checkpoint; tree: Tree }>;

/**
 * Walks a log in the order of its positions and holds each event against those before it and against the
 * checkpoints, if there are any. With the leaves beside a checkpoint it names the very position; the leaves prove
 * themselves, since they must give the signed root.
 */
export class LogCheck {
  /** Of the last good event. */
  position = 0;
  hash = GENESIS;
  /** The last event that a signature covers, and how many checkpoints agreed. */
  signedUpTo = 0;
  matched = 0;
  private signedHash = GENESIS;
  private recordedAt = '';
  private tree = new Tree();
  private readonly versions = new Map<string, number>();
  private readonly checkpoints: CheckpointFolder | undefined;
  private goal: Goal | undefined;
  /** The tree with the leaves of the goal, where these give its root. */
  private proven: Tree | undefined;

  constructor(checkpoints?: CheckpointFolder, start?: Start) {
    this.checkpoints = checkpoints;
    if (start) {
      this.position = this.signedUpTo = start.checkpoint.size;
      this.hash = this.signedHash = start.checkpoint.head;
      this.recordedAt = start.checkpoint.recordedAt;
      this.tree = start.tree;
    }
    this.aim();
  }

  /** For a check that begins later: the version of a stream there. */
  knows(stream: string, version: number): void {
    this.versions.set(stream, version);
  }

  /** What is wrong with the event that comes next; nothing, if it is good. */
  next(entry: Entry, leaf: Buffer): FirstBad | undefined {
    const position = this.position + 1;
    if (entry.position !== position) {
      return { position, what: 'position', expected: `${position}`, found: `${entry.position}` };
    }
    const version = (this.versions.get(entry.stream) ?? 0) + 1;
    if (entry.version !== version) {
      const of = (number: number) => `${entry.stream}/${number}`;
      return { position, what: 'version', expected: of(version), found: of(entry.version) };
    }
    if (entry.recordedAt < this.recordedAt) {
      const expected = `${this.recordedAt} or later`;
      return { position, what: 'recorded-at', expected, found: entry.recordedAt };
    }
    const chained = chainOf(this.hash, leaf);
    if (!entry.hash.equals(chained)) return { position, what: 'hash', ...shown(chained, entry.hash) };
    const signed = this.signedLeaf();
    if (signed && !signed.equals(leaf)) return { position, what: 'leaf', ...shown(signed, leaf) };

    this.position = position;
    this.hash = chained;
    this.recordedAt = entry.recordedAt;
    this.versions.set(entry.stream, version);
    if (!this.goal) return undefined;
    if (!signed) this.tree.add(leaf);
    return position === this.goal.checkpoint.size ? this.arrive(this.goal.checkpoint) : undefined;
  }

  /** What is wrong with a log that ends here. */
  end(): FirstBad | undefined {
    if (!this.goal) return undefined;
    const position = this.position + 1;
    const expected = `${position} to ${this.goal.checkpoint.size}, which are signed`;
    return { position, what: 'position', expected, found: 'the end of the log' };
  }

  /** What came of the checkpoints; null where there are none. */
  compared(): CheckpointsReport | null {
    if (!this.checkpoints) return null;
    const { history, voided, faults } = this.checkpoints;
    const { epoch, sharedUpTo } = history;
    return { epoch, sharedUpTo, matched: this.matched, signedUpTo: this.signedUpTo, voided, faults };
  }

  private signedLeaf(): Buffer | undefined {
    if (!this.proven || !this.goal?.leaves) return undefined;
    const at = (this.position - this.signedUpTo) * HASH_BYTES;
    return this.goal.leaves.subarray(at, at + HASH_BYTES);
  }

  private arrive({ root, head, size }: Checkpoint): FirstBad | undefined {
    const tree = this.proven ?? this.tree;
    if (!tree.root().equals(root)) return this.astray(size, 'root', shown(root, tree.root()));
    // The same leaves and another chain: only who signed both can have done that.
    if (!this.hash.equals(head)) return this.astray(size, 'head', shown(head, this.hash));
    this.tree = tree;
    this.signedUpTo = size;
    this.signedHash = head;
    this.matched += 1;
    this.aim();
    return undefined;
  }

  /** Somewhere since the last checkpoint that agreed, which is how far it is good. */
  private astray(
    upTo: number,
    what: 'root' | 'head',
    hashes: Pick<FirstBad, 'expected' | 'found'>,
  ): FirstBad {
    [this.position, this.hash] = [this.signedUpTo, this.signedHash];
    return { position: this.signedUpTo + 1, upTo, what, ...hashes };
  }

  /** Takes the next checkpoint for the goal. */
  private aim(): void {
    this.goal = this.checkpoints?.next(this.position);
    this.proven = undefined;
    if (!this.goal?.leaves) return;
    const tree = Tree.of(this.tree.size, this.tree.subtrees);
    for (let at = 0; at < this.goal.leaves.length; at += HASH_BYTES) {
      tree.add(this.goal.leaves.subarray(at, at + HASH_BYTES));
    }
    if (tree.root().equals(this.goal.checkpoint.root)) {
      this.proven = tree;
    } else {
      const reason = 'These leaves do not give the root of their checkpoint, so they were not used.';
      this.checkpoints?.faults.push({ file: basename(this.goal.leavesFile), reason });
    }
  }
}

function shown(expected: Buffer, found: Buffer): Pick<FirstBad, 'expected' | 'found'> {
  return { expected: expected.toString('hex'), found: found.toString('hex') };
}

/** What an API answers to a write, as far as it is checked. */
export type Receipt = Readonly<{ position: number; hash: string; recordedAt?: string }>;

export type OfflineOptions = Readonly<{
  /** Where the checkpoints are, and who may have signed them. Without: the chain alone is checked. */
  checkpoints?: string;
  keys?: readonly PublicKey[];
  /** The dump was made when the log was so long: later checkpoints are left out. */
  until?: number;
  receipt?: Receipt;
  /** Bytes of the dump. */
  onProgress?: (done: number, total: number) => void;
}>;

/** How many checkpoints agreed, and up to which event. */
export type CheckpointsReport = Epoch &
  Readonly<{
    matched: number;
    signedUpTo: number;
    /** Not compared: what they cover beyond `sharedUpTo` was given up when the log was put back. */
    voided: number;
    /** What is wrong with others. */
    faults: readonly Fault[];
  }>;

export type OfflineReport = Readonly<{
  ok: boolean;
  /** Events found good, from position 1 on. */
  events: number;
  /** The chain hash of the last good event, in hex. */
  headHash: string;
  firstBad?: FirstBad;
  /** Null where none were given. */
  checkpoints: CheckpointsReport | null;
  /** Whether the receipt is of this log: `signed` if a checkpoint covers it, too. */
  receipt?: Readonly<{ ok: boolean; signed: boolean; detail: string }>;
  seconds: number;
}>;

/** Reads a dump to its end, or to the first position that is wrong. Throws `NotProven` without any checkpoint. */
export async function verifyDump(file: string, options: OfflineOptions = {}): Promise<OfflineReport> {
  const { keys = [], until, receipt } = options;
  const startedAt = performance.now();
  const checkpoints =
    options.checkpoints === undefined
      ? undefined
      : new CheckpointFolder(options.checkpoints, keys, { until });
  const check = new LogCheck(checkpoints);
  let receipted: DumpRow | undefined;
  const firstBadOf = (lines: readonly Buffer[]): FirstBad | undefined => {
    for (const line of lines) {
      const row = rowOf(line);
      if (typeof row === 'string') {
        const position = check.position + 1;
        return { position, what: 'format', expected: 'a line of the dump', found: row };
      }
      const bad = check.next({ ...row, hash: Buffer.from(row.hash, 'hex') }, leafOf(row));
      if (bad) return bad;
      if (row.position === receipt?.position) receipted = row;
    }
    return undefined;
  };
  let firstBad: FirstBad | undefined;
  for await (const lines of linesOf(file, options.onProgress)) {
    firstBad = firstBadOf(lines);
    if (firstBad) break;
  }
  firstBad ??= check.end();
  const held = receipt && receiptIn(receipt, receipted, check);
  return {
    ok: !firstBad && (checkpoints?.faults.length ?? 0) === 0 && held?.ok !== false,
    events: check.position,
    headHash: check.hash.toString('hex'),
    ...(firstBad && { firstBad }),
    checkpoints: check.compared(),
    ...(held && { receipt: held }),
    seconds: Math.round(performance.now() - startedAt) / 1_000,
  };
}

function receiptIn(receipt: Receipt, row: DumpRow | undefined, check: LogCheck) {
  const signed = receipt.position <= check.signedUpTo;
  if (!row)
    return { ok: false, signed, detail: `No good event at position ${receipt.position} in this log.` };
  if (row.hash !== receipt.hash || (receipt.recordedAt ?? row.recordedAt) !== row.recordedAt) {
    const detail = `Position ${row.position} has hash ${row.hash}, recorded at ${row.recordedAt}.`;
    return { ok: false, signed, detail };
  }
  const by = signed ? 'A checkpoint covers it.' : 'No checkpoint covers it yet.';
  return { ok: true, signed, detail: `The receipt is of this log. ${by}` };
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** A body has 64 KiB at most, which JSON may write as six times as many. */
const LINE_BYTES_MAX = 1 << 20;

/** The lines of a file, as many at once as come at once. */
async function* linesOf(
  file: string,
  onProgress: OfflineOptions['onProgress'],
): AsyncGenerator<readonly Buffer[]> {
  const total = statSync(file).size;
  let done = 0;
  let rest: Buffer = Buffer.alloc(0);
  const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      lines.push(bytes.subarray(from, end));
      from = end + 1;
    }
    yield lines;
    rest = bytes.subarray(from);
    if (rest.length > LINE_BYTES_MAX) break;
    done += chunk.length;
    onProgress?.(done, total);
  }
  if (rest.length > 0) yield [rest]; // A line that was cut off is no row.
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A string of JSON in the one form of a dump: nothing is escaped that need not be, and everything else as here. */
const TEXT = String.raw`"((?:[^"\\\u0000-\u001f]|\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f])))*)"`;
const WHOLE = String.raw`([1-9]\d{0,15})`;
const HASH = '"([0-9a-f]{64})"';
const LINE = new RegExp(
  `^\\{"position":${WHOLE},"stream":${TEXT},"version":${WHOLE},"type":${TEXT},"schemaVersion":${WHOLE},` +
    `"occurredOn":(?:null|${TEXT}),"recordedAt":${TEXT},"body":${TEXT},"meta":${TEXT},` +
    `"sealed":(?:null|${HASH}),"hash":${HASH}\\}$`,
);

/** The row of a line, or why it is none. A row has one way to be written, so that no bit of a dump is free. */
function rowOf(line: Buffer): DumpRow | string {
  try {
    const parts = LINE.exec(utf8.decode(line));
    if (!parts) return 'not the eleven members of an event, or written in another way than a dump is';
    const [, position, stream = '', version, type = '', schemaVersion, occurredOn, recordedAt = ''] = parts;
    const [body = '', meta = '', sealed = null, hash = ''] = parts.slice(8);
    return {
      position: Number(position),
      stream: plain(stream),
      version: Number(version),
      type: plain(type),
      schemaVersion: Number(schemaVersion),
      occurredOn: occurredOn === undefined ? null : plain(occurredOn),
      recordedAt: plain(recordedAt),
      body: plain(body),
      meta: plain(meta),
      sealed,
      hash,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Without its escapes. */
function plain(text: string): string {
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text;
}

const HEX = /^[0-9a-f]{64}$/;

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HEX.test(value);
}

/** What `GET /v1/audit/proofs/inclusion` answers. Hashes are in hex; `hash` is the chain hash, as in a receipt. */
export type InclusionProof = Readonly<{
  position: number;
  hash: string;
  previousHash: string;
  leafHash: string;
  size: number;
  path: readonly string[];
  /** The signed note. */
  checkpoint: string;
}>;

/** What `GET /v1/audit/proofs/consistency` answers. */
export type ConsistencyProof = Readonly<{
  from: number;
  to: number;
  path: readonly string[];
  fromCheckpoint: string;
  toCheckpoint: string;
}>;

/** Says what is proven. Throws `NotProven` where something is not; a receipt must be of the same event. */
export function checkInclusion(proof: InclusionProof, keys: readonly PublicKey[], receipt?: Receipt): string {
  const { position, size } = proof;
  const checkpoint = openCheckpoint(proof.checkpoint, keys);
  const [leaf, previous, hash] = [proof.leafHash, proof.previousHash, proof.hash].map(fromHex);
  if (checkpoint.size !== size)
    throw new NotProven(`The checkpoint is of size ${checkpoint.size}, not ${size}.`);
  if (!leaf || !previous || !hash || !chainOf(previous, leaf).equals(hash)) {
    throw new NotProven('The leaf does not give the hash: SHA-256(0x03 ‖ previousHash ‖ leafHash).');
  }
  const root = rootByInclusion(position - 1, size, leaf, proof.path.map(fromHex));
  if (!root?.equals(checkpoint.root)) throw new NotProven('The path does not lead to the signed root.');
  if (receipt && (receipt.position !== position || receipt.hash !== proof.hash)) {
    throw new NotProven(`The proof is of position ${position} with hash ${proof.hash}; the receipt is not.`);
  }
  const what = receipt ? 'The receipt is of an event' : 'The event is';
  return `${what} at position ${position} of ${checkpoint.origin}, under the checkpoint of ${size} events.`;
}

/** As `checkInclusion`, that a later checkpoint only adds to an earlier one. */
export function checkConsistency(proof: ConsistencyProof, keys: readonly PublicKey[]): string {
  const from = openCheckpoint(proof.fromCheckpoint, keys);
  const to = openCheckpoint(proof.toCheckpoint, keys);
  if (logOf(from) !== logOf(to) || from.size !== proof.from || to.size !== proof.to) {
    throw new NotProven('The checkpoints are not those that the proof names.');
  }
  if (!isConsistent(from, to, proof.path.map(fromHex))) {
    throw new NotProven(`The log of ${to.size} events does not begin with the one of ${from.size} events.`);
  }
  return `The log of ${to.size} events begins with the one of ${from.size} events, unchanged: ${to.origin}.`;
}

/** The origin, whichever history of the log it is. */
function logOf({ origin }: Checkpoint): string {
  return origin.split('/', 2).join('/');
}

/** Throws `NotProven` on what is not 32 bytes in hex. */
function fromHex(text: string): Buffer {
  if (!isHash(text)) throw new NotProven('A hash is 64 digits of hex.');
  return Buffer.from(text, 'hex');
}

/** A receipt as the API gave it. Throws `NotProven`. */
export function parseReceipt(json: string): Receipt {
  const members = membersOf(json);
  const receipt = { position: wholeIn(members, 'position'), hash: textIn(members, 'hash') };
  return members['recordedAt'] === undefined
    ? receipt
    : { ...receipt, recordedAt: textIn(members, 'recordedAt') };
}

/** Checks a proof of either kind, as the API gave it. Says what is proven; throws `NotProven`. */
export function checkProof(json: string, keys: readonly PublicKey[], receipt?: Receipt): string {
  const members = membersOf(json);
  const path = hashesIn(members, 'path');
  if (!('leafHash' in members)) {
    if (receipt) throw new NotProven('A receipt takes a proof of inclusion.');
    const sizes = { from: wholeIn(members, 'from'), to: wholeIn(members, 'to') };
    const [fromCheckpoint, toCheckpoint] = [
      textIn(members, 'fromCheckpoint'),
      textIn(members, 'toCheckpoint'),
    ];
    return checkConsistency({ ...sizes, path, fromCheckpoint, toCheckpoint }, keys);
  }
  const hashes = {
    hash: textIn(members, 'hash'),
    previousHash: textIn(members, 'previousHash'),
    leafHash: textIn(members, 'leafHash'),
  };
  const [position, size] = [wholeIn(members, 'position'), wholeIn(members, 'size')];
  return checkInclusion(
    { position, size, ...hashes, path, checkpoint: textIn(members, 'checkpoint') },
    keys,
    receipt,
  );
}

type Members = Readonly<Partial<Record<string, unknown>>>;

function membersOf(json: string): Members {
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch (cause) {
    throw new NotProven('This is not JSON.', { cause });
  }
}

function textIn(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== 'string') throw new NotProven(`${name} should be text.`);
  return value;
}

function wholeIn(members: Members, name: string): number {
  const value = members[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new NotProven(`${name} should be a number.`);
  return value;
}

function hashesIn(members: Members, name: string): readonly string[] {
  const value = members[name];
  if (!Array.isArray(value) || !value.every(isHash))
    throw new NotProven(`${name} should be a list of hashes in hex.`);
  return value;
}

const HELP = `Verifies a dump of Kosh's log, a receipt or a proof, without any server.

  node verify-offline.mjs <dump.ndjson> --checkpoints <folder> --key <file> [--receipt <file>] [--until <position>]
  node verify-offline.mjs --proof <file> --key <file> [--receipt <file>]

  --checkpoints  the folder of signed checkpoints; without it the dump's own chain alone is checked
  --key          the public key of the log's notary: a file, or the key itself (<name>+<id>+<key>)
  --until        the dump was made when the log was so long: checkpoints beyond that are not held against it
  --receipt      an answer to a write: whether it is of this log
  --proof        an answer of /v1/audit/proofs/inclusion or /v1/audit/proofs/consistency
  --json         the report as JSON

Exits with 0 if all is well, 1 with the first bad position if something is not, 2 if it was asked wrongly.
`;

/** It was asked wrongly: the program ends with 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** What is asked on the command line, in whichever program. */
export type Asked = Readonly<{
  dump?: string | undefined;
  checkpoints?: string | undefined;
  key?: string | undefined;
  until?: string | undefined;
  receipt?: string | undefined;
  proof?: string | undefined;
}>;

export type Answer = Readonly<{ ok: boolean; report: object; text: string }>;

/** Does what is asked. Throws `Misuse`, also for files that cannot be read. */
export async function answer(asked: Asked, onProgress?: OfflineOptions['onProgress']): Promise<Answer> {
  const keys =
    asked.key === undefined ? undefined : inFile(asked.key, parseKeys, () => parseKeys(asked.key ?? ''));
  const receipt = asked.receipt === undefined ? undefined : inFile(asked.receipt, parseReceipt);
  if (asked.proof !== undefined) return answerProof(asked, keys, receipt);
  if (asked.dump === undefined) throw new Misuse('Name a dump, or a proof.');
  if (!existsSync(asked.dump)) throw new Misuse(`There is no file ${asked.dump}.`);
  if ((asked.checkpoints === undefined) !== (keys === undefined)) {
    throw new Misuse(
      'Checkpoints and the key that has signed them belong together: --checkpoints and --key.',
    );
  }
  const until = asked.until === undefined ? {} : { until: Number(asked.until) };
  if (until.until !== undefined && !Number.isSafeInteger(until.until))
    throw new Misuse('--until is a position.');
  const options = {
    ...until,
    ...(asked.checkpoints !== undefined && keys && { checkpoints: asked.checkpoints, keys }),
    ...(receipt && { receipt }),
    ...(onProgress && { onProgress }),
  };
  try {
    const report = await verifyDump(asked.dump, options);
    return { ok: report.ok, report, text: printed(report) };
  } catch (error) {
    if (error instanceof NotProven) throw new Misuse(error.message);
    throw error;
  }
}

function answerProof(
  { proof = '', dump }: Asked,
  keys: readonly PublicKey[] | undefined,
  receipt?: Receipt,
): Answer {
  if (!keys || dump !== undefined) throw new Misuse('A proof takes --key, and no dump.');
  if (!existsSync(proof)) throw new Misuse(`There is no file ${proof}.`);
  try {
    const text = checkProof(readFileSync(proof, 'utf8'), keys, receipt);
    return { ok: true, report: { ok: true, detail: text }, text: `Proven. ${text}` };
  } catch (error) {
    if (!(error instanceof NotProven)) throw error;
    return { ok: false, report: { ok: false, detail: error.message }, text: `NOT proven. ${error.message}` };
  }
}

function inFile<T>(file: string, parse: (text: string) => T, otherwise?: () => T): T {
  try {
    if (!existsSync(file) && otherwise) return otherwise();
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Misuse(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function printed({ events, headHash, firstBad, checkpoints, receipt, seconds }: OfflineReport): string {
  const lines = firstBad
    ? [
        `The log is NOT whole. The first bad position is ${range(firstBad)} (${firstBad.what}):`,
        `  expected ${firstBad.expected}`,
        `  found    ${firstBad.found}`,
        `The ${events} events before it are good, up to hash ${headHash}.`,
      ]
    : [`The log is whole: ${events} events, the last with hash ${headHash}.`];
  lines.push(...printedCheckpoints(checkpoints, events));
  if (receipt) lines.push(receipt.ok ? receipt.detail : `The receipt is NOT of this log. ${receipt.detail}`);
  return [...lines, `${seconds} s`].join('\n');
}

/** What a report says of its checkpoints, in sentences. `events` are those found good. */
export function printedCheckpoints(checkpoints: OfflineReport['checkpoints'], events: number): string[] {
  if (!checkpoints)
    return ['No checkpoint was compared: a rewritten history or a missing end would not be seen.'];
  const { matched, signedUpTo, voided, faults, sharedUpTo } = checkpoints;
  const unsigned = Math.max(0, events - signedUpTo);
  return [
    `${matched} signed checkpoints agree, the last of ${signedUpTo} events` +
      (unsigned > 0 ? `; the ${unsigned} after it are covered by no signature.` : '.'),
    ...(sharedUpTo === null
      ? []
      : [`The log was put back from a backup: it is another one since position ${sharedUpTo}.`]),
    ...(voided > 0 ? [`${voided} checkpoints of what was given up then were not compared.`] : []),
    ...faults.map(({ file, reason }) => `NOT a good checkpoint: ${file}. ${reason}`),
  ];
}

export function range({ position, upTo }: Pick<FirstBad, 'position' | 'upTo'>): string {
  return upTo === undefined || upTo === position ? String(position) : `among ${position} to ${upTo}`;
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        checkpoints: { type: 'string' },
        key: { type: 'string' },
        until: { type: 'string' },
        receipt: { type: 'string' },
        proof: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const { ok, report, text } = await answer({ ...values, dump: positionals[0] }, percent());
    process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : text}\n`);
    return ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
}

/** On a terminal: how far it is. */
function percent(): OfflineOptions['onProgress'] {
  if (!process.stderr.isTTY) return undefined;
  return (done, total) => {
    process.stderr.write(done < total ? `\r${Math.floor((100 * done) / total)} %` : '\r     \r');
  };
}

const program = process.argv[1];
if (
  program !== undefined &&
  existsSync(program) &&
  realpathSync(program) === fileURLToPath(import.meta.url)
) {
  process.exitCode = await main();
}
