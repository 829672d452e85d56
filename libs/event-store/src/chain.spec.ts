import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { chain, connect, Gatherer, GENESIS, leaf, readPage, readRows, type Row } from './index.js';

const arrival: Omit<Row, 'hash'> = {
  position: 1,
  stream: 'case-0190a5b0-0000-7000-8000-000000000001',
  version: 1,
  type: 'MigrantDied',
  schemaVersion: 1,
  occurredOn: '1997-05',
  recordedAt: '1998-06-26T05:00:00.120Z',
  body: '{"diedOn":"1997-05"}',
  meta: '{"actor":"registrar-1"}',
  sealed: null,
};

describe('the hash of a row', () => {
  // Computed apart from this code, from the definition alone (Python's hashlib).
  it.each([
    { row: arrival, hex: '2cb592264ebf23bdd57725cc8619fd62a6ffc8d894e660e7761c61494bbe69e4' },
    {
      row: { ...arrival, occurredOn: null, sealed: Buffer.alloc(32, 0xab) },
      hex: '2b1829d39e62e2e6fb6f86a162b0541c4229a5d4e2498056c335bda0001a429d',
    },
    {
      row: { ...arrival, position: 1234567890123, body: '{"note":"Қазақ\\n"}' },
      hex: '9e8b62d19287bf4285858ace302e75de636b32f0a882fbd004b2c9febef3a745',
    },
  ])('is what the definition says ($hex)', ({ row, hex }) => {
    expect(leaf(row).toString('hex')).toBe(hex);
  });

  it('follows from the one before it', () => {
    expect(chain(GENESIS, leaf(arrival)).toString('hex')).toBe(
      '695225877ca83455e0da4d173d84ac3a2525311a1e715114af3a9b4ea1cd6f0a',
    );
  });

  it.each(Object.keys(arrival) as (keyof typeof arrival)[])('changes with its %s', (name) => {
    const other = typeof arrival[name] === 'number' ? 7 : name === 'sealed' ? Buffer.alloc(32) : 'other';
    expect(leaf({ ...arrival, [name]: other })).not.toEqual(leaf(arrival));
  });
});

describe('the hashes that the database writes', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await freshDatabase();
    pool = connect(database.url, 'kosh_api');
    const gatherer = new Gatherer(pool);
    const bodies = ['{}', '{"a":"tab\\t, line\\n, backslash \\\\, quote \\""}', '{"ә":"қазақ 🐎"}'];
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        gatherer.append({
          actor: 'registrar-1',
          key: `key-${i}`,
          fingerprint: Buffer.alloc(32),
          meta: `{"n":${i}}`,
          targets: [{ stream: `case-${i % 7}`, version: -1 }],
          events: bodies.map((body, j) => ({
            stream: `case-${i % 7}`,
            type: 'MigrantDied',
            schemaVersion: 1,
            occurredOn: j === 0 ? null : '1998-02-03',
            body,
          })),
        }),
      ),
    );
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('are the ones that anyone can compute from the rows', async () => {
    let previous = GENESIS;
    let seen = 0;
    for await (const rows of readRows(pool)) {
      for (const row of rows) {
        previous = chain(previous, leaf(row));
        expect(row.hash.equals(previous)).toBe(true);
        seen += 1;
      }
    }
    expect(seen).toBe(900);
  });

  it('come with the same rows by COPY as by pages', async () => {
    const copied: Row[] = [];
    for await (const rows of readRows(pool, { after: 100, upTo: 800 })) copied.push(...rows);
    expect(copied).toEqual(await readPage(pool, 100, 700));
  });

  it('can be read in part without harm to the connections', async () => {
    for (let i = 0; i < 12; i += 1) {
      for await (const rows of readRows(pool)) {
        expect(rows[0]?.position).toBe(1);
        break;
      }
    }
    expect(await readPage(pool, 0, 1)).toHaveLength(1);
  });
});
