import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { chain, connect, GENESIS, head, leaf, readPage } from '#event-store';
import { keepSubtotals, population, READ_MODELS, rebuild } from '#projections';
import { type SmallAgency, smallAgency } from '../../../test/support/small-agency.js';
import { verify } from './verify.js';

let agency: SmallAgency;
let auditor: Pool;
/** Who could change anything: the owner of the log. */
let owner: Pool;
let projector: Pool;

beforeAll(async () => {
  agency = await smallAgency();
  auditor = connect(agency.url, 'kosh_api');
  owner = connect(agency.url, 'kosh_owner');
  projector = connect(agency.url, 'kosh_projector');
  await owner.query(`create schema saved;
    create table saved.events as table log.events;
    create table saved.sealed as table vault.sealed`);
});

afterEach(async () => {
  await owner.query(`truncate log.events, vault.sealed;
    insert into log.events table saved.events;
    insert into vault.sealed table saved.sealed`);
});

afterAll(async () => {
  await Promise.all([auditor.end(), owner.end(), projector.end()]);
  await agency.drop();
});

describe('a log that nobody touched', () => {
  it('is whole, up to the hash that its last receipt named', async () => {
    const report = await verify(auditor);
    const { hash } = await head(auditor);
    expect(report).toMatchObject({ ok: true, events: agency.events, headHash: hash, readModels: [] });
    expect(report.firstBad).toBeUndefined();
  });

  it('stays whole when personal data are erased', async () => {
    await owner.query('delete from vault.sealed');
    expect(await verify(auditor)).toMatchObject({ ok: true, events: agency.events });
  });

  it('is verified up to where it was at the start, while others go on writing', async () => {
    const seen: number[] = [];
    await verify(auditor, { onProgress: (_, done, total) => seen.push(done, total) });
    expect(new Set(seen)).toEqual(new Set([agency.events]));
  });
});

/** What an owner of the database can do to a log, and where that shows first. */
const TAMPERED: readonly (readonly [what: string, sql: string, position: number, shows: string])[] = [
  ['changed what an event says', `update log.events set body = '{}' where position = 3`, 3, 'hash'],
  ['changed who recorded it', `update log.events set meta = '{}' where position = 1`, 1, 'hash'],
  ['changed when it was true', `update log.events set occurred_on = '1990' where position = 2`, 2, 'hash'],
  ['changed a hash', `update log.events set hash = sha256('x') where position = 5`, 5, 'hash'],
  ['backdated it', `update log.events set recorded_at = '1999-01-01Z' where position = 4`, 4, 'recorded-at'],
  ['took an event out', 'delete from log.events where position = 6', 6, 'position'],
  ['cut off the end', 'delete from log.events where position > 9', 10, 'position'],
  ['took the first event out', 'delete from log.events where position = 1', 1, 'position'],
  [
    'took an event out and closed the gap',
    `delete from log.events where position = 6;
     update log.events set position = position - 1 where position > 6`,
    6,
    'version',
  ],
  ['named other sealed bytes', `update log.events set sealed = sha256('x') where position = 2`, 2, 'hash'],
  ['altered sealed bytes', String.raw`update vault.sealed set bytes = bytes || '\x00'`, 2, 'sealed'],
  ['did it twice', `update log.events set body = '{}' where position in (9, 4)`, 4, 'hash'],
];

describe('the first bad position is named when someone', () => {
  it.each(TAMPERED)('%s', async (_, sql, position, what) => {
    await owner.query(sql);
    const report = await verify(auditor, { projections: READ_MODELS });
    expect(report).toMatchObject({ ok: false, events: position - 1, firstBad: { position, what } });
    expect(report.readModels).toEqual([]);
    expect(report.firstBad?.found).not.toBe(report.firstBad?.expected);
  });
});

it('who rewrites the whole chain is given away by a hash that was written down', async () => {
  const { headHash: writtenDown } = await verify(auditor);
  let hash = GENESIS;
  for (const row of await readPage(auditor, 0)) {
    const body = row.position === 4 ? row.body.replace('1000', '9000') : row.body;
    hash = chain(hash, leaf({ ...row, body }));
    await owner.query('update log.events set body = $2, hash = $3 where position = $1', [
      row.position,
      body,
      hash,
    ]);
  }
  const { ok, headHash } = await verify(auditor);
  expect({ ok, same: headHash === writtenDown }).toEqual({ ok: true, same: false });
});

describe('the read models', () => {
  beforeEach(async () => {
    await rebuild({ projections: READ_MODELS, pool: projector });
  });

  it('are what the log gives', async () => {
    const { ok, readModels } = await verify(auditor, { projections: READ_MODELS });
    expect(readModels.map(({ name, position }) => [name, position])).toEqual(
      READ_MODELS.map(({ name }) => [name, agency.events]),
    );
    expect(ok).toBe(true);
  });

  it('are found wrong, one by one, when somebody counted differently', async () => {
    await projector.query(`update read_population.ledger set persons = 2 * persons`);
    const { ok, firstBad, readModels } = await verify(auditor, { projections: READ_MODELS });
    expect({ ok, firstBad }).toEqual({ ok: false, firstBad: undefined });
    expect(readModels.filter((model) => !model.ok).map(({ name }) => name)).toEqual([population.name]);
  });

  it.each([
    ['a sum was changed', 'update read_population.sums set persons = persons + 1', 10],
    ['a sum was taken out', 'delete from read_population.sums where by_age', 10],
    ['one was moved', 'update read_population.subtotals set position = 9', 9],
    ['there are sums of none', 'delete from read_population.subtotals', 10],
    ['all of them are of other rows', 'update read_population.sums set span = span + 36500', 10],
  ])('are found wrong where a subtotal is: %s', async (_, sql, position) => {
    const stop = new AbortController();
    const onMade = (made: number) => {
      if (made === 10) stop.abort();
    };
    await keepSubtotals({ pool: projector, every: 5, signal: stop.signal, onMade });
    const first = await verify(auditor, { projections: [population] });
    expect(first.readModels).toMatchObject([{ ok: true }]);
    await projector.query(sql);
    const { ok, readModels } = await verify(auditor, { projections: READ_MODELS });
    expect([ok, readModels.find((model) => !model.ok)]).toMatchObject([
      false,
      { name: population.name, wrongSubtotal: position },
    ]);
  });

  it('are left out while no projector has begun them', async () => {
    await projector.query(
      `delete from reading.cursors where name <> 'population'; drop schema read_flights cascade`,
    );
    const { ok, readModels } = await verify(auditor, { projections: READ_MODELS });
    expect([ok, ...readModels.map(({ name }) => name)]).toEqual([true, 'population']);
  });
});
