import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { connect } from '#event-store';
import { freshDatabase } from '../../../test/support/database.js';
import { BrokenSeal, type SealedRow, Vault, WrongMasterKey } from './vault.js';

const KEY = Buffer.alloc(32, 1);
const OTHER_KEY = Buffer.alloc(32, 2);
const PERSON = { names: [{ full: 'Zqxwv Unmistakable', script: 'Latn' }], note: 'тайна-7731' };

const database = await freshDatabase();
const api = connect(database.url, 'kosh_api');
const owner = connect(database.url, 'kosh_owner');
let vault: Vault;

beforeAll(async () => {
  vault = await Vault.open(api, KEY);
});

afterAll(async () => {
  await Promise.all([api.end(), owner.end()]);
  await database.drop();
});

describe('what is known about a person', () => {
  it('is nowhere in what is stored', async () => {
    const { bytes, wrappedKey, hash } = await vault.seal(uuidv7(), PERSON, { fresh: true });
    const stored = Buffer.concat([bytes, wrappedKey ?? Buffer.alloc(0), hash]).toString('latin1');
    for (const word of ['Zqxwv', 'Unmistakable', 'Latn', 'тайна-7731']) {
      for (const form of ['utf8', 'utf16le'] as const) {
        expect(stored).not.toContain(Buffer.from(word, form).toString('latin1'));
      }
    }
  });

  it('is read back as it was told', async () => {
    const row = await keep(await vault.seal(uuidv7(), PERSON, { fresh: true }));
    expect(await vault.openSealed(row.hash)).toEqual(PERSON);
  });

  it('is sealed under one key, however often it changes', async () => {
    const subject = uuidv7();
    const first = await keep(await vault.seal(subject, PERSON));
    const second = await keep(await vault.seal(subject.toUpperCase(), { note: 'later' }));
    expect(first.wrappedKey).toBeDefined();
    expect(second.wrappedKey).toBeUndefined();
    const opened = await vault.openMany([first.hash, second.hash]);
    expect([...opened.values()]).toEqual(expect.arrayContaining([PERSON, { note: 'later' }]));
  });

  it('is never the same bytes twice', async () => {
    const subject = uuidv7();
    const [one, two] = await Promise.all([vault.seal(subject, PERSON), vault.seal(subject, PERSON)]);
    expect(one.bytes.equals(two.bytes)).toBe(false);
  });

  it('is sealed under a nonce that was never used, however many are', async () => {
    const subject = uuidv7();
    const rows = await Promise.all(
      Array.from({ length: 300 }, () => vault.seal(subject, PERSON, { fresh: true })),
    );
    const nonces = rows.flatMap(({ bytes, wrappedKey }) => [bytes, wrappedKey ?? Buffer.alloc(12)]);
    expect(new Set(nonces.map((bytes) => bytes.subarray(0, 12).toString('hex'))).size).toBe(600);
  });

  it('is gone for good when the key of the person is gone', async () => {
    const row = await keep(await vault.seal(uuidv7(), PERSON, { fresh: true }));
    await owner.query('delete from vault.keys where subject = $1', [row.subject]);
    expect(await vault.openSealed(row.hash)).toBeUndefined();
  });
});

describe('sealed bytes', () => {
  it('do not open for another person, even with the right key beside them', async () => {
    const [mine, theirs] = await Promise.all(
      [PERSON, { note: 'theirs' }].map(async (value) => {
        return keep(await vault.seal(uuidv7(), value, { fresh: true }));
      }),
    );
    await owner.query('update vault.sealed set subject = $1 where hash = $2', [theirs?.subject, mine?.hash]);
    await expect(vault.openSealed(hashOf(mine))).rejects.toThrow(BrokenSeal);
    await owner.query('update vault.keys set wrapped = $1 where subject = $2', [
      mine?.wrappedKey,
      theirs?.subject,
    ]);
    await expect(vault.openSealed(hashOf(mine))).rejects.toThrow(BrokenSeal);
  });

  it.each([0, 20, -1])('do not open when the bit at %i was turned', async (at) => {
    const row = await keep(await vault.seal(uuidv7(), PERSON, { fresh: true }));
    const bytes = Buffer.from(row.bytes);
    const index = at < 0 ? bytes.length + at : at;
    bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
    await owner.query('update vault.sealed set bytes = $1 where hash = $2', [bytes, row.hash]);
    await expect(vault.openSealed(row.hash)).rejects.toThrow(/altered, or belongs to someone else/);
  });

  it('do not open in the place of others of the same person', async () => {
    const subject = uuidv7();
    const old = await keep(await vault.seal(subject, { note: 'old' }));
    const now = await keep(await vault.seal(subject, { note: 'new' }));
    await owner.query('update vault.sealed set bytes = $1 where hash = $2', [old.bytes, now.hash]);
    await expect(vault.openSealed(now.hash)).rejects.toThrow(BrokenSeal);
  });
});

describe('the vault', () => {
  it('stays shut under another master key, and says which one to bring', async () => {
    await expect(Vault.open(api, OTHER_KEY)).rejects.toThrow(WrongMasterKey);
    await expect(Vault.open(api, OTHER_KEY)).rejects.toThrow(/KOSH_MASTER_KEY/);
    await expect(Vault.open(api, KEY)).resolves.toBeInstanceOf(Vault);
  });

  it('takes one master key when two processes start for the first time at once', async () => {
    const { url, drop } = await freshDatabase();
    const pool = connect(url, 'kosh_api');
    const starts = await Promise.allSettled(
      [KEY, OTHER_KEY, KEY, OTHER_KEY].map((key) => Vault.open(pool, key)),
    );
    const opened = starts.map(({ status }) => status === 'fulfilled');
    expect([
      [true, false, true, false],
      [false, true, false, true],
    ]).toContainEqual(opened);
    await pool.end();
    await drop();
  });
});

/** As `log.append` stores it, beside its event. */
async function keep(row: SealedRow): Promise<SealedRow> {
  const { subject, hash, bytes, wrappedKey } = row;
  if (wrappedKey) await owner.query('insert into vault.keys values ($1, $2)', [subject, wrappedKey]);
  await owner.query('insert into vault.sealed values ($1, $2, 1, $3)', [hash, subject, bytes]);
  return row;
}

function hashOf(row: SealedRow | undefined): Buffer {
  return row?.hash ?? Buffer.alloc(0);
}
