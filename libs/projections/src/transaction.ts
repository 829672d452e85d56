import type pg from 'pg';

/** All of `work`, or nothing of it. `options` as behind `begin`. */
export async function transaction<T>(
  client: pg.ClientBase,
  work: () => Promise<T>,
  options = '',
): Promise<T> {
  await client.query(`begin ${options}`);
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // If the connection is gone, so is the transaction: the first error is the one to tell.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
