import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaAvailable, kafkaJars, startKafka, startPostgres } from '#embedded';
import { dropTemplate } from './database.js';

type Running = Readonly<{ address: string; stop: () => Promise<unknown> }>;

const RUNTIME_TIMEOUT_MS = 2000;
const POSTGRES_IMAGE = 'postgres:18';
/** Kafka 4.1, in the image that Testcontainers knows how to start. */
const KAFKA_IMAGE = 'confluentinc/cp-kafka:8.1.0';

/**
 * One Postgres and one Kafka for all specs of a run: says which, leaves their addresses in the
 * environment, which Jest's workers inherit, and answers what stops them. Each is the one that the
 * environment names; else a container, where a runtime answers and can start it (not with
 * `KOSH_TEST_SERVERS=embedded`); else our own.
 */
export async function startServers(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'kosh-test-'));
  chmodSync(folder, 0o755); // Postgres may run as another user.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

  // Specs make their folders here, and are to remove them.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  chmodSync(temporary, 0o1777);
  process.env.TMPDIR = temporary;

  process.env.KOSH_TEST_RUN = String(process.pid);
  const containers = await containerRuntimeAnswers();
  const stops = [await offerPostgres(folder, containers), await offerKafka(folder, containers)];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
    const left = readdirSync(temporary).filter((name) => name.startsWith('kosh-'));
    remove();
    if (left.length > 0) throw new Error(`Specs have left folders behind: ${left.join(', ')}.`);
  };
}

async function offerPostgres(folder: string, containers: boolean): Promise<Running['stop']> {
  const given = process.env.KOSH_TEST_DATABASE_URL ?? process.env.DATABASE_URL;
  if (given !== undefined) say('Postgres: the one of the environment.');
  const postgres =
    given === undefined
      ? await containerOr(() => ownPostgres(folder), containers ? postgresContainer : undefined)
      : { address: given, stop: dropTemplate };
  process.env.KOSH_TEST_DATABASE_URL = postgres.address;
  return postgres.stop;
}

async function ownPostgres(folder: string): Promise<Running> {
  const { url, stop } = await startPostgres({ dataDir: join(folder, 'postgres'), log: say });
  return { address: url, stop };
}

async function postgresContainer(): Promise<Running> {
  say(`Postgres: a container of ${POSTGRES_IMAGE}.`);
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(POSTGRES_IMAGE)
    .withCommand(['postgres', '-N', '200'])
    .start();
  return { address: container.getConnectionUri(), stop: () => container.stop() };
}

async function offerKafka(folder: string, containers: boolean): Promise<Running['stop']> {
  process.env.KOSH_TEST_KAFKA ??= process.env.KAFKA_BROKERS ?? '';
  if (process.env.KOSH_TEST_KAFKA !== '') {
    say('Kafka: the one of the environment.');
    return () => Promise.resolve();
  }
  const remedy = containers ? undefined : await whyNoKafka();
  if (remedy !== undefined) {
    if (process.env.CI === 'true') throw new Error(`No Kafka for the specs that need one. ${remedy}`);
    say(`Kafka: none, so the specs that need it are skipped. ${remedy}`);
    process.env.KOSH_TEST_KAFKA_REMEDY = remedy;
    return () => Promise.resolve();
  }
  const which = containers ? `a container of ${KAFKA_IMAGE}` : 'our own';
  say(`Kafka: ${which}, when the first spec asks for it.`);
  return startWhenAsked(() => containerOr(() => ownKafka(folder), containers ? kafkaContainer : undefined));
}

async function whyNoKafka(): Promise<string | undefined> {
  const available = await kafkaAvailable();
  if (!available.ok) return available.remedy;
  try {
    await kafkaJars();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function ownKafka(folder: string): Promise<Running> {
  const { brokers, stop } = await startKafka({ dataDir: join(folder, 'kafka') });
  return { address: brokers, stop };
}

async function kafkaContainer(): Promise<Running> {
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(KAFKA_IMAGE).withKraft().start();
  const address = `${container.getHost()}:${container.getMappedPort(9093)}`;
  return { address, stop: () => container.stop() };
}

/** Most runs of a single spec need no Kafka: `kafkaBrokers()` asks here, from whichever worker it is in. */
async function startWhenAsked(start: () => Promise<Running>): Promise<Running['stop']> {
  let kafka: Promise<Running> | undefined;
  const door = createServer((_, response) => {
    kafka ??= start();
    kafka.then(
      ({ address }) => response.end(address),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const address = door.address();
  if (typeof address === 'object') process.env.KOSH_TEST_KAFKA_DOOR = `http://127.0.0.1:${address?.port}`;
  return async () => {
    door.closeAllConnections();
    door.close();
    await kafka?.then(({ stop }) => stop());
  };
}

/** A runtime that answers may still have no image and no network. */
async function containerOr(
  own: () => Promise<Running>,
  container?: () => Promise<Running>,
): Promise<Running> {
  try {
    if (container) return await container();
  } catch (error) {
    say(`No container could be started, so our own server is. ${String(error)}`);
  }
  return own();
}

async function containerRuntimeAnswers(): Promise<boolean> {
  if (process.env.KOSH_TEST_SERVERS === 'embedded') return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const answers = getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
  return Promise.race([answers, sleep(RUNTIME_TIMEOUT_MS, false, { ref: false })]);
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
