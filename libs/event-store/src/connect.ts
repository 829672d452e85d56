import pg from 'pg';

export type Role = 'kosh_owner' | 'kosh_api' | 'kosh_projector' | 'kosh_eraser';

export type ConnectOptions = Readonly<{
  /** Connections at most; 10 unless told. */
  max?: number;
  /** The server ends a statement after this long; 0, the default, means never. */
  statementTimeoutMs?: number;
  applicationName?: string;
}>;

/** A pool whose every session has exactly the rights of `role`, and gives moments in UTC. */
export function connect(url: string, role: Role, options: ConnectOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: options.applicationName ?? `kosh-${role}`,
    options: `-c role=${role} -c TimeZone=UTC -c statement_timeout=${options.statementTimeoutMs ?? 0}`,
  });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  return pool;
}
