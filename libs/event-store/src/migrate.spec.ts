import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { emptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { connect, isMigrated, migrate, migrations } from './index.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
});

afterAll(() => database.drop());

describe('migrations', () => {
  it('are applied once, in order, by several processes at once', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    const names = (await migrations()).map(({ name }) => name);
    expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([names, [], [], []]);
    const pool = connect(database.url, 'kosh_api');
    expect(await isMigrated(pool)).toBe(true);
    await pool.end();
  });

  it('refuse a file that was changed after it was applied', async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query(`update kosh.migrations set sha256 = 'another' where number = 2`);
    await client.end();
    await expect(migrate(database.url)).rejects.toThrow('0002_log.sql was applied with other contents');
    const pool = connect(database.url, 'kosh_api');
    expect(await isMigrated(pool)).toBe(false);
    await pool.end();
  });
});
