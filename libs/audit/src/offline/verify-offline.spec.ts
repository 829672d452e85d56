import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { leaf } from '#event-store';
import { PaperLog, rechained } from '../../test/paper-log.js';
import { Dice, tamperBy, type Tampered, TAMPERS } from '../../test/tampers.js';
import { consistencyRanges, inclusionRanges, joined, type Range, subtreesOf } from '../proof-paths.js';
import { Signer } from '../signer.js';
import {
  checkpointFile,
  leafOf,
  leavesFileOf,
  NotProven,
  openNote,
  parseKeys,
  Tree,
  verifyDump,
} from './verify-offline.js';

const BUILT = new URL('../../../../dist/libs/audit/src/offline/verify-offline.js', import.meta.url);
const EVENTS = 230;
const EVERY = 50;
const SIGNED = 200;

let log: PaperLog;

beforeAll(async () => {
  log = await PaperLog.of(EVENTS, EVERY);
});

afterAll(() => log.remove());

/** What the program finds in the dump of these rows, held against the checkpoints of the true log. */
async function verified(rows = log.rows, more: { until?: number } = {}) {
  return verifyDump(await log.dump(rows), { checkpoints: log.checkpoints, keys: log.keys, ...more });
}

describe('a dump that nobody touched', () => {
  it('is whole, and says how far signatures reach', async () => {
    const report = await verified();
    expect(report).toMatchObject({
      ok: true,
      events: EVENTS,
      headHash: log.rows.at(-1)?.hash.toString('hex'),
      checkpoints: { matched: 4, signedUpTo: SIGNED, faults: [] },
    });
    expect(report.firstBad).toBeUndefined();
  });

  it('has the leaves that the log itself computes', () => {
    for (const row of log.rows) {
      const [sealed, hash] = [row.sealed?.toString('hex') ?? null, row.hash.toString('hex')];
      expect(leafOf({ ...row, sealed, hash })).toEqual(leaf(row));
    }
  });

  it('is whole by its chain alone, and says that this proves less', async () => {
    expect(await verifyDump(await log.dump())).toMatchObject({ ok: true, events: EVENTS, checkpoints: null });
  });

  it('made earlier than the last checkpoint is whole when its age is told', async () => {
    const earlier = log.rows.slice(0, 120);
    expect(await verified(earlier)).toMatchObject({ ok: false, firstBad: { position: 121 } });
    expect(await verified(earlier, { until: 120 })).toMatchObject({
      ok: true,
      checkpoints: { matched: 2, signedUpTo: 100 },
    });
  });

  it('of a log whose events are larger than any before is read as well', async () => {
    const large = rechained(log.rows.map((row) => ({ ...row, body: JSON.stringify('қ'.repeat(30_000)) })));
    expect(await verifyDump(await log.dump(large))).toMatchObject({ ok: true, events: EVENTS });
  });

  it('tells how far it is, in bytes', async () => {
    const seen: number[] = [];
    const file = await log.dump();
    await verifyDump(file, { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
  });
});

// 13 kinds 50 times, and 350 bits: 1,000 tampers.
describe('the first bad position is named, whatever was done:', () => {
  const signed = () => log.rows.slice(0, SIGNED);
  const rest = ({ rows }: Tampered) => rows;

  it.each(TAMPERS)('$what', async ({ what, fits, do: tamper }) => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const tampered = tamper(signed(), new Dice(seed));
      const report = await verified([...rest(tampered)]);
      expect([what, seed, report.ok, report.firstBad?.position]).toEqual([
        what,
        seed,
        false,
        tampered.firstBad,
      ]);
      expect(report.firstBad?.upTo).toBeUndefined();
      expect(report.events).toBe(tampered.firstBad - 1);
      expect(report.firstBad?.found).not.toBe(report.firstBad?.expected);
      // What fits in itself is seen by nothing but the checkpoints.
      const alone = await verifyDump(await log.dump(tampered.rows));
      expect([what, seed, alone.ok]).toEqual([what, seed, fits === true]);
    }
  });

  it('hashes recomputed, but not to the end', async () => {
    const { rows, firstBad } = tamperBy('a changed body, hashes recomputed to the end').do(
      signed(),
      new Dice(7),
    );
    const until = firstBad + 9;
    const half = rows.map((row) => (row.position > until ? (log.rows[row.position - 1] ?? row) : row));
    expect(await verified(half)).toMatchObject({ ok: false, firstBad: { position: firstBad } });
  });

  it('a bit turned anywhere in the file', async () => {
    const whole = await readFile(await log.dump());
    const lineAt = (byte: number) => whole.subarray(0, byte).filter((one) => one === 0x0a).length + 1;
    const dice = new Dice(2026);
    for (let round = 0; round < 350; round += 1) {
      const [byte, bit] = [dice.below(whole.length), dice.below(8)];
      const damaged = Buffer.from(whole);
      damaged[byte] = (damaged[byte] ?? 0) ^ (1 << bit);
      const file = await log.write('damaged.ndjson', damaged);
      const { firstBad } = await verifyDump(file, { checkpoints: log.checkpoints, keys: log.keys });
      expect([byte, bit, firstBad?.position]).toEqual([byte, bit, lineAt(byte)]);
    }
  });

  it.each([
    ['members in another order', (line: string) => line.replace(/("version":\d+),("type":"\w+")/, '$2,$1')],
    ['a space', (line: string) => line.replace('{', '{ ')],
    ['an unknown member', (line: string) => line.replace('}\n', ',"note":"seen"}\n')],
    ['a member twice', (line: string) => line.replace('{', '{"position":9,')],
    ['a hash in capitals', (line: string) => line.replace(/"[0-9a-f]{64}"}/, (hash) => hash.toUpperCase())],
    ['a missing member', (line: string) => line.replace(/,"meta":"(?:[^"\\]|\\.)*"/, '')],
    ['a line that was cut', (line: string) => line.slice(0, 40)],
    ['nothing', () => '\n'],
    ['half a surrogate pair', (line: string) => line.replace('Қазақ', String.raw`\ud83d`)],
  ])('a line with %s is no line of a dump', async (_, how) => {
    const lines = (await readFile(await log.dump(), 'utf8')).split(/(?<=\n)/);
    const file = await log.write('other.ndjson', lines.with(10, how(lines[10] ?? '')).join(''));
    const { firstBad } = await verifyDump(file, { checkpoints: log.checkpoints, keys: log.keys });
    expect(firstBad).toMatchObject({ position: 11, what: 'format' });
  });

  it('half a surrogate pair in place of what its bytes would be read as', async () => {
    const rows = log.rows.map((row) => ({ ...row, body: JSON.stringify({ note: '\ufffd' }) }));
    const file = await log.dump(rechained(rows));
    expect((await verifyDump(file)).ok).toBe(true);
    const halved = (await readFile(file, 'utf8')).replace('\ufffd', String.raw`\ud83d`);
    const { firstBad } = await verifyDump(await log.write('halved.ndjson', halved));
    expect(firstBad).toMatchObject({ position: 1, what: 'format' });
  });

  it('a line without an end', async () => {
    const file = await log.write('endless.ndjson', Buffer.alloc(3 << 20, 0x20));
    expect((await verifyDump(file)).firstBad).toMatchObject({ position: 1, what: 'format' });
  });
});

describe('a folder of checkpoints', () => {
  let other: PaperLog;

  beforeAll(async () => {
    other = await PaperLog.of(EVENTS, EVERY);
  });

  afterAll(() => other.remove());

  async function changed(how: (folder: string) => Promise<unknown>, rows = log.rows) {
    const copy = await mkdtemp(join(tmpdir(), 'kosh-checkpoints-'));
    try {
      for (const name of await readdir(log.checkpoints)) {
        await copyFile(join(log.checkpoints, name), join(copy, name));
      }
      await how(copy);
      return await verifyDump(await log.dump(rows), { checkpoints: copy, keys: log.keys });
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  it('without the leaves still finds what was done, and names where it lies', async () => {
    const { rows, firstBad } = tamperBy('a changed body, hashes recomputed to the end').do(
      log.rows.slice(0, SIGNED),
      new Dice(3),
    );
    const report = await changed(async (folder) => {
      for (const size of [50, 100, 150, 200]) await rm(join(folder, leavesFileOf(size)));
    }, rows);
    const before = Math.floor((firstBad - 1) / EVERY) * EVERY;
    expect(report.firstBad).toMatchObject({ position: before + 1, upTo: before + EVERY, what: 'root' });
    expect(report.checkpoints?.signedUpTo).toBe(before);
    const lastGood = before === 0 ? '00'.repeat(32) : log.rows[before - 1]?.hash.toString('hex');
    expect([report.events, report.headHash]).toEqual([before, lastGood]);
  });

  it('of which some were lost is held against as far as it goes', async () => {
    const report = await changed((folder) => rm(join(folder, checkpointFile(100))));
    expect(report).toMatchObject({ ok: true, checkpoints: { matched: 3, signedUpTo: SIGNED, faults: [] } });
  });

  it('with leaves that were forged says so, and does not believe them', async () => {
    const report = await changed((folder) =>
      writeFile(join(folder, leavesFileOf(100)), randomBytes(50 * 32)),
    );
    expect(report).toMatchObject({ ok: false, events: EVENTS, checkpoints: { matched: 4 } });
    expect(report.firstBad).toBeUndefined();
    expect(report.checkpoints?.faults).toMatchObject([{ file: leavesFileOf(100) }]);
  });

  it.each([
    ['a letter changed', async (path: string) => edit(path, (note) => note.replace('\n100\n', '\n101\n'))],
    [
      'the root changed',
      async (path: string) => edit(path, (note) => note.replace(/\n[^\n]{44}\n/, `\n${'A'.repeat(43)}=\n`)),
    ],
    [
      'another signature',
      async (path: string) => edit(path, (note) => note.replace(/.{9}\n$/, 'AAAAAAAA=\n')),
    ],
    ['no signature', async (path: string) => edit(path, (note) => note.slice(0, note.indexOf('\n\n') + 1))],
    ['nothing in it', async (path: string) => writeFile(path, '')],
    [
      'the text of another',
      async (path: string) => copyFile(join(log.checkpoints, checkpointFile(50)), path),
    ],
    [
      'the signature of another key under the same name',
      async (path: string) => copyFile(join(other.checkpoints, checkpointFile(100)), path),
    ],
  ])('with %s is no proof, and that is said', async (_, how) => {
    const report = await changed((folder) => how(join(folder, checkpointFile(100))));
    expect(report.ok).toBe(false);
    expect(report.firstBad).toBeUndefined();
    expect(report.checkpoints).toMatchObject({ matched: 3, faults: [{ file: checkpointFile(100) }] });
  });

  it('in which a false one covers more than there is does not cost the log its good name', async () => {
    const report = await changed((folder) =>
      rename(join(folder, checkpointFile(200)), join(folder, checkpointFile(900))),
    );
    expect(report).toMatchObject({ ok: false, events: EVENTS, checkpoints: { signedUpTo: 150 } });
    expect(report.firstBad).toBeUndefined();
  });

  it('that is empty proves nothing, and is refused', async () => {
    await expect(verifyDump(await log.dump(), { checkpoints: log.folder, keys: log.keys })).rejects.toThrow(
      NotProven,
    );
  });

  it('signed with a newer key later on is believed with both', async () => {
    const renewed = await PaperLog.of(EVENTS, EVERY);
    const keys = parseKeys(`${log.signer.vkey}\n${renewed.signer.vkey}\n`);
    const dump = await log.dump();
    const both = await mkdtemp(join(tmpdir(), 'kosh-checkpoints-'));
    for (const [from, sizes] of [
      [log, [50, 100]],
      [renewed, [150, 200]],
    ] as const) {
      for (const name of sizes.flatMap((size) => [checkpointFile(size), leavesFileOf(size)])) {
        await copyFile(join(from.checkpoints, name), join(both, name));
      }
    }
    const report = await verifyDump(dump, { checkpoints: both, keys });
    expect(report).toMatchObject({ ok: true, checkpoints: { matched: 4, faults: [] } });
    const onlyNew = await verifyDump(dump, { checkpoints: both, keys: renewed.keys });
    expect(onlyNew).toMatchObject({ ok: false, checkpoints: { matched: 2 } });
    await renewed.remove();
    await rm(both, { recursive: true });
  });
});

describe('a signed note', () => {
  /** The public vector of Go's golang.org/x/mod/sumdb/note. */
  const key = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const said =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const signature =
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

  it('is read as others write it', () => {
    expect(openNote(`${said}\n${signature}`, parseKeys(key))).toEqual({
      text: said,
      signedBy: 'PeterNeumann',
    });
  });

  it('may have other signatures beside, which are not looked at', () => {
    const others = `— somebody ${Buffer.alloc(68, 1).toString('base64')}\n`;
    expect(openNote(`${said}\n${others}${signature}`, parseKeys(key)).text).toBe(said);
    expect(() => openNote(`${said}\n${others}`, parseKeys(key))).toThrow('None of the keys');
  });

  it.each([
    ['another text', `${said.replace('problem', 'question')}\n${signature}`],
    ['no empty line', `${said}${signature}`],
    ['no last newline', `${said}\n${signature.trimEnd()}`],
    ['a hyphen for the dash', `${said}\n${signature.replace('—', '-')}`],
    ['a malformed line', `${said}\n${signature}and more\n`],
  ])('with %s is refused', (_, note) => {
    expect(() => openNote(note, parseKeys(key))).toThrow(NotProven);
  });

  it('is written by us with the key that RFC 8032 gives for its first test', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const { vkey } = new Signer(seed, 'kosh/spec');
    const typed = Buffer.from(vkey.split('+').slice(2).join('+'), 'base64');
    expect(typed.toString('hex')).toBe('01d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    const id = createHash('sha256').update('kosh/spec\n').update(typed).digest('hex').slice(0, 8);
    expect(vkey.startsWith(`kosh/spec+${id}+`)).toBe(true);
  });

  it.each([
    '',
    'PeterNeumann',
    key.replace('c74f20a3', 'c74f20a4'),
    key.replace('ARpc', 'Ahpc'),
    key.slice(0, -4),
  ])('is not checked with "%s", which is no key', (text) => {
    expect(() => parseKeys(text)).toThrow(NotProven);
  });
});

describe('the program, copied elsewhere and run alone', () => {
  let program: string;

  beforeAll(async () => {
    program = join(log.folder, 'verify-offline.mjs');
    await copyFile(BUILT, program);
  });

  async function run(...args: string[]) {
    const child = spawn(process.execPath, [program, ...args], { cwd: log.folder, env: {} });
    const [out, err] = [text(child.stdout), text(child.stderr)];
    const [code] = (await once(child, 'close')) as [number];
    return { code, out: await out, err: await err };
  }

  const against = () => ['--checkpoints', 'checkpoints', '--key', 'key.pub'];

  it('imports nothing but Node', async () => {
    const imports = [...(await readFile(BUILT, 'utf8')).matchAll(/^import .* from '([^']+)'/gm)];
    expect(imports.length).toBeGreaterThan(3);
    expect(imports.filter(([, from]) => !from?.startsWith('node:'))).toEqual([]);
  });

  it('says that the log is whole, and exits with 0', async () => {
    await log.dump();
    const { code, out, err } = await run('dump.ndjson', ...against());
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^The log is whole: 230 events, the last with hash [0-9a-f]{64}\.\n/);
    expect(out).toContain('4 signed checkpoints agree, the last of 200 events; the 30 after it');
    const json = await run('dump.ndjson', '--checkpoints', 'checkpoints', '--key', log.signer.vkey, '--json');
    expect([json.code, JSON.parse(json.out)]).toMatchObject([0, { ok: true, events: EVENTS }]);
  });

  it('names the first bad position, and exits with 1', async () => {
    await log.dump(
      tamperBy('a whole history rewritten with the database key').do(log.rows.slice(0, SIGNED), new Dice(5))
        .rows,
    );
    const { firstBad } = tamperBy('a whole history rewritten with the database key').do(
      log.rows.slice(0, SIGNED),
      new Dice(5),
    );
    const { code, out } = await run('dump.ndjson', ...against());
    expect([code, out]).toEqual([1, expect.stringContaining(`The first bad position is ${firstBad} (leaf)`)]);
  });

  it.each([
    ['nothing', []],
    ['a dump that is not there', ['nowhere.ndjson']],
    ['checkpoints without a key', ['dump.ndjson', '--checkpoints', 'checkpoints']],
    ['a key without checkpoints', ['dump.ndjson', '--key', 'key.pub']],
    ['a folder without checkpoints', ['dump.ndjson', '--checkpoints', '.', '--key', 'key.pub']],
    ['no key', ['dump.ndjson', '--checkpoints', 'checkpoints', '--key', 'dump.ndjson']],
    ['what there is not', ['dump.ndjson', '--fast']],
    [
      'a position that is none',
      ['dump.ndjson', '--checkpoints', 'checkpoints', '--key', 'key.pub', '--until', 'x'],
    ],
    ['a proof without a key', ['--proof', 'dump.ndjson']],
    ['a receipt that is none', ['dump.ndjson', '--receipt', 'key.pub']],
  ])('exits with 2 when asked for %s', async (_, args) => {
    await log.dump();
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Verifies a dump');
  });

  it('explains itself', async () => {
    const { code, out } = await run('--help');
    expect([code, out]).toEqual([0, expect.stringContaining('--checkpoints')]);
  });

  it('holds a receipt against the dump', async () => {
    await log.dump();
    const receipt = (position: number, more = {}) => {
      const row = log.row(position);
      const { recordedAt } = row;
      return log.write(
        'receipt.json',
        JSON.stringify({
          id: 'x',
          version: 1,
          position,
          hash: row.hash.toString('hex'),
          recordedAt,
          ...more,
        }),
      );
    };
    const ask = () => run('dump.ndjson', ...against(), '--receipt', 'receipt.json');
    await receipt(123);
    expect(await ask()).toMatchObject({ code: 0, out: expect.stringContaining('A checkpoint covers it') });
    await receipt(220);
    expect(await ask()).toMatchObject({
      code: 0,
      out: expect.stringContaining('No checkpoint covers it yet'),
    });
    await receipt(123, { hash: 'ab'.repeat(32) });
    expect(await ask()).toMatchObject({ code: 1, out: expect.stringContaining('NOT of this log') });
    await receipt(123, { recordedAt: '1998-06-26T00:00:00.001Z' });
    expect(await ask()).toMatchObject({ code: 1 });
    await log.dump(tamperBy('a changed body').do(log.rows.slice(0, 130), new Dice(1)).rows);
    const { firstBad } = tamperBy('a changed body').do(log.rows.slice(0, 130), new Dice(1));
    await receipt(firstBad - 1);
    expect(await ask()).toMatchObject({
      code: 1,
      out: expect.stringContaining('The receipt is of this log'),
    });
    await receipt(firstBad + 1);
    expect(await ask()).toMatchObject({ code: 1, out: expect.stringContaining('NOT of this log') });
    await log.dump();
    await receipt(123, { position: 999 });
    expect(await ask()).toMatchObject({ code: 1, out: expect.stringContaining('No good event') });
  });

  it('holds a receipt against a proof and a later checkpoint, without any dump', async () => {
    const proof = await inclusionProof(123, 150);
    const { hash } = proof;
    await log.write('proof.json', JSON.stringify(proof));
    await log.write('receipt.json', JSON.stringify({ id: 'x', version: 1, position: 123, hash }));
    const ask = ['--proof', 'proof.json', '--key', 'key.pub', '--receipt', 'receipt.json'];
    expect(await run(...ask)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^Proven\. The receipt is of an event at position 123 of kosh\/.* of 150 events/,
      ),
    });
    await log.write('receipt.json', JSON.stringify({ position: 122, hash }));
    expect(await run(...ask)).toMatchObject({ code: 1, out: expect.stringContaining('NOT proven') });

    const wrong = [
      { ...proof, path: proof.path.slice(1) },
      { ...proof, leafHash: 'ab'.repeat(32) },
      { ...proof, previousHash: 'ab'.repeat(32) },
      { ...proof, position: 124 },
      { ...proof, size: 149 },
      { ...proof, checkpoint: await readFile(join(log.checkpoints, checkpointFile(200)), 'utf8') },
      { ...proof, checkpoint: proof.checkpoint.replace('\n150\n', '\n151\n'), size: 151 },
      { ...proof, path: ['zz'] },
      {},
    ];
    for (const one of wrong) {
      await log.write('proof.json', JSON.stringify(one));
      expect(await run('--proof', 'proof.json', '--key', 'key.pub')).toMatchObject({ code: 1 });
    }
  });

  it('tells that a later checkpoint only adds to an earlier one', async () => {
    const note = (size: number) => readFile(join(log.checkpoints, checkpointFile(size)), 'utf8');
    const proof = {
      from: 50,
      to: 200,
      path: consistencyRanges(50, 200).map(hashOf),
      fromCheckpoint: await note(50),
      toCheckpoint: await note(200),
    };
    const ask = () => run('--proof', 'proof.json', '--key', 'key.pub');
    await log.write('proof.json', JSON.stringify(proof));
    expect(await ask()).toMatchObject({ code: 0, out: expect.stringContaining('begins with the one of 50') });
    await log.write(
      'proof.json',
      JSON.stringify({ ...proof, path: consistencyRanges(100, 200).map(hashOf) }),
    );
    expect(await ask()).toMatchObject({ code: 1 });
  });

  async function inclusionProof(position: number, size: number) {
    const row = log.row(position);
    return {
      position,
      hash: row.hash.toString('hex'),
      previousHash: log.row(position - 1).hash.toString('hex'),
      leafHash: leaf(row).toString('hex'),
      size,
      path: inclusionRanges(position - 1, size).map(hashOf),
      checkpoint: await readFile(join(log.checkpoints, checkpointFile(size)), 'utf8'),
    };
  }

  function hashOf(range: Range): string {
    const hashes = subtreesOf(range).map(({ level, index }) => {
      const tree = new Tree();
      for (const row of log.rows.slice(index * 2 ** level, (index + 1) * 2 ** level)) tree.add(leaf(row));
      return tree.root();
    });
    return joined(hashes).toString('hex');
  }
});

async function edit(path: string, how: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8');
  expect(how(before)).not.toBe(before);
  await writeFile(path, how(before));
}
