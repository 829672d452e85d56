import type { Pool } from 'pg';
import { head, type History, historyOf, pause, readLeaves, readPage, within } from '#event-store';
import { inTurn, type Turn } from '#projections';
import { lastOfBothPlaces } from './both-places.js';
import { checkpointsIn, isNoted, publishKey, readKeys, writeCheckpoint } from './checkpoint-files.js';
import {
  chainOf,
  type Checkpoint,
  CheckpointFolder,
  type FirstBad,
  GENESIS,
  isShared,
  NotProven,
  openCheckpoint,
  parseKeys,
  type PublicKey,
  range,
  Tree,
} from './offline/verify-offline.js';
import { type Findings, Records } from './records.js';
import { Signer } from './signer.js';
import { KEPT_FROM, keepNodes, type Node, treeAt } from './tree-nodes.js';
import { isDamage, verifyLog } from './verify-log.js';
import { watch, type Watched } from './watch.js';

/**
 * Standing by while another signs; signing; refusing to sign a log that is not what it was; without its database or its
 * folder.
 */
export type NotaryState = 'standby' | 'signing' | 'refusing' | 'failing';

export type NotaryOptions = Readonly<{
  /** With the rights of `kosh_projector`. One of its two connections is held all the time. */
  pool: Pool;
  /** With the rights of `kosh_api`, two connections: it only reads. */
  reader: Pool;
  /** Where checkpoints are kept, apart from the database. */
  folder: string;
  /** The private key: 32 bytes. */
  seed: Buffer;
  /** A checkpoint is signed after so many events, and so long after the first that none covers, at the latest. */
  every: Readonly<{ events: number; ms: number }>;
  /** How often it is looked whether the log has grown, and whether it is still what was signed. */
  pollMs: number;
  /** Of the verification in the background; 0 rows: none. */
  verify: Readonly<{ rowsPerSecond: number; passMs: number }>;
  /** The second place outside the database. What it did not take is sent again. */
  publish?: ((checkpoints: readonly Signed[]) => Promise<Readonly<{ wasEmpty: boolean }>>) | undefined;
  signal: AbortSignal;
  log: Readonly<{
    info: (fields: object, message: string) => void;
    warn: (fields: object, message: string) => void;
  }>;
  onState?: (state: NotaryState) => void;
  onSigned?: (checkpoint: Checkpoint) => void;
  onWatched?: (watched: Watched) => void;
}>;

/** A checkpoint and the note that has its signature. */
export type Signed = Readonly<{ checkpoint: Checkpoint; note: string }>;

const RETRY_MS = 1_000;
/** To look for what is missing may take a reading of the whole log, which need not be done every second. */
const REFUSED_POLLS = 30;
/** Checkpoints sent at once. */
const SEND_MAX = 100;
const LAST_WORK_MS = 3_000;

/** The log is not what was signed, or there is nothing to hold it against. The message says what to look for. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * Signs what the log is, again and again, until aborted; and reads it from the start in the background. Of several
 * notaries one signs. It waits for Postgres as long as it takes, and throws nothing.
 */
export async function runNotary(options: NotaryOptions): Promise<void> {
  const { pool, signal, log, onState } = options;
  while (!signal.aborted) {
    onState?.('standby');
    try {
      await inTurn(pool, 'notary', signal, (turn) => serve(options, turn));
    } catch (error) {
      log.warn({ err: error }, 'The notary begins again as a standby.');
      onState?.('failing');
      await pause(RETRY_MS, signal);
    }
  }
}

/** The three works of a turn. If one fails, all end. */
async function serve(options: NotaryOptions, turn: Turn): Promise<void> {
  const { pool, reader, folder, seed, verify, log, onWatched } = options;
  const history = await historyOf(pool);
  const signer = new Signer(seed, `kosh/${history.logId}`);
  await publishKey(folder, signer.vkey);
  const keys = parseKeys((await readKeys(folder)) ?? signer.vkey);
  const records = new Records(pool);
  const known = await records.read();
  const notary = new Notary({ ...options, signer, keys, records, history }, known);
  const stopping = new AbortController();
  const signal = AbortSignal.any([turn.signal, stopping.signal]);
  const works = [notary.run(signal), notary.send(signal)];
  if (verify.rowsPerSecond > 0) {
    const onFound = async (watched: Watched) => {
      await records.watched(watched);
      notary.firstBad = watched.firstBad;
      onWatched?.(watched);
    };
    works.push(watch({ pool: reader, folder, keys, ...verify, known, signal, onWatched: onFound }));
  }
  const ended = works.map((work) => work.finally(() => stopping.abort()));
  await Promise.allSettled(ended);
  await Promise.all(ended);
  // Told to stop, and still in turn: what came last is signed too.
  if (options.signal.aborted) {
    await within(
      notary.last(AbortSignal.timeout(LAST_WORK_MS)),
      2 * LAST_WORK_MS,
      'The last checkpoint',
    ).catch((error: unknown) => {
      log.warn({ err: error }, 'What came last is not signed yet.');
    });
  }
}

/** What is known from the start of a turn. A log is put back only while nobody has a turn. */
type Serving = Readonly<{ signer: Signer; keys: readonly PublicKey[]; records: Records; history: History }>;

class Notary {
  /** What the verification in the background has found. */
  firstBad: FirstBad | undefined;
  /** The last checkpoint, and the tree under it; nothing before they were found. */
  private signed: { checkpoint: Checkpoint | undefined; tree: Tree } | undefined;
  /** The end of the log when it was the longest, as far as this process has seen. */
  private seen: Readonly<{ position: number; hash: string | null }> = { position: 0, hash: null };
  private unsignedSince: number | undefined;
  private refusal: string | undefined;
  /** Whether the database tells of a refusal, perhaps of an earlier process. */
  private isWritten: boolean;
  /** Whether the second place did not take what was sent. */
  private away = false;

  constructor(
    private readonly options: NotaryOptions & Serving,
    known: Pick<Findings, 'firstBad' | 'refusal'>,
  ) {
    this.firstBad = known.firstBad;
    this.isWritten = known.refusal !== undefined;
  }

  /** Signs what is due, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs } = this.options;
    while (!signal.aborted) {
      await this.look(signal, false);
      await pause(this.refusal === undefined ? pollMs : REFUSED_POLLS * pollMs, signal);
    }
  }

  /** Sends what was signed to the second place, until aborted. */
  async send(signal: AbortSignal): Promise<void> {
    if (!this.options.publish) return pause(2 ** 31 - 1, signal);
    while (!signal.aborted) {
      try {
        await this.sendOnce();
        this.away = false;
      } catch (error) {
        if (!this.away)
          this.options.log.warn({ err: error }, 'Checkpoints wait in the folder until the topic takes them.');
        this.away = true;
      }
      await pause(this.options.pollMs, signal);
    }
  }

  /** Signs whatever has no signature yet, and sends it. */
  async last(signal: AbortSignal): Promise<void> {
    await this.look(signal, true);
    if (this.options.publish && !this.away) await this.sendOnce();
  }

  /** One look at the log. A refusal is said once, and stands until a look finds everything right. */
  private async look(signal: AbortSignal, all: boolean): Promise<void> {
    let refusal: string | undefined;
    try {
      this.signed ??= await this.begin();
      await this.signDue(signal, all);
    } catch (error) {
      if (!(error instanceof Refusal) && !isDamage(error)) throw error;
      refusal = error instanceof Error ? error.message : String(error);
    }
    // Said once, but written again and again: whoever can change the log can also change what is written here.
    if (refusal !== this.refusal) this.say(refusal);
    if (refusal !== undefined || this.isWritten) await this.options.records.refused(refusal);
    this.refusal = refusal;
    this.isWritten = refusal !== undefined;
    this.options.onState?.(refusal === undefined ? 'signing' : 'refusing');
  }

  private say(refusal: string | undefined): void {
    const { log } = this.options;
    if (refusal === undefined) log.info({}, 'The log is what was signed: the notary signs again.');
    else log.warn({ refusal }, 'THE NOTARY REFUSES TO SIGN. Keep the database as it is; run kosh verify.');
  }

  /** Finds the last checkpoint and the tree under it. Throws `Refusal` where the log does not have that root. */
  private async begin(): Promise<{ checkpoint: Checkpoint | undefined; tree: Tree }> {
    const checkpoint = await this.lastCheckpoint();
    return { checkpoint, tree: checkpoint ? await this.treeUnder(checkpoint) : new Tree() };
  }

  /** From kept nodes; if these were dropped or do not give the root, from the log, which must. */
  private async treeUnder(checkpoint: Checkpoint): Promise<Tree> {
    const kept = await treeAt(this.options.pool, checkpoint);
    if (kept) return kept;
    this.options.log.info({ size: checkpoint.size }, 'The nodes of the tree are made anew from the log.');
    return this.rebuilt(checkpoint);
  }

  private async lastCheckpoint(): Promise<Checkpoint | undefined> {
    const { log } = this.options;
    await this.mustBeMeant();
    const onRestored = (size: number, where: 'folder' | 'database') => {
      log.warn({ size, where }, 'A checkpoint was missing in one of its places, and was put there again.');
    };
    try {
      return await lastOfBothPlaces({ ...this.options, onRestored });
    } catch (error) {
      if (error instanceof NotProven) throw new Refusal(error.message);
      throw error;
    }
  }

  /**
   * A log that was put back may end before what was signed. Whoever can write into the database can say so of any log:
   * it must be said here, too. Throws `Refusal`.
   */
  private async mustBeMeant(): Promise<void> {
    const { folder, keys, history } = this.options;
    const { epoch, sharedUpTo } = history;
    const signed = await checkpointsIn(folder);
    if (signed.length === 0) return;
    const known = new CheckpointFolder(folder, keys).history;
    if (known.epoch === epoch && known.sharedUpTo === sharedUpTo) return;
    const isNew = known.epoch < epoch;
    if (isNew && signed.every((name) => isShared({ ...name, sharedUpTo: null }, history))) return;
    if (isNew && (await isNoted(folder, history))) return;
    throw new Refusal(
      `The database says that the log is in epoch ${epoch}, shared up to position ${sharedUpTo ?? 'its end'}. The ` +
        `checkpoints in ${folder} are of epoch ${known.epoch}, shared up to ${known.sharedUpTo ?? 'its end'}. If the ` +
        'agency has put the log back, say so where that folder is: kosh epoch --accept.',
    );
  }

  /** From the first event on. Throws `Refusal` with the first bad position. */
  private async rebuilt({ size, root }: Checkpoint): Promise<Tree> {
    const { pool, reader, folder, keys } = this.options;
    const tree = new Tree();
    for await (const rows of readLeaves(reader, { after: 0, upTo: size })) {
      const nodes: Node[] = [];
      for (const row of rows) {
        tree.add(row.leaf, (level, index, hash) => {
          if (level >= KEPT_FROM) nodes.push({ level, index, hash });
        });
      }
      await keepNodes(pool, nodes);
    }
    if (tree.size === size && tree.root().equals(root)) return tree;
    const { firstBad } = await verifyLog(reader, { checkpoints: { folder, keys } });
    throw new Refusal(firstBad ? said(firstBad) : `The log does not have the root of checkpoint ${size}.`);
  }

  private async signDue(signal: AbortSignal, all: boolean): Promise<void> {
    const { pool, every, pollMs } = this.options;
    const end = await head(pool);
    const { position } = end;
    await this.mustBeAsSeen(end);
    await this.mustBeAsSigned(position);
    const checkpoint = this.signed?.checkpoint;
    if (checkpoint) this.signed = { checkpoint, tree: await this.treeUnder(checkpoint) };
    if (this.firstBad) throw new Refusal(said(this.firstBad));
    const now = performance.now();
    if (position === this.size) this.unsignedSince = undefined;
    else this.unsignedSince ??= now;
    // By the next look it would be too late.
    const late = this.unsignedSince !== undefined && now - this.unsignedSince + pollMs >= every.ms;
    while (position - this.size >= every.events && !signal.aborted) await this.sign(this.size + every.events);
    // Whoever verifies must learn soon that the log was put back, also where nothing was recorded since.
    const isNew = position > 0 && this.options.history.epoch !== (this.signed?.checkpoint?.epoch ?? 1);
    const isDue = isNew || (position > this.size && (late || all));
    if (isDue && !signal.aborted) await this.sign(position);
  }

  private get size(): number {
    return this.signed?.checkpoint?.size ?? 0;
  }

  /** That what this process has seen is still there, signed or not. */
  private async mustBeAsSeen(end: Readonly<{ position: number; hash: string | null }>): Promise<void> {
    const { position, hash } = this.seen;
    if (end.position < position) {
      throw new Refusal(`The log had ${position} events, and now it ends at position ${end.position}.`);
    }
    const found = end.position === position ? end.hash : await this.hashAt(position);
    if (found !== hash)
      throw new Refusal(`Position ${position} has hash ${found}; a moment ago it had ${hash}.`);
    this.seen = end;
  }

  private async hashAt(position: number): Promise<string | null> {
    const [row] = position > 0 ? await readPage(this.options.pool, position - 1, 1) : [];
    return row?.hash.toString('hex') ?? null;
  }

  /** That the end of what was signed is still there. What lies before it is read by the verification. */
  private async mustBeAsSigned(position: number): Promise<void> {
    const checkpoint = this.signed?.checkpoint;
    if (!checkpoint) return;
    const { size, head: signedHead } = checkpoint;
    if (position < size) {
      throw new Refusal(
        `${size} events are signed, and the log ends at position ${position}: its end was removed.`,
      );
    }
    const [found, wanted] = [await this.hashAt(size), signedHead.toString('hex')];
    if (found !== wanted) throw new Refusal(`Position ${size} has hash ${found}; signed is ${wanted}.`);
  }

  /** Signs the log as it is at this size. Throws `Refusal` where the rows do not go on from what was signed. */
  private async sign(size: number): Promise<void> {
    const { pool, reader, folder, records, signer, history, log, onSigned } = this.options;
    const { epoch, sharedUpTo } = history;
    const before = this.signed?.tree ?? new Tree();
    const tree = Tree.of(before.size, before.subtrees);
    const [nodes, leaves]: [Node[], Buffer[]] = [[], []];
    let hash = this.signed?.checkpoint?.head ?? GENESIS;
    let recordedAt = this.signed?.checkpoint?.recordedAt ?? '';
    for await (const rows of readLeaves(reader, { after: before.size, upTo: size })) {
      for (const row of rows) {
        hash = chainOf(hash, row.leaf);
        if (row.position !== tree.size + 1 || !row.hash.equals(hash) || row.recordedAt < recordedAt) {
          throw new Refusal(`Position ${tree.size + 1} does not follow from what was signed before it.`);
        }
        recordedAt = row.recordedAt;
        leaves.push(row.leaf);
        tree.add(row.leaf, (level, index, node) => {
          if (level >= KEPT_FROM) nodes.push({ level, index, hash: node });
        });
      }
    }
    if (tree.size !== size)
      throw new Refusal(`The log ends at position ${tree.size}; it had ${size} events.`);
    const origin = epoch === 1 ? signer.name : `${signer.name}/${epoch}`;
    const checkpoint = { origin, size, root: tree.root(), head: hash, recordedAt, epoch, sharedUpTo };
    const note = signer.note(checkpoint);
    // In this order nothing is lost by a crash: nodes without a checkpoint are overwritten, a checkpoint in the folder
    // is found there, and its copy in the database is what is sent.
    await keepNodes(pool, nodes);
    await writeCheckpoint(folder, checkpoint, note, Buffer.concat(leaves));
    await records.signed(size, note);
    this.signed = { checkpoint, tree };
    this.unsignedSince = undefined;
    log.info({ size, root: checkpoint.root.toString('base64') }, 'Signed.');
    onSigned?.(checkpoint);
  }

  private async sendOnce(): Promise<void> {
    for (;;) {
      const unsent = await this.options.records.unsent(SEND_MAX);
      if (unsent.length === 0) return;
      const opened = unsent.map(({ note }) => ({
        note,
        checkpoint: openCheckpoint(note, this.options.keys),
      }));
      const sent = await this.options.publish?.(opened);
      // Whoever reads a topic that was lost and made anew gets all of them again.
      if (sent?.wasEmpty) await this.options.records.sendAgain();
      await this.options.records.sent(unsent.map(({ size }) => size));
    }
  }
}

function said(bad: FirstBad): string {
  const { what, expected, found } = bad;
  return `The first bad position is ${range(bad)} (${what}): expected ${expected}, found ${found}.`;
}
