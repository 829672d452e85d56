import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeCheckpoint } from './checkpoint-files.js';
import {
  answer,
  checkProof,
  type DumpRow,
  leafOf,
  openCheckpoint,
  parseKeys,
  parseReceipt,
  verifyDump,
} from './offline/verify-offline.js';
import { Signer } from './signer.js';

const PAGE = new URL('../../../docs/proof-format.md', import.meta.url);
/** The private key of the first test of RFC 8032 §7.1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');

describe('the example in docs/proof-format.md', () => {
  let page: string;
  let folder: string;

  beforeAll(async () => {
    page = await readFile(PAGE, 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'kosh-format-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** What stands in the page's blocks of a kind, each with its last newline. */
  function blocks(kind: string): string[] {
    return [...page.matchAll(new RegExp('^```' + kind + '\n([^]*?\n)```$', 'gm'))].map(
      ([, block = '']) => block,
    );
  }

  it('is a log that its checkpoints and leaves confirm, and a receipt that is of it', async () => {
    const leaves = Buffer.from(blocks('leaves')[0]?.replaceAll('\n', '') ?? '', 'hex');
    const [two = '', three = ''] = blocks('checkpoint');
    await writeCheckpoint(folder, { size: 2, epoch: 1 }, two, leaves.subarray(0, 64));
    await writeCheckpoint(folder, { size: 3, epoch: 1 }, three, leaves.subarray(64));
    const [dump, key, receipt] = ['dump', 'key', 'receipt'].map((name) => join(folder, name));
    await writeFile(dump ?? '', blocks('ndjson')[0] ?? '');
    await writeFile(key ?? '', blocks('key')[0] ?? '');
    await writeFile(receipt ?? '', blocks('receipt')[0] ?? '');
    expect((await answer({ dump, key, receipt, checkpoints: folder })).report).toMatchObject({
      ok: true,
      events: 3,
      checkpoints: { matched: 2, signedUpTo: 3, faults: [] },
      receipt: { ok: true, signed: true },
    });
  });

  it('is another history where it was put back, which voids what was signed beyond that', async () => {
    const [restored = ''] = blocks('restored');
    const keys = parseKeys(blocks('key')[0] ?? '');
    const { size, epoch, sharedUpTo } = openCheckpoint(restored, keys);
    expect({ size, epoch, sharedUpTo }).toEqual({ size: 3, epoch: 1_764_000_000_000, sharedUpTo: 2 });
    await writeCheckpoint(folder, { size, epoch }, restored);
    expect(await verifyDump(join(folder, 'dump'), { checkpoints: folder, keys })).toMatchObject({
      ok: true,
      checkpoints: { epoch, sharedUpTo, matched: 2, signedUpTo: 3, voided: 1, faults: [] },
    });
  });

  it('has the leaves that its events have', () => {
    const rows = (blocks('ndjson')[0] ?? '').trim().split('\n');
    const leaves = rows.map((row) => leafOf(JSON.parse(row) as DumpRow).toString('hex'));
    expect(leaves).toEqual(blocks('leaves')[0]?.trim().split('\n'));
  });

  it('has proofs that hold, of which one is of the receipt', () => {
    const keys = parseKeys(blocks('key')[0] ?? '');
    const [inclusion = '', consistency = ''] = blocks('proof');
    const receipt = parseReceipt(blocks('receipt')[0] ?? '');
    expect(checkProof(inclusion, keys, receipt)).toContain('The receipt is of an event at position 2');
    expect(checkProof(consistency, keys)).toContain('begins with the one of 2 events, unchanged');
  });

  it('is signed, byte for byte, as our notary would sign it', () => {
    const [key = ''] = blocks('key');
    const keys = parseKeys(key);
    for (const note of [...blocks('checkpoint'), ...blocks('restored')]) {
      const checkpoint = openCheckpoint(note, keys);
      const signer = new Signer(SEED, keys[0]?.name ?? '');
      expect([signer.vkey, signer.note(checkpoint)]).toEqual([key.trim(), note]);
    }
    expect(blocks('checkpoint')).toHaveLength(2);
  });
});
