import type pg from 'pg';

/** How far what follows the log is behind it. */
export type Lag = Readonly<{
  name: string;
  /** Up to here it has come. */
  position: number;
  /** Events that it has not done yet. */
  events: number;
  /** For how long the first of them has been in the log; 0 where there is none. */
  seconds: number;
}>;

/** Of the read models and process managers, by name. */
export function projectionLags(pool: pg.Pool): Promise<readonly Lag[]> {
  return lags(pool, 'reading.cursors', 'c.name');
}

/** Of the relay, by topic, the furthest first; none where the log was never on its way to Kafka. */
export function relayLags(pool: pg.Pool): Promise<readonly Lag[]> {
  return lags(pool, 'road.relay', 'c.position desc, c.name');
}

async function lags(pool: pg.Pool, cursors: string, order: string): Promise<readonly Lag[]> {
  const { rows } = await pool.query<{ name: string; position: string; events: string; seconds: number }>(
    `select c.name, c.position,
            greatest(0, (select coalesce(max(position), 0) from log.events) - c.position) as events,
            greatest(0, coalesce(extract(epoch from clock_timestamp() - e.recorded_at), 0))::float8 as seconds
       from ${cursors} c left join log.events e on e.position = c.position + 1
      order by ${order}`,
  );
  return rows.map(({ name, position, events, seconds }) => ({
    name,
    position: Number(position),
    events: Number(events),
    seconds,
  }));
}
