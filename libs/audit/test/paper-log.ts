import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain, GENESIS, leaf, type Row } from '#event-store';
import { writeCheckpoint } from '../src/checkpoint-files.js';
import { dumpLine } from '../src/dump.js';
import { type PublicKey, parseKeys, Tree } from '../src/offline/verify-offline.js';
import { Signer } from '../src/signer.js';

const ORIGIN = 'kosh/0197f0c4-0000-4000-8000-000000000000';

/** A log that no database has: its rows, its dump and its signed checkpoints, in a folder of its own. */
export class PaperLog {
  private constructor(
    readonly rows: readonly Row[],
    readonly folder: string,
    readonly signer: Signer,
  ) {}

  /** Of so many events, of which there is a checkpoint after each `every`. */
  static async of(events: number, every: number): Promise<PaperLog> {
    const folder = await mkdtemp(join(tmpdir(), 'kosh-paper-'));
    const log = new PaperLog(inventedRows(events), folder, new Signer(randomBytes(32), ORIGIN));
    const sizes = Array.from({ length: Math.floor(events / every) }, (_, i) => (i + 1) * every);
    await log.sign(sizes);
    await log.write('key.pub', `${log.signer.vkey}\n`);
    return log;
  }

  get keys(): readonly PublicKey[] {
    return parseKeys(this.signer.vkey);
  }

  row(position: number): Row {
    const row = this.rows[position - 1];
    if (!row) throw new RangeError(`There is no position ${position}.`);
    return row;
  }

  get checkpoints(): string {
    return join(this.folder, 'checkpoints');
  }

  /** Signs what the log was at these sizes, as its notary would. */
  async sign(sizes: readonly number[]): Promise<void> {
    const tree = new Tree();
    let leaves: Buffer[] = [];
    for (const row of this.rows) {
      const rowLeaf = leaf(row);
      tree.add(rowLeaf);
      leaves.push(rowLeaf);
      if (!sizes.includes(row.position)) continue;
      const { position: size, hash: head, recordedAt } = row;
      const first = { epoch: 1, sharedUpTo: null };
      const note = this.signer.note({ origin: ORIGIN, size, root: tree.root(), head, recordedAt, ...first });
      await writeCheckpoint(this.checkpoints, { size, epoch: 1 }, note, Buffer.concat(leaves));
      leaves = [];
    }
  }

  /** Writes a file into the folder, and answers its path. */
  async write(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }

  /** The dump of these rows, or of all. */
  async dump(rows: readonly Row[] = this.rows): Promise<string> {
    return this.write('dump.ndjson', rows.map(dumpLine).join(''));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** Rows as someone with the database's key would write them: positions, versions and hashes that fit. */
export function rechained(rows: readonly Row[], from = 1): Row[] {
  let hash = GENESIS;
  return rows.map((row) => {
    if (row.position >= from) hash = chain(hash, leaf(row));
    else hash = row.hash;
    return { ...row, hash };
  });
}

function inventedRows(events: number): readonly Row[] {
  const versions = new Map<string, number>();
  const rows = Array.from({ length: events }, (_, i) => {
    const stream = `case-0197f0c4-0000-7000-8000-${String((i * i) % 17).padStart(12, '0')}`;
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return {
      position: i + 1,
      stream,
      version,
      type: version === 1 ? 'MigrantRegistered' : 'MigrantRelocated',
      schemaVersion: 1,
      occurredOn: i % 5 === 0 ? null : `199${i % 9}-0${1 + (i % 9)}`,
      recordedAt: new Date(Date.UTC(1998, 5, 26) + Math.floor(i / 3) * 1_000).toISOString(),
      body: JSON.stringify({ note: `Қазақ\n${i}`, region: `KZ-${i % 79}` }),
      meta: JSON.stringify({ actor: `registrar-${i % 4}`, commandId: String(i) }),
      sealed: i % 7 === 0 ? Buffer.alloc(32, i) : null,
      hash: GENESIS,
    };
  });
  return rechained(rows);
}
