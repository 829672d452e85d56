import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { JAVA, kafkaAvailable } from './kafka-available.js';
import { kafkaJars, type Progress } from './kafka-jars.js';
import { refuseSecondStart } from './second-start.js';
import { launch } from './server.js';

export type KafkaOptions = Readonly<{
  /** Where the data live; made at the first start. */
  dataDir: string;
  /** Taken if it is free, else another one is. Without it: the port of the last start. */
  port?: number;
  /** Hears where Kafka listens. */
  log?: (message: string) => void;
  /** Hears how far the download is, when there is one. Without it stderr does. */
  onProgress?: Progress;
}>;

export type Kafka = Readonly<{
  /** For `KAFKA_BROKERS`. */
  brokers: string;
  pid: number;
  /** Resolves when it has ended though nobody asked it to: with the signal or the exit code. */
  died: Promise<string>;
  /** In good order. */
  stop: () => Promise<void>;
  /**
   * SIGKILL. Another `startKafka` with the same `dataDir` brings the broker back, with its data and its
   * port.
   */
  kill: () => Promise<void>;
}>;

const START_TIMEOUT_MS = 60_000;

/**
 * Starts an Apache Kafka of one node on 127.0.0.1, on the Java of this machine. Throws with a remedy if
 * that cannot be, if its data are being served already, or, with its last lines, if it does not listen in
 * a minute.
 */
export async function startKafka({ dataDir, port, log, onProgress }: KafkaOptions): Promise<Kafka> {
  const available = await kafkaAvailable();
  if (!available.ok) throw new Error(available.remedy);
  const classpath = join(await kafkaJars(onProgress), '*');
  mkdirSync(dataDir, { recursive: true });
  const home = realpathSync(dataDir);
  const pidFile = join(home, 'kafka.pid');
  await refuseSecondStart(home, pidFile, 'kafka.Kafka');

  const { properties, broker } = await settle(home, port);
  if (!existsSync(join(home, 'log/meta.properties'))) await format(classpath, properties);
  const server = await launch({
    name: 'Kafka',
    command: JAVA,
    args: [...JVM, '-cp', classpath, 'kafka.Kafka', properties],
    cwd: home,
    env: process.env,
    stopSignal: 'SIGTERM',
    abortSignal: 'SIGKILL',
  });
  await server.until(() => isListening(broker), START_TIMEOUT_MS);
  writeFileSync(pidFile, String(server.pid));
  log?.(`Kafka (${classpath}) serves ${home} on port ${broker}.`);
  const { pid, died, stop, abort } = server;
  return { brokers: `127.0.0.1:${broker}`, pid, died, stop, kill: abort };
}

/** Little memory and a quick start, for an agency's rate of events. */
const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Writes the settings; the ports are those of the last start where they are free. */
async function settle(home: string, port: number | undefined) {
  const properties = join(home, 'server.properties');
  const before = existsSync(properties) ? readFileSync(properties, 'utf8') : '';
  const [, lastBroker, lastController] = /^listeners=.*:(\d+),.*:(\d+)$/m.exec(before) ?? [];
  const broker = await freePort(port ?? Number(lastBroker ?? 0));
  const controller = await freePort(Number(lastController ?? 0));
  writeFileSync(properties, settings(join(home, 'log'), broker, controller));
  return { properties, broker };
}

/** A short session, since a killed broker comes back only when its last one has ended. */
function settings(logDir: string, broker: number, controller: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${logDir}
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
`;
}

/** Gives the data their cluster id, once. */
async function format(classpath: string, properties: string): Promise<void> {
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'k'); // A leading dash would be an option.
  const args = ['-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
  await promisify(execFile)(JAVA, [...JVM, ...args, '--ignore-formatted'], { timeout: START_TIMEOUT_MS });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (listens: boolean) => () => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
