import { createHash } from 'node:crypto';
import type pg from 'pg';
import { canonical } from '#event-store';
import { type Projection, schemaOf } from './projection.js';
import { createKeys, createTable } from './tables.js';

/** The tables were made by another version of Kosh. */
export class OtherShape extends Error {
  override readonly name = 'OtherShape';

  constructor(name: string) {
    super(`The tables of ${name} have the shape of another version. Run \`kosh rebuild ${name}\`.`);
  }
}

/** Makes the schema of a read model if there is none; true if it did. Throws `OtherShape`. */
export async function ensureSchema(client: pg.ClientBase, projection: Projection): Promise<boolean> {
  const schema = schemaOf(projection);
  const { rows } = await client.query<{ shape: string | null }>(
    `select obj_description(oid, 'pg_namespace') as shape from pg_namespace where nspname = $1`,
    [schema],
  );
  if (rows[0] && rows[0].shape !== shapeOf(projection)) throw new OtherShape(projection.name);
  if (rows[0]) return false;
  await createSchema(client, schema, projection);
  for (const table of projection.tables) await createKeys(client, schema, table);
  return true;
}

/** Makes a schema with the empty tables of a read model, without keys and indexes. */
export async function createSchema(
  client: pg.ClientBase,
  schema: string,
  projection: Projection,
): Promise<void> {
  await client.query(`create schema ${schema} authorization kosh_projector`);
  await client.query(`comment on schema ${schema} is '${shapeOf(projection)}'`);
  for (const table of projection.tables) await createTable(client, schema, table);
  for (const table of projection.aside ?? []) {
    await createTable(client, schema, table);
    await createKeys(client, schema, table);
  }
  await client.query(`grant usage on schema ${schema} to kosh_api`);
  await client.query(`grant select on all tables in schema ${schema} to kosh_api`);
}

/** A fingerprint of the tables: code that expects others must not write into them. */
export function shapeOf({ tables, aside }: Projection): string {
  const shapes = tables.map(({ name, columns, key, indexes }) => ({ name, columns, key, indexes }));
  return createHash('sha256')
    .update(canonical({ tables: shapes, aside }))
    .digest('hex');
}

/**
 * Whoever puts other tables in place holds this lock alone, to the end of its transaction; whoever reads tables and
 * cursor as of one moment shares it, since a snapshot of Postgres does not cover the names of tables.
 */
export async function holdTables(client: pg.ClientBase, { name }: Projection): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('kosh tables ' || $1, 0))`, [name]);
}

/** Runs `read` while nobody puts other tables in place. Not to be called in a transaction: its snapshot would be older. */
export async function holdingTables<T>(
  client: pg.ClientBase,
  { name }: Projection,
  read: () => Promise<T>,
): Promise<T> {
  const lock = `hashtextextended('kosh tables ' || $1, 0)`;
  await client.query(`select pg_advisory_lock_shared(${lock})`, [name]);
  try {
    return await read();
  } finally {
    await client.query(`select pg_advisory_unlock_shared(${lock})`, [name]);
  }
}
