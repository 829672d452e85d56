import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { connect, type Row } from '#event-store';
import type { Agency } from '../test/agency.js';
import {
  OwnCluster,
  signedAgency,
  tamperInDatabase,
  turnBitOf,
  turnBitOnDisk,
} from '../../../test/tampers/tampering.js';
import { TAMPERS } from '../test/tampers.js';
import { verify } from './verify.js';

const EVENTS = 60;
const ROUNDS = 8;

describe('what is done to a log by whoever rules its database is found, and first where it was done:', () => {
  let agency: Agency;
  let rows: readonly Row[];

  beforeAll(async () => {
    agency = await signedAgency(EVENTS);
    rows = await agency.rows();
  });

  afterAll(() => agency.close());

  it('nothing, while nothing was done', async () => {
    const checkpoints = { folder: agency.folder, keys: await agency.keys() };
    expect(await verify(agency.auditor, { checkpoints })).toMatchObject({
      ok: true,
      checkpoints: { matched: 6, signedUpTo: EVENTS },
    });
  });

  it.each(TAMPERS)('$what', async (tamper) => {
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const { expected, found } = await tamperInDatabase(agency, rows, tamper, seed);
      expect([tamper.what, seed, found?.position, found?.upTo]).toEqual([
        tamper.what,
        seed,
        expected,
        undefined,
      ]);
    }
  });

  it('a recorded_at that was moved by a microsecond, which nothing shows', async () => {
    await agency.intruder.query(
      `update log.events set recorded_at = recorded_at + interval '1 microsecond' where position = 33`,
    );
    const { firstBad } = await verify(agency.auditor);
    expect(firstBad).toMatchObject({ position: 33, what: 'recorded-at' });
    await agency.write(rows);
  });

  it.each(['infinity', '-infinity', '0044-03-15 BC', '20000-01-01'])('recorded_at %s', async (moment) => {
    await agency.intruder.query('update log.events set recorded_at = $1 where position = 21', [moment]);
    const { firstBad } = await verify(agency.auditor);
    expect(firstBad?.position).toBe(21);
    await agency.write(rows);
  });
});

describe('a bit that is turned on the disk', () => {
  let cluster: OwnCluster;
  let agency: Agency;

  beforeAll(async () => {
    cluster = new OwnCluster();
    agency = await cluster.signed(EVENTS);
  }, 60_000);

  afterAll(async () => {
    await cluster.stop();
    cluster.remove();
    await agency.close();
  });

  it('is found at the first event of its page, which the server cannot read', async () => {
    let url = agency.url;
    for (let seed = 1; seed <= 3; seed += 1) {
      const { expected, found } = await turnBitOnDisk(cluster, agency, url, seed);
      expect(found).toMatchObject({ position: expected, what: 'unreadable' });
      expect(found?.found).toMatch(/invalid page|checksum/);
      url = await cluster.start();
    }
    await cluster.stop();
  }, 120_000);

  it('is found at its very event where the server is told to read on', async () => {
    const url = await cluster.start();
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('alter system set ignore_checksum_failure = on');
    const { rows } = await admin.query<{ stream: string }>(
      'select stream from log.events where position = 37',
    );
    await admin.end();
    const { file } = await cluster.layout(url);
    await cluster.stop();
    expect(await turnBitOf(rows[0]?.stream ?? '', file)).toBe(true);
    const auditor = connect(await cluster.start(), 'kosh_api', { max: 3 });
    const { firstBad } = await verify(auditor);
    await auditor.end();
    expect(firstBad).toMatchObject({ position: 37, what: 'hash' });
  }, 60_000);
});
