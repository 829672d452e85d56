import pg from 'pg';

export type Role = 'kosh_owner' | 'kosh_api' | 'kosh_projector' | 'kosh_eraser';

/**
 * What a projector or relay writes can be made again from the log, and its cursor goes with it: after a crash it
 * repeats the last moment instead of waiting for the disk at every commit. Nobody else may.
 */
const COMMIT: Readonly<Record<Role, string>> = {
  kosh_owner: '',
  kosh_api: '',
  kosh_projector: '-c synchronous_commit=off',
  kosh_eraser: '',
};

export type ConnectOptions = Readonly<{
  /** Connections at most; 10 unless told. */
  max?: number;
  /** The server ends a statement after this long; 0, the default, means never. */
  statementTimeoutMs?: number;
  /** Whoever waits longer for a connection, free or new, gets an error; 5 s unless told. */
  waitMs?: number;
  applicationName?: string;
  /** What speaks to the server in place of pg's own client. */
  Client?: Driver;
}>;

export type Driver = NonNullable<pg.PoolConfig['Client']>;

/** A pool whose every session has exactly the rights of `role`, and gives moments in UTC. */
export function connect(url: string, role: Role, options: ConnectOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.waitMs ?? 5_000,
    keepAlive: true,
    ...(options.Client && { Client: options.Client }),
    application_name: options.applicationName ?? `kosh-${role}`,
    options: `-c role=${role} -c TimeZone=UTC -c statement_timeout=${options.statementTimeoutMs ?? 0} ${COMMIT[role]}`,
  });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', () => undefined);
  // Nor must one that is in use and between two statements: whoever uses it is told by the next.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
