import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '#event-store';
import { createApi } from '../../api/src/api.js';
import { Settings as ApiSettings } from '../../api/src/settings.js';
import { startProjector } from '../../projector/src/projector.js';
import { settingsFrom as projectorSettings } from '../../projector/src/settings.js';
import { startRelay } from '../../relay/src/relay.js';
import { settingsFrom as relaySettings } from '../../relay/src/settings.js';
import { openServers, type Say } from './servers.js';

export type System = Readonly<{
  url: string;
  databaseUrl: string;
  brokers: string | undefined;
  /** Within 10 s, in the order HTTP, projectors, relay, Kafka, Postgres. */
  stop: () => Promise<void>;
}>;

/** Api, relay and projectors in this process, on the servers the environment names or on its own. */
export async function startSystem(dataDir: string, env: NodeJS.ProcessEnv, say: Say): Promise<System> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const servers = await openServers(dataDir, env, say);
    stops.push(servers.stop);
    const { databaseUrl, brokers } = servers;
    const applied = await migrate(databaseUrl);
    say(`Schema: ${applied.length > 0 ? `${applied.length} migrations applied` : 'up to date'}.`);
    // For `npx kosh`, which looks here when it is not told an address.
    await writeFile(join(dataDir, 'database-url'), databaseUrl, { mode: 0o600 });

    const own = { ...env, DATABASE_URL: databaseUrl, KOSH_DATA_DIR: dataDir, KAFKA_BROKERS: brokers };
    if (brokers) stops.push((await startRelay(relaySettings(own))).close);
    stops.push((await startProjector(projectorSettings(own))).close);
    const api = await createApi(ApiSettings.from(own));
    stops.push(api.close);
    const url = await api.listen();
    return { url, databaseUrl, brokers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
