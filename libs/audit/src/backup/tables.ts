import type pg from 'pg';

/** A table that cannot be made again from others. */
export type KeptTable = Readonly<{
  /** With its schema. */
  name: string;
  columns: readonly string[];
  /** Of its rows, such that the same rows give the same bytes. */
  order: string;
}>;

/**
 * Migrations are applied again, not copied; the notary makes its tree and its findings anew from the log. What read models
 * had put aside goes with them.
 */
const NOT_KEPT = ['kosh.migrations', 'audit.nodes', 'audit.verification', 'reading.parked'];

/**
 * What must be in a backup: all tables of the owner, so that one which a later migration makes is in it without being
 * listed here. Read models belong to the projector; they follow from the log.
 */
export async function keptTables(client: pg.ClientBase): Promise<readonly KeptTable[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; key: string[] }>(
    `select format('%I.%I', n.nspname, c.relname) as name,
            array(select quote_ident(a.attname) from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   order by a.attnum)::text[] as columns,
            array(select quote_ident(a.attname) || case when a.atttypid = 'text'::regtype then ' collate "C"' else '' end
                    from pg_index i
                    cross join unnest(i.indkey) with ordinality k(attnum, at)
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                   where i.indrelid = c.oid and i.indisprimary order by k.at)::text[] as key
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence = 'p' and c.relowner = 'kosh_owner'::regrole
        and format('%I.%I', n.nspname, c.relname) <> all ($1)
      order by 1`,
    [NOT_KEPT],
  );
  return rows.map(({ name, columns, key }) => ({
    name,
    columns,
    order: key.length > 0 ? key.join(', ') : 't::text collate "C"',
  }));
}
