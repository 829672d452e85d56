import { createHash } from 'node:crypto';
import type pg from 'pg';
import { fill, type FillProgress } from './fill.js';
import { type Projection, schemaOf, type Table } from './projection.js';
import { holdingTables } from './schema.js';
import { createTable } from './tables.js';
import { transaction } from './transaction.js';

/** What all rows of a read model come to, at the position of its cursor. */
export type Digest = Readonly<{ position: number; digest: string }>;

/** The digest of the live tables: rows and cursor as of one moment. SHA-256 in hex. */
export async function digest(pool: pg.Pool, projection: Projection): Promise<Digest> {
  return withClient(pool, (client) =>
    holdingTables(client, projection, () =>
      transaction(
        client,
        async () => {
          const { rows } = await client.query<{ position: string }>(
            'select position from reading.cursors where name = $1',
            [projection.name],
          );
          return {
            position: Number(rows[0]?.position ?? 0),
            digest: await digestOf(client, schemaOf(projection), projection),
          };
        },
        'isolation level repeatable read read only',
      ),
    ),
  );
}

/**
 * The digest that the log itself gives for a position: a replay into temporary tables, of which nothing is kept.
 * Equal to `digest` at that position, or the live tables are wrong.
 */
export async function replayDigest(
  pool: pg.Pool,
  projection: Projection,
  upTo: number,
  onProgress?: (progress: FillProgress) => void,
): Promise<Digest> {
  return withClient(pool, async (client) => {
    await client.query('begin');
    for (const table of projection.tables) await createTable(client, 'pg_temp', table);
    await fill({ client, pool, targets: [{ projection, schema: 'pg_temp' }], onProgress }, upTo);
    const result = await digestOf(client, 'pg_temp', projection);
    await client.query('rollback');
    return { position: upTo, digest: result };
  });
}

/** Of each table the hashes of its rows in key order, hashed; of these the hash, table by table. */
export async function digestOf(
  client: pg.ClientBase,
  schema: string,
  { tables }: Projection,
): Promise<string> {
  const all = createHash('sha256');
  for (const table of tables) {
    const { rows } = await client.query<{ hash: Buffer }>(
      `select sha256(coalesce(string_agg(sha256(convert_to(r::text, 'UTF8')), ''::bytea order by ${order(table)}), ''))
         as hash from ${schema}.${table.name} as r`,
    );
    all.update(table.name).update(rows[0]?.hash ?? '');
  }
  return all.digest('hex');
}

/** Text in the order of its bytes, whatever the database's collation is. */
function order({ columns, key }: Table): string {
  return key.map((name) => (columns[name] === 'text' ? `${name} collate "C"` : name)).join(', ');
}

/** A session of its own, ended afterwards: it may hold locks and temporary tables. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', () => undefined); // The statement under way tells it.
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}
