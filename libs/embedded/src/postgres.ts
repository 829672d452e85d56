import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { findPostgres } from './postgres-binaries.js';
import { ENVIRONMENT, homeOf, SUPERUSER, userFor } from './postgres-home.js';
import { refuseSecondStart } from './second-start.js';
import { launch, type Launch, type Server } from './server.js';

export type PostgresOptions = Readonly<{
  /** Where the data live; made at the first start. */
  dataDir: string;
  /** Taken if it is free, else another one is. */
  port?: number;
  /** Of the server's processes, beside what it needs. */
  env?: Readonly<Record<string, string>>;
  /** Hears which Postgres was taken, and where it listens. */
  log?: (message: string) => void;
}>;

export type Postgres = Readonly<{
  /** Of the superuser, with the password, for the database `postgres`. */
  url: string;
  /** Such as `18.4`. */
  version: string;
  pid: number;
  /** Resolves when it has ended though nobody asked it to: with the signal or the exit code. */
  died: Promise<string>;
  /** A fast shutdown: it cuts the connections that are open. */
  stop: () => Promise<void>;
}>;

const PROGRAM = 'postgres';
const PID_FILE = 'postmaster.pid';
const START_TIMEOUT_MS = 60_000;
const TRIES_MAX = 3;

/**
 * Starts a Postgres of our own on 127.0.0.1, with the data of `dataDir`; root's runs as the user
 * `postgres` or `kosh`. Throws if these data are being served already, or, with the server's last lines,
 * if it is not ready in a minute.
 */
export async function startPostgres({ dataDir, port, env, log }: PostgresOptions): Promise<Postgres> {
  const runAs = userFor(dataDir);
  const binaries = findPostgres(runAs);
  const home = homeOf(dataDir, binaries, runAs);
  const cluster = join(home, 'cluster');
  await refuseSecondStart(cluster, join(cluster, PID_FILE), PROGRAM);

  const { server, taken } = await listen(cluster, port, {
    name: 'Postgres',
    command: join(binaries.bin, PROGRAM),
    args: ['-D', cluster, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-N', '200'],
    cwd: cluster,
    env: { ...ENVIRONMENT, ...env },
    runAs,
    stopSignal: 'SIGINT',
    abortSignal: 'SIGQUIT',
  });
  if (port !== undefined && port !== taken) log?.(`Port ${port} is taken; Postgres listens on ${taken}.`);
  log?.(`Postgres ${binaries.version} (${binaries.bin}) serves ${home} on port ${taken}.`);
  const secret = readFileSync(join(home, 'secret'), 'utf8');
  const url = `postgres://${SUPERUSER}:${secret}@127.0.0.1:${taken}/postgres`;
  return { url, version: binaries.version, pid: server.pid, died: server.died, stop: server.stop };
}

/** Removes data made by `startPostgres`, wherever they are. Throws if they are being served. */
export async function discardPostgres(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) {
    const home = realpathSync(dataDir);
    await refuseSecondStart(join(home, 'cluster'), join(home, 'cluster', PID_FILE), PROGRAM);
    rmSync(home, { recursive: true });
  }
  rmSync(dataDir, { force: true }); // The link, where it was one.
}

async function listen(cluster: string, port: number | undefined, how: Launch) {
  for (let tries = 1; ; tries += 1) {
    const taken = await freePort(port);
    const server = await launch({ ...how, args: [...how.args, '-p', String(taken)] });
    try {
      await server.until(() => isReady(cluster, server), START_TIMEOUT_MS);
      return { server, taken };
    } catch (error) {
      // Someone was faster to take the port.
      if (tries === TRIES_MAX || !String(error).includes('Address already in use')) throw error;
    }
  }
}

function isReady(cluster: string, { pid }: Server): boolean {
  try {
    const lines = readFileSync(join(cluster, PID_FILE), 'utf8').split('\n');
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  } catch {
    return false; // Not written yet.
  }
}
