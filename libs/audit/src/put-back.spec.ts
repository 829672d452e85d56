import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { beginEpoch, connect } from '#event-store';
import { emptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { until } from '../../../test/support/until.js';
import { Agency, type OwnNotary } from '../test/agency.js';
import { rechained } from '../test/paper-log.js';
import { backup } from './backup/backup.js';
import { restore } from './backup/restore.js';
import { checkpointsIn, noteEpoch, noteFile } from './checkpoint-files.js';
import { dump } from './dump.js';
import type { Signed } from './notary.js';
import { checkProof, type Epoch, verifyDump } from './offline/verify-offline.js';
import { proveConsistency } from './prove.js';
import { Records } from './records.js';
import { verify } from './verify.js';

let agency: Agency;

/** Signed at 10, 20 and 25. */
const SIGNED = 25;
const byCount = { every: { events: 10, ms: 600_000 } };

beforeEach(async () => {
  agency = await Agency.open();
  await agency.record(SIGNED);
  await agency.sign(byCount);
});

afterEach(() => agency.close());

/** As a restore from a backup leaves the database: the log as far as a position, under another epoch. */
async function putBack(position: number): Promise<Epoch> {
  await agency.intruder.query('delete from log.events where position > $1', [position]);
  await agency.intruder.query('delete from log.keys where last_position > $1', [position]);
  await agency.intruder.query('truncate audit.nodes');
  const owner = connect(agency.url, 'kosh_owner', { max: 1 });
  const client = await owner.connect();
  const { epoch, sharedUpTo } = await beginEpoch(client);
  client.release();
  await owner.end();
  return { epoch, sharedUpTo };
}

async function verified() {
  return verify(agency.auditor, { checkpoints: { folder: agency.folder, keys: await agency.keys() } });
}

async function signedUpTo(notary: OwnNotary, size: number): Promise<void> {
  await until(() => notary.sizes.at(-1) === size, `a checkpoint of ${size}`);
}

/** Waits until it refuses, and answers the sizes that it has signed. */
async function refused(notary: OwnNotary, why: RegExp): Promise<readonly number[]> {
  const isSaid = (line: string) => line.startsWith('THE NOTARY REFUSES') && why.test(line);
  await until(() => notary.state === 'refusing' && notary.said.some(isSaid), `a refusal with ${why}`);
  return notary.sizes;
}

describe('a log that was put back', () => {
  it('is signed at once, as another history, and verified by what both have in common', async () => {
    const epoch = await putBack(22);
    await noteEpoch(agency.folder, epoch);
    expect(await verified()).toMatchObject({ ok: true, events: 22, checkpoints: { matched: 2, voided: 1 } });
    const notary = agency.notary(byCount);
    await signedUpTo(notary, 22);
    await agency.record(10);
    await signedUpTo(notary, 32);
    expect(notary.signed.map(({ origin }) => origin.split('/')[2])).toEqual(
      Array.from({ length: 2 }, () => String(epoch.epoch)),
    );
    expect(await verified()).toMatchObject({
      ok: true,
      events: 32,
      checkpoints: { ...epoch, matched: 4, signedUpTo: 32, voided: 1, faults: [] },
    });
    const kept = (await checkpointsIn(agency.folder)).map(({ size }) => size);
    expect(kept).toEqual([10, 20, 22, 25, 32]);
    const told = await new Records(agency.projector).page(0, 100);
    expect(told.map(({ size }) => size)).toEqual([10, 20, 22, 32]);
  });

  it('is found whole without any database, by what is signed alone', async () => {
    const epoch = await putBack(22);
    await noteEpoch(agency.folder, epoch);
    await agency.record(3);
    await agency.sign(byCount);
    await rm(join(agency.folder, noteFile(epoch.epoch)));
    const lines: string[] = [];
    for await (const line of dump(agency.auditor, {})) lines.push(line);
    const file = join(agency.dataDir, 'dump.ndjson');
    await writeFile(file, lines.join(''));
    const offline = { checkpoints: agency.folder, keys: await agency.keys() };
    expect(await verifyDump(file, offline)).toMatchObject({
      ok: true,
      events: 25,
      checkpoints: { ...epoch, matched: 3, signedUpTo: 25, voided: 1 },
    });
    for (const name of await readdir(agency.folder)) {
      if (name.startsWith(String(epoch.epoch).padStart(16, '0'))) await rm(join(agency.folder, name));
    }
    // Nobody has signed that the log was put back: then it is the old one, and 23 is not what was signed.
    expect(await verifyDump(file, offline)).toMatchObject({ ok: false, firstBad: { position: 23 } });
  });

  it('is proven to begin with what was signed before; what was given up is not in it', async () => {
    await noteEpoch(agency.folder, await putBack(22));
    await agency.record(8);
    await agency.sign(byCount);
    const keys = await agency.keys();
    const proof = await proveConsistency(agency.auditor, keys, 20, 30);
    expect(checkProof(JSON.stringify(proof), keys)).toContain('begins with the one of 20 events');
    await expect(proveConsistency(agency.auditor, keys, 25, 30)).rejects.toThrow('no checkpoint of 25');
  });

  it('needs no note where nothing is gone that was signed', async () => {
    await agency.record(2);
    await putBack(26);
    const notary = agency.notary(byCount);
    await signedUpTo(notary, 26);
    expect(await verified()).toMatchObject({ ok: true, checkpoints: { matched: 4, voided: 0 } });
  });

  it('twice is held against what all of its histories have in common', async () => {
    await noteEpoch(agency.folder, await putBack(15));
    await agency.record(10);
    await agency.sign(byCount);
    const last = await putBack(22);
    expect(last.sharedUpTo).toBe(15);
    await noteEpoch(agency.folder, last);
    await agency.sign(byCount);
    // Of the first history that at 10, of the second that at 15, of the third that at 22.
    expect(await verified()).toMatchObject({ ok: true, checkpoints: { matched: 3, signedUpTo: 22 } });
  });

  it('is signed again where the folder was lost, but for the copies that the backup has', async () => {
    await rm(agency.folder, { recursive: true });
    await putBack(22);
    const notary = agency.notary(byCount);
    await signedUpTo(notary, 22);
    expect((await checkpointsIn(agency.folder)).map(({ size }) => size)).toEqual([10, 20, 22]);
    expect(await verified()).toMatchObject({ ok: true, checkpoints: { matched: 3, voided: 0 } });
  });

  it('goes into the topic beside what was sent before', async () => {
    const sent: Signed[] = [];
    const publish = (checkpoints: readonly Signed[]) => {
      sent.push(...checkpoints);
      return Promise.resolve({ wasEmpty: false });
    };
    await agency.sign({ ...byCount, publish });
    await noteEpoch(agency.folder, await putBack(20));
    await agency.sign({ ...byCount, publish });
    const names = sent.map(({ checkpoint: { origin, size } }) => `${origin} ${size}`);
    expect(new Set(names).size).toBe(4);
    expect(sent.map(({ checkpoint: { size } }) => size)).toEqual([10, 20, 25, 20]);
  });
});

it('a log goes on under its own history beside a note of one that was put back elsewhere, for a drill', async () => {
  await noteEpoch(agency.folder, { epoch: 1_764_000_000_000, sharedUpTo: 12 });
  await agency.record(5);
  await agency.sign(byCount);
  expect(await verified()).toMatchObject({ ok: true, checkpoints: { epoch: 1, matched: 4, voided: 0 } });
});

describe('a restore beside signed checkpoints', () => {
  let target: TestDatabase;
  let owner: Pool;

  beforeEach(async () => {
    target = await emptyDatabase();
    owner = connect(agency.url, 'kosh_owner');
  });

  afterEach(async () => {
    await owner.end();
    await target.drop();
  });

  async function restored(folder: string) {
    const checkpoints = { folder: agency.folder, keys: await agency.keys() };
    return restore({ url: target.url, folder, checkpoints, readModels: [] });
  }

  it('says how many agree; what was signed after the backup is not missing from it', async () => {
    await agency.record(2);
    const folder = join(agency.dataDir, 'backup');
    await backup({ pool: owner, folder });
    await agency.record(20);
    await agency.sign(byCount);
    expect(await restored(folder)).toMatchObject({
      ok: true,
      position: 27,
      checkpoints: { matched: 3, signedUpTo: 25, voided: 0, faults: [] },
    });
  });

  it('loads nothing where the log was rewritten with all its hashes, and names the first bad position', async () => {
    const rows = await agency.rows();
    const changed = rows.map((row) => (row.position === 5 ? { ...row, body: '{"diedOn":"1990"}' } : row));
    await agency.write(rechained(changed));
    const folder = join(agency.dataDir, 'backup');
    await backup({ pool: owner, folder });
    await expect(restored(folder)).rejects.toThrow('the first bad position is 5 (leaf)');
    const loaded = connect(target.url, 'kosh_owner');
    expect((await loaded.query('select from log.events')).rows).toEqual([]);
    await loaded.end();
  });
});

describe('the notary does not sign', () => {
  it('a log that only its database says was put back, until the agency says so, too', async () => {
    const epoch = await putBack(22);
    const notary = agency.notary(byCount);
    expect(await refused(notary, /kosh epoch --accept/)).toEqual([]);
    expect(await verified()).toMatchObject({ ok: false, firstBad: { position: 23 } });
    await noteEpoch(agency.folder, epoch);
    await signedUpTo(notary, 22);
  });

  it('under an epoch whose end was moved back after it was accepted', async () => {
    await noteEpoch(agency.folder, await putBack(22));
    await agency.intruder.query('update log.epochs set position = 5 where epoch > 1');
    expect(await refused(agency.notary(byCount), /shared up to position 5/)).toEqual([]);
  });

  it('under an epoch of before, while the checkpoints know a later one', async () => {
    await noteEpoch(agency.folder, await putBack(22));
    await agency.sign(byCount);
    await agency.intruder.query('delete from log.epochs where epoch > 1');
    expect(await refused(agency.notary(byCount), /is in epoch 1/)).toEqual([]);
  });

  it('what was put back otherwise than it was signed', async () => {
    const rows = await agency.rows();
    const changed = rows.map((row) => (row.position === 5 ? { ...row, body: '{"diedOn":"1990"}' } : row));
    await agency.write(rechained(changed));
    await noteEpoch(agency.folder, await putBack(22));
    expect(await refused(agency.notary(byCount), /The first bad position is 5 \(leaf\)/)).toEqual([]);
  });
});
