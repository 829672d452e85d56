import type pg from 'pg';
import { digestOf } from './digest.js';
import { fill, type FillProgress } from './fill.js';
import type { Projection } from './projection.js';
import { createSchema, shapeOf } from './schema.js';
import { transaction } from './transaction.js';

/** Another schema has the name, or no replay does. The message says what to do. */
export class NoReplay extends Error {
  override readonly name = 'NoReplay';
}

/** The tables of a read model as the log gives them for a position, in a schema of their own. */
export type Beside = Readonly<{ name: string; schema: string; position: number; digest: string }>;

export type BesideOptions = Readonly<{
  projection: Projection;
  /** With the rights of `kosh_projector`. Two of its connections are used. */
  pool: pg.Pool;
  /** Of the replay: its tables are in the schema `<into>_<read model>`. */
  into: string;
  /** Up to where the log is folded. */
  position: number;
  onProgress?: (progress: FillProgress) => void;
}>;

/**
 * Makes the tables of a read model from the log up to a position, beside the live ones, which nothing touches. They
 * stay until they are dropped, or until the next replay of that name. Throws `NoReplay`.
 */
export async function replayBeside(options: BesideOptions): Promise<Beside> {
  const { projection, pool, into, position, onProgress } = options;
  const schema = besideOf(into, projection);
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    return await transaction(client, async () => {
      const [there] = await schemasOf(client, [schema]);
      if (there && !MARK.test(there.comment ?? '')) throw new NoReplay(`The schema ${schema} is no replay.`);
      await client.query(`drop schema if exists ${schema} cascade`);
      await createSchema(client, schema, projection);
      await fill({ client, pool, targets: [{ projection, schema }], onProgress }, position);
      await client.query(`comment on schema ${schema} is 'replay ${position} ${shapeOf(projection)}'`);
      const digest = await digestOf(client, schema, projection);
      return { name: projection.name, schema, position, digest };
    });
  } finally {
    client.release(true);
  }
}

/** Drops the replay of that name. Answers the schemas it had. Throws `NoReplay`. */
export async function dropBeside(
  pool: pg.Pool,
  into: string,
  projections: readonly Projection[],
): Promise<readonly string[]> {
  const schemas = await schemasOf(
    pool,
    projections.map((projection) => besideOf(into, projection)),
  );
  const ours = schemas.filter(({ comment }) => MARK.test(comment ?? '')).map(({ name }) => name);
  if (ours.length === 0) throw new NoReplay(`There is no replay ${into}.`);
  await pool.query(`drop schema ${ours.join(', ')} cascade`);
  return ours;
}

const MARK = /^replay (\d+) [0-9a-f]{64}$/;

/** A name goes into SQL as it is. Throws `NoReplay`. */
function besideOf(into: string, { name }: Projection): string {
  if (/^(?!read$|pg$)[a-z][a-z0-9]{0,29}$/.test(into)) return `${into}_${name}`;
  throw new NoReplay(`A replay has a name of small letters and digits, at most 30, not ${into}.`);
}

async function schemasOf(
  db: Pick<pg.Pool | pg.ClientBase, 'query'>,
  names: readonly string[],
): Promise<readonly { name: string; comment: string | null }[]> {
  const { rows } = await db.query<{ name: string; comment: string | null }>(
    `select nspname as name, obj_description(oid, 'pg_namespace') as comment
       from pg_namespace where nspname = any ($1) order by 1`,
    [names],
  );
  return rows;
}
