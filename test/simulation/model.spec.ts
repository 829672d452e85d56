import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Append, callAppend, connect, type Outcome, readPage, type Row } from '#event-store';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { Dice } from './dice.js';
import { Link } from './link.js';
import { Machine } from './machine.js';
import { driverOf } from './pg-client.js';
import { enter } from './platform.js';
import { openPostgres } from './statements.js';
import { World } from './world.js';

const BATCHES = 300;
const META = '{"causationId":"spec","commandId":"spec"}';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});

afterAll(() => database.drop());

it('the simulated log answers every batch as the real one does, and then holds the same', async () => {
  const real = connect(database.url, 'kosh_api');
  const answers = await askAll(real);
  await real.end();
  expect(await simulated(askAll)).toEqual(answers);
  const told = JSON.stringify(answers);
  for (const status of ['written', 'duplicate', 'key-reused', 'conflict', 'refused']) {
    expect(told).toContain(`"${status}"`);
  }
});

/** What the batches of one seed were answered, and what a reader then finds. */
async function askAll(pool: pg.Pool): Promise<readonly unknown[]> {
  const dice = new Dice(1);
  const answers: unknown[] = [];
  for (let i = 0; i < BATCHES; i += 1) {
    const batch = Array.from({ length: 1 + dice.below(4) }, () => command(dice));
    answers.push(await callAppend(pool, batch).then((outcomes) => outcomes.map(known), refused));
  }
  return [...answers, (await readPage(pool, 0)).map(withoutChance)];
}

/** Few streams and few keys, so that everything happens: to one stream or two, at versions that are right or not. */
function command(dice: Dice): Append {
  const streams = dice.shuffled(['case-1', 'case-2', 'case-3', 'flight-1']).slice(0, 1 + dice.below(2));
  const body = dice.chance(0.05) ? `{"long":"${'x'.repeat(66_000)}"}` : `{"n":${dice.below(10)}}`;
  const event = {
    type: 'MigrantDied',
    schemaVersion: 1,
    occurredOn: dice.chance(0.5) ? '1997-05' : null,
    body,
  };
  return {
    actor: `registrar-${dice.below(2)}`,
    key: String(dice.below(150)),
    fingerprint: Buffer.alloc(32, dice.below(2)),
    meta: META,
    targets: streams.map((stream) => ({ stream, version: dice.chance(0.7) ? -1 : dice.below(60) })),
    events: streams.flatMap((stream) =>
      Array.from({ length: 1 + dice.below(2) }, () => ({ ...event, stream })),
    ),
  };
}

/** The moment and the hash are the server's own. */
function known(outcome: Outcome): unknown {
  return 'hash' in outcome ? { ...outcome, hash: null, recordedAt: null } : outcome;
}

function withoutChance(row: Row): unknown {
  return { ...row, hash: null, recordedAt: null };
}

function refused(error: unknown): string {
  if (error instanceof Error && error.name === 'BatchRefused') return 'refused';
  throw error;
}

/** Does the work on a machine of a world in which nothing goes wrong. */
async function simulated<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T | undefined> {
  const world = new World(1);
  const server = openPostgres(world);
  let result: T | undefined;
  const machine: Machine = new Machine(world, 'the machine', async () => {
    const Client = driverOf(machine, server, new Link(world, 'the link'));
    const pool = connect('postgres://simulation/kosh', 'kosh_api', { Client });
    result = await work(pool);
    world.over = true;
  });
  const leave = enter(world);
  machine.start();
  await world.run();
  machine.dissolve();
  await world.quiet();
  leave();
  return result;
}
