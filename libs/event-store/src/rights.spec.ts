import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { connect, Gatherer, type Role } from './index.js';

const ROLES = ['kosh_api', 'kosh_projector', 'kosh_eraser'] satisfies Role[];

/** What nobody but the owner may do to what was recorded. */
const FORBIDDEN = [
  `update log.events set body = '{}' where position = 1`,
  `update log.events set meta = '{}', hash = hash`,
  'delete from log.events',
  'truncate log.events',
  `insert into log.events values (99, 'case-x', 1, 'MigrantDied', 1, null, now(), '{}', '{}', null, '\\x00')`,
  'alter table log.events disable trigger all',
  'alter table log.events add column note text',
  'drop table log.events',
  'create or replace function log.field(value text) returns bytea language sql return null',
  'update log.keys set version = 7',
  'insert into log.epochs values (2, 0, now())',
  'delete from log.epochs',
  `insert into vault.sealed values ('\\x00', gen_random_uuid(), 1, '\\x00')`,
  'update vault.keys set wrapped = wrapped',
  'delete from audit.access',
  'update audit.access set actor = null',
  `set session_replication_role = 'replica'`,
];

let database: TestDatabase;
const pools = new Map<Role, pg.Pool>();

beforeAll(async () => {
  database = await freshDatabase();
  for (const role of ROLES) pools.set(role, connect(database.url, role, { max: 1 }));
  await new Gatherer(pool('kosh_api')).append({
    actor: 'registrar-1',
    key: 'key-1',
    fingerprint: Buffer.alloc(32),
    meta: '{}',
    targets: [{ stream: 'case-1', version: 0 }],
    events: [{ stream: 'case-1', type: 'MigrantDied', schemaVersion: 1, occurredOn: null, body: '{}' }],
  });
});

afterAll(async () => {
  await Promise.all([...pools.values()].map((one) => one.end()));
  await database.drop();
});

function pool(role: Role): pg.Pool {
  const found = pools.get(role);
  if (!found) throw new Error(`No pool for ${role}.`);
  return found;
}

describe.each(ROLES)('%s', (role) => {
  it.each(FORBIDDEN)('may not: %s', async (statement) => {
    await expect(pool(role).query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the log', () => {
  it('can be written by nobody but the API', async () => {
    const call = `select * from log.append('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',
      '{}','{}','{}','{}','{}','{}')`;
    await expect(pool('kosh_projector').query(call)).rejects.toMatchObject({ code: '42501' });
    await expect(pool('kosh_eraser').query(call)).rejects.toMatchObject({ code: '42501' });
  });

  it('still says what it said', async () => {
    const { rows } = await pool('kosh_api').query('select type, body from log.events');
    expect(rows).toEqual([{ type: 'MigrantDied', body: '{}' }]);
  });

  it('keeps personal data from whoever makes the reports', async () => {
    await expect(pool('kosh_projector').query('select * from vault.sealed')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(pool('kosh_projector').query('select * from vault.keys')).rejects.toMatchObject({
      code: '42501',
    });
  });
});
