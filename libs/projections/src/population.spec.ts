import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { type CaseEvent, caseFile, type CaseState, type Stretch, stretchOn } from '#domain';
import { connect, LogSource, type Published } from '#event-store';
import { type Day, successorOn } from '#reference';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type Given, givenLog } from '../../../test/support/given-log.js';
import { days, histories } from '../../../test/support/histories.js';
import { type Dimension, DIMENSIONS, populationReport } from './population-report.js';
import { type KindRow, kinds, ledger, type LedgerRow, population } from './population.js';
import { waitFor } from './known-at.js';
import { rebuild } from './rebuild.js';
import { runProjection } from './run.js';
import { Rows } from './rows.js';
import { Streams } from './streams.js';
import { firstWrongSubtotal, keepSubtotals } from './subtotals.js';

/** A day that is asked for, as known when that part of the events had been recorded. */
const questions = fc.record({ validOn: days, part: fc.double({ min: 0, max: 1, noNaN: true }) });

describe('the population ledger', () => {
  it('says of every day, as known at every position, what the events say', () => {
    fc.assert(
      fc.property(histories, fc.array(questions, { minLength: 5 }), (history, asked) => {
        const events = published(history);
        const rows = ledgerOf(events);
        for (const { validOn, part } of asked) {
          const position = Math.round(part * events.length);
          expect(summed(rows, validOn, position)).toEqual(counted(events, validOn, position));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('would say something else with a single sign the other way', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, nth) => {
        const events = published(history);
        const rows = ledgerOf(events);
        const wrong = rows[nth % rows.length];
        fc.pre(wrong !== undefined);
        const flipped = rows.map((row) => (row === wrong ? { ...row, persons: -row.persons } : row));
        const { valid_on: validOn, position } = wrong;
        expect(summed(flipped, validOn, position)).not.toEqual(counted(events, validOn, position));
      }),
      { numRuns: 50 },
    );
  });

  it('depends on the events of each case alone, however the cases are interleaved', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const apart = history.toSorted((a, b) => (a.stream < b.stream ? -1 : 1));
        const changes = (given: readonly Given[]) =>
          ledgerOf(published(given))
            .map((change) => JSON.stringify({ ...change, position: 0 }))
            .toSorted();
        expect(changes(apart)).toEqual(changes(history));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the population report', () => {
  let database: TestDatabase;
  let pool: ReturnType<typeof connect>;
  const sample = fc.sample(histories, { numRuns: 20, seed: 1998 }).flatMap((history, index) =>
    history.map((given) => ({
      ...given,
      stream: `case-${uuidv5(`${index} ${given.stream}`, uuidv5.URL)}`,
    })),
  );

  beforeEach(async () => {
    database = await freshDatabase();
    pool = connect(database.url, 'kosh_projector');
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('counts by any dimensions what the events say, on any day, as known at any position', async () => {
    await givenLog(database.url, sample);
    await rebuild({ projections: [population], pool });
    await expect(mustSayWhatTheEventsSay()).resolves.toBeUndefined();
  });

  it('says the same from subtotals, made as the ledger grew', async () => {
    const stop = new AbortController();
    const running = runProjection({
      projection: population,
      pool,
      source: new LogSource(pool),
      signal: stop.signal,
    });
    const made: number[] = [];
    for (const third of [0, 1, 2]) {
      const size = Math.ceil(sample.length / 3);
      const position = await givenLog(database.url, sample.slice(third * size, (third + 1) * size));
      await waitFor(pool, ['population'], position);
      made.push(...(await subtotalsMade(position)));
    }
    stop.abort();
    await running;

    const { rows } = await pool.query<{ position: number }>(
      'select position::integer from read_population.subtotals order by 1',
    );
    // Of those before the last two, only every tenth is kept.
    const kept = made.filter((position, i) => position % 70 === 0 || i >= made.length - 2);
    expect(kept.length).toBeLessThan(made.length);
    expect(rows.map(({ position }) => position)).toEqual(kept);
    expect(await firstWrongSubtotal(pool)).toBeUndefined();
    await mustSayWhatTheEventsSay();
  });

  it('is wrong where a subtotal is, so that the test above would see it', async () => {
    const position = await givenLog(database.url, sample);
    await rebuild({ projections: [population], pool });
    await subtotalsMade(position);
    await pool.query('update read_population.sums set persons = -persons where position > 70');
    expect(await firstWrongSubtotal(pool)).toBe(140);
    await pool.query('update read_population.sums set persons = -persons where position <= 70');
    await expect(mustSayWhatTheEventsSay()).rejects.toThrow('Property failed');
  });

  /** Makes the subtotals that are due, at multiples of seven. */
  async function subtotalsMade(upTo: number): Promise<readonly number[]> {
    const stop = new AbortController();
    const made: number[] = [];
    const onMade = (position: number) => {
      made.push(position);
      if (position + 7 > upTo) stop.abort();
    };
    await keepSubtotals({ pool, every: 7, signal: stop.signal, onMade });
    return made;
  }

  async function mustSayWhatTheEventsSay(): Promise<void> {
    const events = published(sample);
    const dimensions = fc.subarray([...DIMENSIONS], { minLength: 0 });
    await fc.assert(
      fc.asyncProperty(questions, dimensions, async ({ validOn, part }, by) => {
        const position = Math.round(part * events.length);
        const report = await populationReport(pool, { by, validOn, position });
        expect(report).toEqual(reported(events, by, validOn, position));
      }),
      { numRuns: 100 },
    );
  }
});

function published(history: readonly Given[]): readonly Published[] {
  const versions = new Map<string, number>();
  const next = (stream: string) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return version;
  };
  return history.map(({ stream, event }, index) => ({
    position: index + 1,
    stream,
    version: next(stream),
    schemaVersion: 1,
    occurredOn: null,
    recordedAt: '1998-07-07T00:00:00.000Z',
    event,
  }));
}

/** A row of the ledger with its kind spelt out. */
type Line = LedgerRow & KindRow;

function ledgerOf(events: readonly Published[]): readonly Line[] {
  const streams = new Streams(population);
  const rows = new Rows();
  for (const event of events) streams.fold(event, rows);
  const spelt = rows.of(kinds).once;
  return rows.of(ledger).appended.map((row) => {
    const kind = spelt.get(row.kind);
    if (!kind) throw new Error(`The ledger names a kind ${row.kind} that is not there.`);
    return { ...row, ...kind };
  });
}

/** Persons by all dimensions at once, from the ledger: what holds of these holds of any fewer. */
function summed(rows: readonly Line[], validOn: Day, position: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of rows) {
    if (row.valid_on > validOn || row.position > position) continue;
    const place = [row.place_country, row.place_area];
    const rest = [row.citizenship, row.registration, row.authorities, row.status, row.region, row.sex];
    const key = [...place, ...rest, row.birth_year].join(' ');
    sums[key] = (sums[key] ?? 0) + row.persons;
  }
  return Object.fromEntries(Object.entries(sums).filter(([, persons]) => persons !== 0));
}

/** The same, from the events: each case as it was known, looked at on that day. */
function counted(events: readonly Published[], validOn: Day, position: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const stretch of present(events, validOn, position)) {
    const { placeFled, citizenship, registration, authorities, status, region, sex, birthYear } = stretch;
    const { country, area } = placeFled;
    const lists = authorities.join('+');
    const key = [country, area, citizenship, registration, lists, status, region, sex, birthYear].join(' ');
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function present(events: readonly Published[], validOn: Day, position: number): readonly Stretch[] {
  const files = new Map<string, CaseState>();
  for (const { stream, event } of events.slice(0, position)) {
    // These histories are of cases only.
    files.set(stream, caseFile.evolve(files.get(stream) ?? caseFile.initial, event as CaseEvent));
  }
  return [...files.values()].flatMap((state) => stretchOn(state, validOn) ?? []);
}

/** The report, from the events. */
function reported(events: readonly Published[], by: readonly Dimension[], validOn: Day, position: number) {
  const people = present(events, validOn, position);
  const rows = new Map<string, { cells: object; count: number }>();
  for (const stretch of by.length > 0 ? people : []) {
    const lists = by.includes('authority') && stretch.authorities.length > 0 ? stretch.authorities : [null];
    for (const authority of lists) {
      const told = { ...stretch, authority, ageBand: ageBand(stretch.birthYear, validOn) };
      const region = told.region && successorOn(told.region, validOn);
      const cells = Object.fromEntries(by.map((dimension) => [dimension, { ...told, region }[dimension]]));
      const key = JSON.stringify(by.map((dimension) => sortable(dimension, cells[dimension])));
      rows.set(key, { cells, count: (rows.get(key)?.count ?? 0) + 1 });
    }
  }
  const sorted = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    rows: sorted.map(([, { cells, count }]) => ({ ...cells, count })),
    total: people.length,
    additive: !by.includes('authority'),
    unit: 'persons',
  };
}

function ageBand(birthYear: number | null, validOn: Day): string {
  if (birthYear === null) return 'unknown';
  const age = Number(validOn.slice(0, 4)) - birthYear;
  if (age < 5) return '0-4';
  if (age < 12) return '5-11';
  if (age < 18) return '12-17';
  return age < 60 ? '18-59' : '60+';
}

function sortable(dimension: Dimension, cell: string | object | null = null): string {
  if (cell === null) return '~';
  if (typeof cell === 'object') return `${Object.values(cell).join(' ')} `;
  if (dimension !== 'ageBand') return cell;
  return String(['0-4', '5-11', '12-17', '18-59', '60+', 'unknown'].indexOf(cell));
}
