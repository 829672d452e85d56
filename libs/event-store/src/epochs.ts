import type pg from 'pg';

/** Which log, and which of its histories: it has another one after it was put back from a backup. */
export type History = Readonly<{
  logId: string;
  /** 1 for a log that was never put back; rises with every time it was. */
  epoch: number;
  /** Up to this position the log is the same under every epoch that it had; null where it had one only. */
  sharedUpTo: number | null;
}>;

/** The history that the log goes on with now. Throws on a database without Kosh's log. */
export async function historyOf(db: Pick<pg.Pool | pg.ClientBase, 'query'>): Promise<History> {
  const { rows } = await db.query<{ id: string; epoch: string; shared: string | null }>(
    `select i.id, max(e.epoch) as epoch, min(e.position) filter (where e.epoch > 1) as shared
       from log.identity i cross join log.epochs e group by i.id`,
  );
  const [row] = rows;
  if (!row) throw new Error('The log has no identity: run `kosh migrate`.');
  const { id: logId, epoch, shared } = row;
  return { logId, epoch: Number(epoch), sharedUpTo: shared === null ? null : Number(shared) };
}

/**
 * Begins another history behind the last event, with the rights of the owner: to be called in the transaction that
 * has put the log back, so that nobody ever writes under the epoch before.
 */
export async function beginEpoch(client: pg.ClientBase): Promise<History> {
  await client.query(
    `insert into log.epochs
       select greatest(max(epoch) + 1, trunc(extract(epoch from clock_timestamp()) * 1000)),
              (select coalesce(max(position), 0) from log.events),
              date_trunc('milliseconds', clock_timestamp())
         from log.epochs`,
  );
  // They are of what was given up. Their notary keeps them elsewhere.
  await client.query(
    'delete from audit.checkpoints where size > (select min(position) from log.epochs where epoch > 1)',
  );
  return historyOf(client);
}
