import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { caseFile, intend } from '#domain';
import { connect, openStore } from '#event-store';
import { type Beside, digest, dropBeside, READ_MODELS, rebuild } from '#projections';
import { requestBy, type SmallAgency, smallAgency } from '../../../test/support/small-agency.js';
import { type ExplainedDifference, explainedDifference, replayTables } from './replay-tables.js';

let agency: SmallAgency;
let pool: pg.Pool;

beforeAll(async () => {
  agency = await smallAgency();
  pool = connect(agency.url, 'kosh_projector', { max: 6 });
});

beforeEach(async () => {
  await rebuild({ projections: READ_MODELS, pool });
});

afterEach(async () => {
  for (const into of ['then', 'again']) await dropBeside(pool, into, READ_MODELS).catch(() => undefined);
});

afterAll(async () => {
  await pool.end();
  await agency.drop();
});

describe('a replay of the read models beside the live ones', () => {
  it('gives the same bytes twice, at every position', async () => {
    for (let at = 0; at <= agency.events; at += 1) {
      const [then, again] = [await replayed('then', String(at)), await replayed('again', String(at))];
      expect([at, await bytesOf(again)]).toEqual([at, await bytesOf(then)]);
      expect(again.map((one) => one.digest)).toEqual(then.map((one) => one.digest));
    }
  });

  it('is what the live tables are, where they are', async () => {
    const replays = await replayed('then', 'live');
    for (const projection of READ_MODELS) {
      const { name, position, digest: found } = replayOf(replays, projection.name);
      expect([name, { position, digest: found }]).toEqual([name, await digest(pool, projection)]);
    }
    const differences = await compared(replays);
    const totals = differences.flatMap(({ tables }) =>
      tables.map(
        ({ onlyLive, onlyReplayed, changed, unexplained }) => onlyLive + onlyReplayed + changed + unexplained,
      ),
    );
    expect(new Set(totals)).toEqual(new Set([0]));
  });

  it('takes a moment, and stays until it is dropped, or made again under its name', async () => {
    const { rows } = await pool.query<{ at: string }>(
      'select log.moment(max(recorded_at)) as at from log.events where position <= 3',
    );
    const [first] = await replayed('then', rows[0]?.at ?? '');
    expect(first?.position).toBeGreaterThanOrEqual(3);
    expect(await replayed('then', '2')).toMatchObject(READ_MODELS.map(() => ({ position: 2 })));
    expect(await dropBeside(pool, 'then', READ_MODELS)).toHaveLength(READ_MODELS.length);
    await expect(dropBeside(pool, 'then', READ_MODELS)).rejects.toThrow('There is no replay then');
  });

  it.each([['read'], ['Then'], ['x; drop schema log'], ['a'.repeat(31)]])(
    'is not called %s',
    async (into) => {
      await expect(replayed(into, '1')).rejects.toThrow('A replay has a name of small letters and digits');
    },
  );

  it('leaves a schema alone that is no replay', async () => {
    await pool.query('create schema then_population');
    await expect(replayed('then', '1')).rejects.toThrow('The schema then_population is no replay');
    await pool.query('drop schema then_population');
  });
});

describe('the difference between then and now', () => {
  it('is told by table and key, each row with the events that explain it, in plain words', async () => {
    const differences = await compared(await replayed('then', '3'));
    const unexplained = differences.flatMap(({ tables }) => tables.map((table) => table.unexplained));
    expect(new Set(unexplained)).toEqual(new Set([0]));
    const { tables } = differenceOf(differences, 'estimates');
    expect(tables.find(({ table }) => table === 'said')).toMatchObject({
      onlyLive: 1,
      rows: [
        {
          key: { estimate_id: agency.estimate },
          replayed: null,
          events: [
            {
              position: 4,
              type: 'EstimateRecorded',
              told: expect.stringContaining('refugees from Tajikistan'),
            },
          ],
        },
      ],
    });
  });

  it('names the columns of a row that has other values, and what changed them', async () => {
    const [list] = differenceOf(await compared(await replayed('then', '2')), 'cases').tables;
    const moved = list?.rows.find(({ key }) => key['case_id'] === agency.refugee);
    expect(moved).toMatchObject({
      columns: ['region', 'summary'],
      live: { region: 'KZ-71' },
      replayed: { region: 'KZ-75' },
      events: [{ position: 3, type: 'MigrantRelocated', told: expect.stringMatching(/^Moved to/) }],
    });
  });

  it('explains what the replay has and the live tables have not yet', async () => {
    const { store, close } = openStore(agency.url);
    const relocate = { region: 'KZ-63', relocatedOn: '1998-03-01', today: '1998-07-01' };
    const { position } = await store.transact(
      [intend(caseFile, agency.refugee, { type: 'Relocate', data: relocate })],
      requestBy(),
    );
    await close();
    const [first] = differenceOf(
      await compared(await replayed('then', String(position))),
      'population',
    ).tables;
    expect(first).toMatchObject({ table: 'ledger', onlyLive: 0, onlyReplayed: 2, unexplained: 0 });
    expect(first?.rows.map(({ events }) => events.map((one) => one.type))).toEqual([
      ['MigrantRelocated'],
      ['MigrantRelocated'],
    ]);
  });

  const ALTERED: readonly (readonly [model: string, table: string, sql: string])[] = [
    ['population', 'ledger', 'update read_population.ledger set persons = persons + 1 where position = 2'],
    ['population', 'ledger', 'delete from read_population.ledger where position = 2'],
    ['population', 'kinds', `update read_population.kinds set sex = 'U'`],
    ['cases', 'list', `update read_cases.list set office = 'Astana'`],
    ['cases', 'list', `insert into read_cases.list (case_id, office) values (gen_random_uuid(), 'Astana')`],
    ['flights', 'arrivals', `update read_flights.arrivals set departure_country = 'AFG'`],
    ['estimates', 'said', `update read_estimates.said set said = '{}'`],
  ];

  it.each(ALTERED)('finds in %s.%s what no event explains: %s', async (model, table, sql) => {
    const replays = await replayed('then', 'live');
    await pool.query(sql);
    const differences = await compared(replays);
    const found = differences.flatMap(({ name, tables }) =>
      tables.filter(({ unexplained }) => unexplained > 0).map((one) => [name, one.table]),
    );
    expect(found).toEqual([[model, table]]);
    expect(
      differenceOf(differences, model).tables.flatMap(({ rows }) => rows.flatMap(({ events }) => events)),
    ).toEqual([]);
  });

  it('takes an altered row of before for none of what happened since', async () => {
    const replays = await replayed('then', '5');
    await pool.query('update read_population.ledger set persons = persons + 1 where position = 2');
    const [first] = differenceOf(await compared(replays), 'population').tables;
    expect(first?.unexplained).toBeGreaterThan(0);
    expect(first?.rows.find(({ key }) => key['position'] === '2')).toMatchObject({
      columns: ['persons'],
      events: [],
    });
  });

  it('is told in pages', async () => {
    const replays = await replayed('then', '0');
    const all = differenceOf(await compared(replays), 'cases').tables[0]?.rows ?? [];
    expect(all.length).toBeGreaterThan(2);
    const pages = [];
    for (let skip = 0; skip < all.length; skip += 1) {
      pages.push(
        ...(differenceOf(await compared(replays, { limit: 1, skip }), 'cases').tables[0]?.rows ?? []),
      );
    }
    expect(pages).toEqual(all);
  });
});

function replayed(into: string, at: string): Promise<readonly Beside[]> {
  return replayTables(pool, { projections: READ_MODELS, at, into });
}

async function compared(replays: readonly Beside[], page = { limit: 100, skip: 0 }) {
  const differences: ExplainedDifference[] = [];
  for (const projection of READ_MODELS) {
    differences.push(await explainedDifference(pool, projection, replayOf(replays, projection.name), page));
  }
  return differences;
}

function replayOf(replays: readonly Beside[], name: string): Beside {
  const found = replays.find((one) => one.name === name);
  if (!found) throw new Error(`${name} was not replayed.`);
  return found;
}

function differenceOf(differences: readonly ExplainedDifference[], name: string): ExplainedDifference {
  const found = differences.find((one) => one.name === name);
  if (!found) throw new Error(`${name} was not compared.`);
  return found;
}

/** Every table as COPY writes it, in the order of its key. */
async function bytesOf(replays: readonly Beside[]): Promise<readonly string[]> {
  const client = await pool.connect();
  const found: string[] = [];
  for (const { tables, name } of READ_MODELS) {
    for (const table of tables) {
      const from = `${replayOf(replays, name).schema}.${table.name}`;
      const query = `copy (select * from ${from} order by ${table.key.join(', ')}) to stdout`;
      found.push(await text(client.query(copyTo(query))));
    }
  }
  client.release();
  return found;
}
