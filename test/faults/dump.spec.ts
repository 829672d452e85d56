import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { caseFile, type CaseCommand, intend, Refused } from '#domain';
import { type By, type OpenStore, openStore } from '#event-store';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { dumpLog } from './dump.js';
import { check } from './history.js';
import { Journal, type Line, linesOf } from './journal.js';

const FILES = [uuidv7(), uuidv7()];
const ENCOUNTER: CaseCommand = {
  type: 'RecordEncounter',
  data: { office: 'Almaty', metOn: '1998-01', place: { country: 'IRN' }, today: '2026-11-24' },
};
const CORRECTION: CaseCommand = { type: 'CorrectPersonDetails', data: { fields: ['names'] } };

let database: TestDatabase;
let opened: OpenStore;

beforeAll(async () => {
  database = await freshDatabase();
  opened = openStore(database.url);
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

it('what three clients were told, each asking all twice, holds against the log that Postgres has', async () => {
  const lines: Line[] = [];
  const ask = async (journal: Journal, key: string, file: string, command: CaseCommand) => {
    const end = journal.ask({ what: 'write', actor: journal.client, key });
    try {
      const receipt = await opened.store.transact([intend(caseFile, file, command)], by(journal.client, key));
      const { outcome, id, version, position, hash } = receipt;
      end({ phase: 'receipt', receipt: { outcome, stream: `case-${id}`, version, position, hash } });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      end({ phase: 'failed', why: 'refused', code: error.code });
    }
  };
  const clients = ['aigul', 'bolat', 'dana'].map(async (client) => {
    const journal = new Journal(client, (line) => lines.push(...linesOf(`${line}\n`)));
    for (const command of [ENCOUNTER, CORRECTION, CORRECTION, CORRECTION]) {
      for (const file of FILES) {
        const key = uuidv7();
        await ask(journal, key, file, command);
        await ask(journal, key, file, command);
      }
    }
  });
  await Promise.all(clients);
  const log = await dumpLog(opened.pool);
  expect(log.map(({ type }) => type).toSorted()).toEqual([
    'MigrantEncountered',
    'MigrantEncountered',
    ...Array<string>(18).fill('PersonDetailsCorrected'),
  ]);
  expect(log.every(({ key }) => key !== undefined)).toBe(true);
  expect(check({ journal: lines, log })).toEqual([]);
});

const by = (actor: string, key: string): By => ({
  actor,
  office: 'Almaty',
  scope: 'nation',
  key,
  fingerprint: Buffer.alloc(32),
  correlationId: key,
});
