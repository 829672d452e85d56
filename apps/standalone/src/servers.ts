import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaAvailable, startKafka, startPostgres } from '#embedded';
import { keepKafka } from './kept-kafka.js';

export type Say = (line: string) => void;

export type Servers = Readonly<{
  databaseUrl: string;
  /** Undefined: without Kafka, the read models follow the log itself. */
  brokers: string | undefined;
  /** Resolves, with how it ended, when a Postgres of this process dies: nothing can go on without it. */
  lost: Promise<string>;
  stop: () => Promise<void>;
}>;

/** Postgres and Kafka: those the environment names, else those of this machine. Says which it took. */
export async function openServers(dataDir: string, env: NodeJS.ProcessEnv, say: Say): Promise<Servers> {
  // Postgres, which does not run as root, may have to pass through; what is secret in it is readable to us alone.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const [postgres, kafka] = await Promise.allSettled([
    openPostgres(dataDir, env, say),
    openKafka(dataDir, env, say),
  ]);
  const stop = async () => {
    if (kafka.status === 'fulfilled') await kafka.value?.stop();
    if (postgres.status === 'fulfilled') await postgres.value.stop();
  };
  if (postgres.status === 'rejected' || kafka.status === 'rejected') {
    await stop();
    throw postgres.status === 'rejected'
      ? postgres.reason
      : kafka.status === 'rejected'
        ? kafka.reason
        : undefined;
  }
  const { url: databaseUrl, died: lost } = postgres.value;
  return { databaseUrl, brokers: kafka.value?.brokers, lost, stop };
}

const nothingToStop = () => Promise.resolve();
/** Whether a server of someone else's lives is for them to see. */
const never = new Promise<never>(() => undefined);

async function openPostgres(dataDir: string, env: NodeJS.ProcessEnv, say: Say) {
  if (env['DATABASE_URL']) {
    say('Postgres: the one that DATABASE_URL names.');
    return { url: env['DATABASE_URL'], died: never, stop: nothingToStop };
  }
  return startPostgres({ dataDir: join(dataDir, 'postgres'), log: (line) => say(`Postgres: ${line}`) });
}

async function openKafka(dataDir: string, env: NodeJS.ProcessEnv, say: Say) {
  if (env['KAFKA_BROKERS']) {
    say(`Kafka: the one at ${env['KAFKA_BROKERS']}.`);
    return { brokers: env['KAFKA_BROKERS'], stop: nothingToStop };
  }
  const available = await kafkaAvailable();
  if (!available.ok) {
    say(`Kafka: none; the read models follow the log itself. ${available.remedy}`);
    return undefined;
  }
  const own = { dataDir: join(dataDir, 'kafka'), log: (line: string) => say(`Kafka: ${line}`) };
  return keepKafka(() => startKafka(own), say);
}
