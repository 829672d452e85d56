import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { freePort } from '#embedded';
import { localTokens, ROLES } from '#vault';
import { kafkaBrokers } from '../support/brokers.js';
import { freshDatabase } from '../support/database.js';
import { AppProcess } from '../support/processes.js';

/** What `work` finds in a migrated database of its own. */
export async function ofDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { url, drop } = await freshDatabase();
  try {
    return await work(url);
  } finally {
    await drop();
  }
}

/** For what only the server's superuser may: the address is its own. */
export async function asSuperuser(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

export type Running = Readonly<{ url: string; databaseUrl: string; token: string }>;

/** Api, projector and, with Kafka, relay, each a process of its own as in production, and what `work` finds. */
export async function ofProcesses<T>(
  { kafka }: { kafka: boolean },
  work: (running: Running) => Promise<T>,
): Promise<T> {
  const { url: databaseUrl, drop } = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'kosh-bench-'));
  const [apiPort, projectorPort, relayPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = {
    DATABASE_URL: databaseUrl,
    KOSH_DATA_DIR: dataDir,
    KOSH_REQUESTS_PER_MINUTE: '0',
    NODE_OPTIONS: '--max-semi-space-size=64',
    LOG_LEVEL: 'warn',
    ...(kafka && { KAFKA_BROKERS: await kafkaBrokers(), KAFKA_TOPIC: `kosh.events.${uuidv7()}` }),
  };
  const ready = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const processes = [
    new AppProcess('api', { ...env, PORT: String(apiPort) }, ready(apiPort, '/livez')),
    ...(kafka
      ? [new AppProcess('relay', { ...env, RELAY_PORT: String(relayPort) }, ready(relayPort, '/livez'))]
      : []),
    new AppProcess(
      'projector',
      { ...env, PROJECTOR_PORT: String(projectorPort) },
      ready(projectorPort, '/livez'),
    ),
  ];
  try {
    for (const one of processes) await one.start();
    const tokens = await localTokens(dataDir);
    const token = await tokens.issue({ actor: 'bench', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
    return await work({ url: ready(apiPort, ''), databaseUrl, token });
  } finally {
    for (const one of processes.toReversed()) await one.stop();
    await rm(dataDir, { recursive: true, force: true });
    await drop();
  }
}
