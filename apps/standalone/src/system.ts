import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { migrate } from '#event-store';
import { BadSettings, type Environment, given, mustBeRight } from '#running';
import { loadMasterKey, UnsafeSecret } from '#vault';
import { createApi } from '../../api/src/api.js';
import type { RelayHere } from '../../api/src/operations/health.controller.js';
import { Settings as ApiSettings } from '../../api/src/settings.js';
import { startProjector } from '../../projector/src/projector.js';
import { settingsFrom as projectorSettings } from '../../projector/src/settings.js';
import { type RunningNotary, startNotary } from '../../relay/src/notary.js';
import { notarySettingsFrom } from '../../relay/src/notary-settings.js';
import { type RunningRelay, startRelay } from '../../relay/src/relay.js';
import { settingsFrom as relaySettings } from '../../relay/src/settings.js';
import { openServers, type Say } from './servers.js';

export type System = Readonly<{
  url: string;
  databaseUrl: string;
  brokers: string | undefined;
  /** Resolves, with how it ended, when the Postgres of this process dies: then it can only be stopped. */
  lost: Promise<string>;
  /** Within 10 s, in the order HTTP, projectors, relay, Kafka, Postgres. */
  stop: () => Promise<void>;
}>;

/** Stand for servers that are still to be started, so that all other settings can be judged before. */
const TO_COME = { DATABASE_URL: 'postgres://kosh:to-come@127.0.0.1/kosh', KAFKA_BROKERS: '127.0.0.1:9092' };

/** Judges the settings of all that `startSystem` starts. Throws `BadSettings` with every reason at once. */
export async function mustBeStartable(env: NodeJS.ProcessEnv): Promise<void> {
  const asked = given(env);
  const apiSettings = (settings: Environment) => ApiSettings.from(settings);
  const reasons = [apiSettings, relaySettings, projectorSettings].flatMap((settingsFrom) => {
    try {
      settingsFrom({ ...TO_COME, ...asked });
      return [];
    } catch (error) {
      if (error instanceof BadSettings) return error.reasons;
      throw error;
    }
  });
  mustBeRight([...new Set([...reasons, ...(await wrongMasterKey(asked))])]);
}

/** Of a key that the environment gives; the one in the data folder is made when it is first needed. */
async function wrongMasterKey(env: Environment): Promise<readonly string[]> {
  const { KOSH_MASTER_KEY, KOSH_MASTER_KEY_FILE } = env;
  if (!KOSH_MASTER_KEY && !KOSH_MASTER_KEY_FILE) return [];
  try {
    await loadMasterKey({ env: KOSH_MASTER_KEY, file: KOSH_MASTER_KEY_FILE, dataDir: '' });
    return [];
  } catch (error) {
    if (error instanceof UnsafeSecret) return [error.message];
    throw error;
  }
}

/** Api, relay, notary and projectors in this process, on the servers the environment names or on its own. */
export async function startSystem(dataDir: string, env: NodeJS.ProcessEnv, say: Say): Promise<System> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const servers = await openServers(dataDir, env, say);
    stops.push(servers.stop);
    const { databaseUrl, brokers, lost } = servers;
    const applied = await migrate(databaseUrl);
    say(`Schema: ${applied.length > 0 ? `${applied.length} migrations applied` : 'up to date'}.`);
    // For `npx kosh`, which looks here when it is not told an address.
    await writeFile(join(dataDir, 'database-url'), databaseUrl, { mode: 0o600 });

    const own = { ...env, DATABASE_URL: databaseUrl, KOSH_DATA_DIR: dataDir, KAFKA_BROKERS: brokers };
    const relay = brokers ? await startRelay(relaySettings(own)) : undefined;
    stops.push((relay ?? (await startNotaryAlone(databaseUrl, own))).close);
    stops.push((await startProjector(projectorSettings(own))).close);
    const api = await createApi(ApiSettings.from(own), { relay: () => howIs(relay) });
    stops.push(api.close);
    const url = await api.listen();
    return { url, databaseUrl, brokers, lost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where there is no Kafka there is no relay, beside which it would run. */
function startNotaryAlone(databaseUrl: string, env: Environment): Promise<RunningNotary> {
  const log = pino({ level: env['LOG_LEVEL'] ?? 'info', base: { service: 'notary' } });
  return startNotary({ databaseUrl, notary: notarySettingsFrom(env), log });
}

/** As `/readyz` says it: a relay that waits for Kafka, or has ended, keeps no command from being recorded. */
function howIs(relay: RunningRelay | undefined): ReturnType<RelayHere> {
  if (!relay) return 'none';
  return ['kafka-away', 'ended'].includes(relay.state()) ? 'degraded' : 'ok';
}
