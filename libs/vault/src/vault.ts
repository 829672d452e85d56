import { hash as digest, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { decrypt, encrypt } from './seal.js';

/** What the append stores beside an event, whose `sealed` is `hash`: so the chain covers the ciphertext. */
export type SealedRow = Readonly<{
  /** The case id of a person, the passenger id of someone known by a list name only. */
  subject: string;
  /** SHA-256 of `bytes`. */
  hash: Buffer;
  /** nonce (12 bytes), ciphertext, tag (16 bytes) */
  bytes: Buffer;
  /** The subject's key under the master key, when this row is the first of the subject. */
  wrappedKey?: Buffer;
}>;

/** The vault was sealed under another master key. */
export class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';
  constructor() {
    super(
      'The vault was sealed under another master key, so no personal data could be read. Give the key of ' +
        'its first start in KOSH_MASTER_KEY or KOSH_MASTER_KEY_FILE, or as master.key in KOSH_DATA_DIR.',
    );
  }
}

/** Sealed bytes that do not open: they were altered, or belong to someone else. */
export class BrokenSeal extends Error {
  override readonly name = 'BrokenSeal';
}

/**
 * Personal data, sealed with a key per subject. A subject's key is read afresh each time and kept nowhere, so
 * that destroying its row is enough to make the subject unreadable.
 */
export class Vault {
  private constructor(
    private readonly pool: Pool,
    private readonly masterKey: Buffer,
  ) {}

  /** The first start decides which master key is the right one. Throws `WrongMasterKey` for any other. */
  static async open(pool: Pool, masterKey: Buffer): Promise<Vault> {
    const check = encrypt(masterKey, CHECK_OWNER, Buffer.from(CHECK_OWNER));
    await pool.query('insert into vault.master (sealed) values ($1) on conflict do nothing', [check]);
    const { rows } = await pool.query<{ sealed: Buffer }>('select sealed from vault.master');
    try {
      for (const row of rows) decrypt(masterKey, CHECK_OWNER, row.sealed);
    } catch {
      throw new WrongMasterKey();
    }
    return new Vault(pool, masterKey);
  }

  /** Seals, and writes nothing. `fresh` says that the subject is new, which spares the look for its key. */
  async seal(subject: string, value: object, { fresh = false } = {}): Promise<SealedRow> {
    const owner = subject.toLowerCase();
    const known = fresh ? undefined : await this.keyOf(owner);
    const key = known ?? randomBytes(32);
    const bytes = encrypt(key, owner, Buffer.from(canonical(value)));
    const row = { subject: owner, hash: sha256(bytes), bytes };
    return known ? row : { ...row, wrappedKey: encrypt(this.masterKey, owner, key) };
  }

  /** What was sealed; undefined where it was erased or never written. Throws `BrokenSeal`. */
  async openSealed(hash: Buffer): Promise<object | undefined> {
    return (await this.openMany([hash])).get(hash.toString('hex'));
  }

  /** By hash in hex; what was erased is missing. Throws `BrokenSeal`. */
  async openMany(hashes: readonly Buffer[]): Promise<Map<string, object>> {
    const { rows } = await this.pool.query<Stored>(
      `select s.hash, s.subject, s.bytes, k.wrapped
         from vault.sealed s join vault.keys k using (subject)
        where s.hash = any($1)`,
      [hashes],
    );
    return new Map(rows.map((row) => [row.hash.toString('hex'), this.unseal(row)]));
  }

  private async keyOf(subject: string): Promise<Buffer | undefined> {
    const { rows } = await this.pool.query<{ wrapped: Buffer }>(
      'select wrapped from vault.keys where subject = $1',
      [subject],
    );
    return rows[0] && decrypt(this.masterKey, subject, rows[0].wrapped);
  }

  private unseal({ hash, subject, bytes, wrapped }: Stored): object {
    try {
      if (!sha256(bytes).equals(hash)) throw new Error('The bytes are not those that were hashed.');
      return parseObject(decrypt(decrypt(this.masterKey, subject, wrapped), subject, bytes).toString());
    } catch (cause) {
      const what = `What is sealed for ${subject} as ${hash.toString('hex')} does not open`;
      throw new BrokenSeal(`${what}: it was altered, or belongs to someone else. Run kosh verify.`, {
        cause,
      });
    }
  }
}

type Stored = { hash: Buffer; subject: string; bytes: Buffer; wrapped: Buffer };

const CHECK_OWNER = 'kosh master key';

/** Keys in order, no spaces: the same facts are the same bytes. */
function canonical(value: object): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function parseObject(json: string): object {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new TypeError('Not an object.');
  return value;
}

function sha256(bytes: Buffer): Buffer {
  return digest('sha256', bytes, 'buffer');
}
