import type pg from 'pg';
import { type Beside, NoReplay } from './beside.js';
import { type Projection, schemaOf, type Table } from './projection.js';
import { holdingTables } from './schema.js';
import { transaction } from './transaction.js';

/** Events told of one row, at most. */
const EVENTS_MAX = 5;
/** Streams that a column names by an id. */
const STREAMS: Readonly<Record<string, string>> = {
  case_id: 'case-',
  flight_id: 'flight-',
  estimate_id: 'estimate-',
};

/** The values of a row by column, as Postgres prints them. */
export type RowText = Readonly<Record<string, string | null>>;

/** A row that the live table and the replay do not both have, or not with the same values. */
export type RowDifference = Readonly<{
  table: string;
  key: RowText;
  /** Null where the row is not in the live table. */
  live: RowText | null;
  /** Null where the row is not in the replay. */
  replayed: RowText | null;
  /** Columns whose values differ; none where one side has no row. */
  columns: readonly string[];
  /** Positions of the first events between the two that concern the row; none: no event explains it. */
  positions: readonly number[];
}>;

export type TableDifference = Readonly<{
  table: string;
  onlyLive: number;
  onlyReplayed: number;
  changed: number;
  /** Of all these, those that no event explains: somebody altered the row. */
  unexplained: number;
  /** As many as were asked for, in the order of their keys. */
  rows: readonly RowDifference[];
}>;

export type Difference = Readonly<{
  name: string;
  /** Of the live tables, as their cursor says. */
  livePosition: number;
  replayedPosition: number;
  tables: readonly TableDifference[];
}>;

/**
 * How a replay and the live tables differ, table by table, as of one moment. A difference is explained by the events
 * between the two positions that the row tells of: that at its own position, where its key has one; else those of its
 * stream. At equal positions nothing explains one. `limit` rows of each table are told, behind the first `skip`.
 */
export async function difference(
  pool: pg.Pool,
  projection: Projection,
  { schema, position: replayedPosition }: Beside,
  { limit, skip }: Readonly<{ limit: number; skip: number }>,
): Promise<Difference> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  const read = async () => {
    const { rows } = await client.query<{ position: string }>(
      'select position from reading.cursors where name = $1 and to_regnamespace($2) is not null',
      [projection.name, schemaOf(projection)],
    );
    if (!rows[0]) throw new NoReplay(`There are no live tables of ${projection.name} to compare with.`);
    const livePosition = Number(rows[0].position);
    const between: Between = [livePosition, replayedPosition];
    const tables: TableDifference[] = [];
    for (const table of projection.tables) {
      const pair = { live: schemaOf(projection), replayed: schema, table };
      const counts = await count(client, pair, between);
      const found = counts.onlyLive + counts.onlyReplayed + counts.changed;
      const told = found > skip ? await rowsOf(client, pair, between, limit, skip) : [];
      tables.push({ table: table.name, ...counts, rows: told });
    }
    return { name: projection.name, livePosition, replayedPosition, tables };
  };
  try {
    return await holdingTables(client, projection, () =>
      transaction(client, read, 'isolation level repeatable read read only'),
    );
  } finally {
    client.release(true);
  }
}

type Between = readonly [number, number];
type Pair = Readonly<{ live: string; replayed: string; table: Table }>;

async function count(
  client: pg.PoolClient,
  pair: Pair,
  between: Between,
): Promise<Omit<TableDifference, 'table' | 'rows'>> {
  const [first = ''] = pair.table.key;
  const { rows } = await client.query<Record<'live' | 'replayed' | 'changed' | 'unexplained', string>>(
    `select count(*) filter (where r.${first} is null) as live,
            count(*) filter (where l.${first} is null) as replayed,
            count(*) filter (where l.${first} is not null and r.${first} is not null) as changed,
            count(*) filter (where not exists (${eventsOf(pair)})) as unexplained
       from ${joined(pair)}`,
    bounds(between),
  );
  const [found] = rows;
  return {
    onlyLive: Number(found?.live),
    onlyReplayed: Number(found?.replayed),
    changed: Number(found?.changed),
    unexplained: Number(found?.unexplained),
  };
}

async function rowsOf(
  client: pg.PoolClient,
  pair: Pair,
  between: Between,
  limit: number,
  skip: number,
): Promise<readonly RowDifference[]> {
  const { table } = pair;
  const names = Object.keys(table.columns);
  const [first = ''] = table.key;
  const texts = (side: string) =>
    `case when ${side}.${first} is not null then array[${names.map((name) => `${side}.${name}::text`).join(', ')}] end`;
  const order = table.key.map((name) => {
    const collation = table.columns[name] === 'text' ? ' collate "C"' : '';
    return `coalesce(l.${name}, r.${name})${collation}`;
  });
  const { rows } = await client.query<{
    live: (string | null)[] | null;
    replayed: (string | null)[] | null;
    positions: string[];
  }>(
    `select ${texts('l')} as live, ${texts('r')} as replayed,
            array(select position from (${eventsOf(pair)}) e order by position limit ${EVENTS_MAX}) as positions
       from ${joined(pair)} order by ${order.join(', ')} limit $3 offset $4`,
    [...bounds(between), limit, skip],
  );
  return rows.map((row) => {
    const [live, replayed] = [named(names, row.live), named(names, row.replayed)];
    const key = Object.fromEntries(table.key.map((name) => [name, (live ?? replayed)?.[name] ?? null]));
    const columns = live && replayed ? names.filter((name) => live[name] !== replayed[name]) : [];
    return { table: table.name, key, live, replayed, columns, positions: row.positions.map(Number) };
  });
}

function named(names: readonly string[], values: readonly (string | null)[] | null): RowText | null {
  return values && Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]));
}

function bounds(between: Between): number[] {
  return [Math.min(...between), Math.max(...between)];
}

/** The rows that are not in both, the same. */
function joined({ live, replayed, table }: Pair): string {
  const on = table.key.map((name) => `l.${name} = r.${name}`).join(' and ');
  const sides = (side: string) =>
    Object.keys(table.columns)
      .map((name) => `${side}.${name}`)
      .join(', ');
  return (
    `(${live}.${table.name} l full join ${replayed}.${table.name} r on ${on}) ` +
    `where row(${sides('l')}) is distinct from row(${sides('r')})`
  );
}

/** SQL for the positions of the events between $1 and $2 that a row of `joined` tells of. */
function eventsOf({ live, replayed, table }: Pair): string {
  const value = (name: string) => `coalesce(l.${name}, r.${name})`;
  const between = 'e.position > $1 and e.position <= $2';
  if (table.usedBy) {
    const { table: user, by } = table.usedBy;
    const using = (schema: string) =>
      `select e.position from ${schema}.${user} e where e.${by} = ${value(by)} and ${between}`;
    return `${using(live)} union ${using(replayed)}`;
  }
  if (table.key.includes('position')) {
    return `select e.position from log.events e where e.position = ${value('position')} and ${between}`;
  }
  const streams = table.key.flatMap((name) => {
    const prefix = STREAMS[name];
    return prefix === undefined ? [] : [`'${prefix}' || ${value(name)}`];
  });
  return `select e.position from log.events e where e.stream in (${streams.join(', ') || 'null'}) and ${between}`;
}
