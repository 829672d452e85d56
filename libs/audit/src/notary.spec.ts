import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { historyOf, leaf, pause } from '#event-store';
import { until } from '../../../test/support/until.js';
import { Agency, type OwnNotary } from '../test/agency.js';
import { rechained } from '../test/paper-log.js';
import { checkpointsIn, KEY_FILE, readNote } from './checkpoint-files.js';
import type { Signed } from './notary.js';
import { checkpointFile, leavesFileOf, openCheckpoint, Tree } from './offline/verify-offline.js';
import { Records } from './records.js';
import { Signer } from './signer.js';
import { verify } from './verify.js';

let agency: Agency;

beforeEach(async () => {
  agency = await Agency.open();
});

afterEach(() => agency.close());

/** A signature is due after 10 events, or so soon that a spec need not wait for it. */
const often = { every: { events: 10, ms: 30 } };
const byCount = { every: { events: 10, ms: 600_000 } };

async function signedSizes(): Promise<readonly number[]> {
  return (await checkpointsIn(agency.folder)).map(({ size }) => size);
}

async function signedUpTo(notary: OwnNotary, size: number): Promise<void> {
  await until(() => notary.sizes.at(-1) === size, `a checkpoint of ${size}`);
}

/** Why the notary refuses to sign, as the API tells it, once it is that. */
async function refusal(notary: OwnNotary, why: RegExp): Promise<string | undefined> {
  const isSaid = (line: string) => line.startsWith('THE NOTARY REFUSES') && why.test(line);
  await until(() => notary.state === 'refusing' && notary.said.some(isSaid), `a refusal with ${why}`);
  const records = new Records(agency.projector);
  // Written at each look: whoever is at work in the database may have wiped it away.
  for (let tries = 0; tries < 500; tries += 1) {
    const { refusal: written } = await records.read();
    if (why.test(written ?? '')) return written;
    await pause(10, new AbortController().signal);
  }
  return undefined;
}

describe('a notary', () => {
  it('signs what the log is: its root, its last hash and when that was recorded', async () => {
    await agency.record(7);
    await signedUpTo(agency.notary(often), 7);
    const rows = await agency.rows();
    const tree = new Tree();
    for (const row of rows) tree.add(leaf(row));
    const note = (await readNote(agency.folder, 7)) ?? '';
    expect(openCheckpoint(note, await agency.keys())).toEqual({
      origin: `kosh/${(await historyOf(agency.auditor)).logId}`,
      size: 7,
      root: tree.root(),
      head: rows[6]?.hash,
      recordedAt: rows[6]?.recordedAt,
      epoch: 1,
      sharedUpTo: null,
    });
    expect(await new Records(agency.projector).latest()).toEqual({ size: 7, note });
    expect(await readFile(join(agency.folder, leavesFileOf(7)))).toEqual(Buffer.concat(rows.map(leaf)));
  });

  it('signs after so many events, and never leaves more without a checkpoint between', async () => {
    await agency.record(35);
    const notary = agency.notary(byCount);
    await signedUpTo(notary, 30);
    await agency.record(5);
    await signedUpTo(notary, 40);
    await agency.record(9);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(notary.sizes).toEqual([10, 20, 30, 40]);
    expect(await signedSizes()).toEqual([10, 20, 30, 40]);
  });

  it('signs fewer when they have waited long enough, and nothing while nothing is new', async () => {
    const notary = agency.notary({ every: { events: 10, ms: 200 } });
    await agency.record(3);
    await signedUpTo(notary, 3);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(notary.sizes).toEqual([3]);
  });

  it('signs what came last when it is told to stop', async () => {
    const notary = agency.notary(byCount);
    await until(() => notary.state === 'signing', 'the first look');
    await agency.record(4);
    await notary.stop();
    expect(notary.sizes).toEqual([4]);
  });

  it('is one of several: another takes over and goes on from there', async () => {
    await agency.record(12);
    const first = agency.notary(byCount);
    await signedUpTo(first, 10);
    const second = agency.notary(byCount);
    await agency.record(10);
    await signedUpTo(first, 20);
    expect(second.state).toBe('standby');
    await first.stop();
    await agency.record(10);
    await signedUpTo(second, 32);
    expect([first.sizes, second.sizes]).toEqual([[10, 20, 22], [32]]);
    expect(
      await verify(agency.auditor, { checkpoints: { folder: agency.folder, keys: await agency.keys() } }),
    ).toMatchObject({ ok: true, checkpoints: { matched: 4, signedUpTo: 32 } });
  });

  it('goes on where it stopped, with the same key, and makes nodes anew that were dropped', async () => {
    await agency.record(50);
    await agency.sign(byCount);
    const kept = async () => {
      const all = 'select level, index, hash from audit.nodes order by level, index';
      return (await agency.intruder.query<{ level: number; index: string; hash: Buffer }>(all)).rows;
    };
    const nodes = await kept();
    expect(nodes.map(({ level, index }) => `${level}/${index}`)).toEqual(['4/0', '4/1', '4/2', '5/0']);
    await agency.intruder.query('truncate audit.nodes');
    await agency.record(1);
    const next = agency.notary(often);
    await signedUpTo(next, 51);
    expect(await kept()).toEqual(nodes);
    expect((await readFile(join(agency.folder, KEY_FILE), 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('takes nodes that were changed for what they are', async () => {
    await agency.record(40);
    await agency.sign(byCount);
    await agency.intruder.query(`update audit.nodes set hash = sha256('x') where level = 5`);
    await agency.record(1);
    const next = agency.notary(often);
    await signedUpTo(next, 41);
    expect(next.said.some((line) => line.includes('made anew'))).toBe(true);
    expect((await verify(agency.auditor, await against())).ok).toBe(true);
  });

  it('goes on under another key, beside whose public key the old one stays', async () => {
    await agency.record(5);
    await agency.sign(byCount);
    await agency.record(5);
    await agency.sign({ ...byCount, seed: Buffer.alloc(32, 8) });
    expect(await agency.keys()).toHaveLength(2);
    expect(await verify(agency.auditor, await against())).toMatchObject({
      ok: true,
      checkpoints: { matched: 2, signedUpTo: 10 },
    });
  });

  it('brings checkpoints back into a folder that lost them, since the key has signed the copies', async () => {
    await agency.record(20);
    await agency.sign(byCount);
    const before = await readNote(agency.folder, 20);
    await rm(agency.folder, { recursive: true });
    await agency.record(1);
    const next = agency.notary(often);
    await signedUpTo(next, 21);
    expect(await signedSizes()).toEqual([10, 20, 21]);
    expect(await readNote(agency.folder, 20)).toBe(before);
    expect(next.said.some((line) => line.includes('was missing in one of its places'))).toBe(true);
  });

  it('brings copies back into a database that lost them, and they are sent again', async () => {
    const sent: number[] = [];
    const publish = (signed: readonly Signed[]) => {
      sent.push(...signed.map(({ checkpoint }) => checkpoint.size));
      return Promise.resolve({ wasEmpty: false });
    };
    await agency.record(20);
    await agency.sign(byCount);
    await agency.intruder.query('truncate audit.checkpoints');
    await agency.record(1);
    await signedUpTo(agency.notary({ ...often, publish }), 21);
    await until(() => sent.length === 3, 'all of them');
    expect((await new Records(agency.projector).page(0, 10)).map(({ size }) => size)).toEqual([10, 20, 21]);
  });

  it('says that it cannot work while its folder cannot be written', async () => {
    await writeFile(agency.folder, 'a file in its place');
    const notary = agency.notary(often);
    await until(() => notary.state === 'failing', 'a failure');
    await rm(agency.folder);
    await agency.record(1);
    await signedUpTo(notary, 1);
    await until(() => notary.state === 'signing', 'the good news');
    expect(notary.sizes).toEqual([1]);
  });
});

describe('a notary refuses to sign', () => {
  let notary: OwnNotary;

  beforeEach(async () => {
    await agency.record(25);
    notary = agency.notary(byCount);
    await signedUpTo(notary, 20);
  });

  it('a log whose end was removed, signed or not, and signs again when it is back', async () => {
    const rows = await agency.rows();
    await agency.write(rows.slice(0, 18));
    expect(await refusal(notary, /The log had 25 events, and now it ends at position 18/)).toBeDefined();
    await agency.write(rows);
    await until(() => notary.state === 'signing', 'the end of the refusal');
    expect((await new Records(agency.projector).read()).refusal).toBeUndefined();
    await agency.record(5);
    await signedUpTo(notary, 30);
  });

  it('a log whose removed end was grown over', async () => {
    const rows = await agency.rows();
    await agency.write(rows.slice(0, 22));
    await agency.record(9);
    expect(await refusal(notary, /Position 25 has hash [0-9a-f]{64}; a moment ago it had/)).toBeDefined();
  });

  it('a removed end that it finds when it starts', async () => {
    await notary.stop();
    await agency.write((await agency.rows()).slice(0, 20));
    expect(
      await refusal(agency.notary(often), /The first bad position is 21 .* found the end of the log/),
    ).toBeDefined();
  });

  it('a history that was rewritten with the key of the database, nodes and copies included', async () => {
    const rows = (await agency.rows()).map((row) => ({ ...row, meta: '{"actor":"nobody"}' }));
    await agency.write(rechained(rows));
    await agency.intruder.query('truncate audit.nodes, audit.checkpoints, audit.verification');
    expect(await refusal(notary, /Position 2\d has hash/)).toBeDefined();
    await notary.stop();
    expect(await refusal(agency.notary(often), /The first bad position is 1 \(leaf\)/)).toBeDefined();
  });

  it('an event that does not follow from what was signed', async () => {
    await agency.intruder.query(`update log.events set body = '{}' where position = 24`);
    await agency.record(5);
    expect(await refusal(notary, /Position 24 does not follow/)).toBeDefined();
    expect(await signedSizes()).toEqual([10, 20]);
  });

  it('an event whose time was moved by less than anyone is shown', async () => {
    await agency.intruder.query(
      `update log.events set recorded_at = recorded_at + interval '1 microsecond' where position = 23`,
    );
    await agency.record(5);
    expect(await refusal(notary, /Position 23 does not follow/)).toBeDefined();
  });

  it('beside a checkpoint that another has signed', async () => {
    await notary.stop();
    const other = new Signer(Buffer.alloc(32, 9), `kosh/${(await historyOf(agency.auditor)).logId}`);
    const checkpoint = openCheckpoint((await readNote(agency.folder, 20)) ?? '', await agency.keys());
    await writeFile(join(agency.folder, checkpointFile(25)), other.note({ ...checkpoint, size: 25 }));
    expect(
      await refusal(agency.notary(often), /Checkpoint 25 in .* is not signed by the key of this log/),
    ).toBeDefined();
  });

  it('beside the checkpoints of another log', async () => {
    const stranger = await Agency.open();
    await stranger.record(5);
    await mkdir(stranger.folder);
    for (const name of await readdir(agency.folder)) {
      await copyFile(join(agency.folder, name), join(stranger.folder, name));
    }
    const misplaced = stranger.notary(often);
    await until(() => misplaced.state === 'refusing', 'a refusal');
    expect(misplaced.sizes).toEqual([]);
    await stranger.close();
  });

  it('on a copy in the database that nobody has signed', async () => {
    await notary.stop();
    await agency.intruder.query(`insert into audit.checkpoints values (1000, 'all is well')`);
    expect(await refusal(agency.notary(often), /copy of checkpoint 1000 is not signed/)).toBeDefined();
  });
});

describe('the verification in the background', () => {
  const watching = { ...byCount, verify: { rowsPerSecond: 1_000, passMs: 30 } };

  it('reads the whole log again and again, and says how far it has come', async () => {
    await agency.record(30);
    const notary = agency.notary(watching);
    await until(() => notary.watched?.full?.position === 30, 'a whole pass');
    expect(await new Records(agency.projector).read()).toMatchObject({
      position: 30,
      upTo: 30,
      full: { position: 30 },
      firstBad: undefined,
    });
    await agency.record(3);
    await until(() => notary.watched?.full?.position === 33, 'the next pass');
  });

  it('goes no faster than it may', async () => {
    await agency.record(60);
    const notary = agency.notary({ ...byCount, verify: { rowsPerSecond: 20, passMs: 30 } });
    const startedAt = performance.now();
    await until(() => notary.watched?.full?.position === 60, 'a whole pass');
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  it('finds what was changed long ago, and the notary signs no more until it is undone', async () => {
    await agency.record(30);
    const notary = agency.notary(watching);
    await until(() => notary.watched?.full?.position === 30, 'a whole pass');
    const rows = await agency.rows();
    await agency.intruder.query(`update log.events set meta = '{}' where position = 3`);
    await until(() => notary.watched?.firstBad?.position === 3, 'the finding');
    expect(notary.watched?.full?.position).toBe(30);
    expect(await refusal(notary, /The first bad position is 3 \(hash\)/)).toBeDefined();
    // It is remembered by whoever comes next.
    await notary.stop();
    await agency.record(10);
    const second = agency.notary(byCount);
    expect(await refusal(second, /The first bad position is 3 \(hash\)/)).toBeDefined();
    await second.stop();
    const restored = rows.find(({ position }) => position === 3)?.meta;
    await agency.intruder.query('update log.events set meta = $1 where position = 3', [restored]);
    const last = agency.notary(watching);
    await until(() => last.sizes.at(-1) === 40, 'the next signature');
  });

  it('finds sealed personal data that were altered', async () => {
    await agency.record(5);
    await agency.intruder.query(
      `insert into vault.sealed values (sha256('sealed'), gen_random_uuid(), 4, 'altered')`,
    );
    const rows = (await agency.rows()).map((row) =>
      row.position === 4 ? { ...row, sealed: createHash('sha256').update('sealed').digest() } : row,
    );
    await agency.write(rechained(rows));
    const notary = agency.notary(watching);
    await until(() => notary.watched?.firstBad !== undefined, 'the finding');
    expect(notary.watched?.firstBad).toMatchObject({ position: 4, what: 'sealed' });
  });

  it('tells of checkpoints that prove nothing', async () => {
    await agency.record(20);
    const notary = agency.notary(watching);
    await signedUpTo(notary, 20);
    await writeFile(join(agency.folder, checkpointFile(10)), 'all is well\n');
    await until(() => notary.watched?.faults.length === 1, 'the fault');
    expect(notary.watched).toMatchObject({ firstBad: undefined, faults: [{ file: checkpointFile(10) }] });
  });
});

describe('the second place for checkpoints', () => {
  it('gets each of them, in order, again if it did not take them', async () => {
    const taken: number[] = [];
    let away = true;
    const publish = (signed: readonly Signed[]) => {
      if (away) return Promise.reject(new Error('away'));
      taken.push(...signed.map(({ checkpoint }) => checkpoint.size));
      return Promise.resolve({ wasEmpty: false });
    };
    await agency.record(30);
    const notary = agency.notary({ ...byCount, publish });
    await signedUpTo(notary, 30);
    await until(() => notary.said.some((line) => line.includes('wait in the folder')), 'a complaint');
    away = false;
    await until(() => taken.length === 3, 'all of them');
    await agency.record(10);
    await until(() => taken.length === 4, 'the next');
    expect(taken).toEqual([10, 20, 30, 40]);
    await notary.stop();
    await agency.record(3);
    await agency.sign({ ...byCount, publish });
    expect(taken).toEqual([10, 20, 30, 40, 43]);
  });

  it('gets all of them again when it was lost and made anew', async () => {
    const taken: number[] = [];
    let wasEmpty = false;
    const publish = (signed: readonly Signed[]) => {
      taken.push(...signed.map(({ checkpoint }) => checkpoint.size));
      const answer = { wasEmpty };
      wasEmpty = false;
      return Promise.resolve(answer);
    };
    await agency.record(30);
    const notary = agency.notary({ ...byCount, publish });
    await until(() => taken.length === 3, 'three of them');
    wasEmpty = true;
    await agency.record(10);
    await until(() => taken.length === 7, 'the new one, and the others again');
    await notary.stop();
    expect(taken).toEqual([10, 20, 30, 40, 10, 20, 30]);
  });
});

async function against() {
  return { checkpoints: { folder: agency.folder, keys: await agency.keys() } };
}
