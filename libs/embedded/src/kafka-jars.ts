import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, pidIn } from './second-start.js';

/** Told what is fetched and how far it is: a sentence, at most every two seconds. */
export type Progress = (message: string) => void;

const KAFKA = '4.1.1';
const LOG4J = '2.25.1';

const CACHE = join(homedir(), '.cache/kosh');

/** Where the jars are once they are fetched. */
export const JARS = join(CACHE, `kafka-${KAFKA}`);

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>kosh</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J)}
    ${dependency('org.apache.logging.log4j', 'log4j-core', LOG4J)}
  </dependencies>
</project>
`;
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000;
const PROGRESS_MS = 2000;
const POLL_MS = 100;

function dependency(group: string, artifact: string, version: string): string {
  const name = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId>`;
  return `<dependency>${name}<version>${version}</version></dependency>`;
}

/**
 * The folder of Kafka's jars: `KOSH_KAFKA_LIBS`, else a cache that Maven fills at the first call, once,
 * whoever else calls meanwhile. Throws, with what Maven said and a remedy, if they cannot be fetched.
 */
export async function kafkaJars(onProgress: Progress = showProgress): Promise<string> {
  const given = process.env.KOSH_KAFKA_LIBS;
  if (given !== undefined) return given;
  if (fs.existsSync(JARS)) return JARS;
  fs.mkdirSync(CACHE, { recursive: true });
  const lock = `${JARS}.lock`;
  while (!take(lock)) await sleep(POLL_MS);
  try {
    if (!fs.existsSync(JARS)) await download(onProgress);
  } finally {
    fs.rmSync(lock, { force: true });
  }
  return JARS;
}

function showProgress(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** A lock between processes. That of a dead one is removed, for the next try. */
function take(lock: string): boolean {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!String(error).includes('EEXIST')) throw error;
    const holder = pidIn(lock);
    if (holder !== undefined && !isAlive(holder)) fs.rmSync(lock, { force: true });
    return false;
  }
}

/** Renamed into place when it is whole, so that one which was interrupted is begun again. */
async function download(onProgress: Progress): Promise<void> {
  const part = `${basename(JARS)}.part-`;
  const left = fs.readdirSync(CACHE).filter((name) => name.startsWith(part));
  for (const name of left) fs.rmSync(join(CACHE, name), { recursive: true });
  const draft = fs.mkdtempSync(join(CACHE, part)); // Not the last one's: its Maven may be at work still.
  fs.writeFileSync(join(draft, 'pom.xml'), POM);
  onProgress(`Fetching Apache Kafka ${KAFKA} by Maven, this once: about 70 MB, with Maven's own plugin.`);
  await runMaven(draft, onProgress);
  fs.renameSync(join(draft, 'jars'), JARS);
  fs.rmSync(draft, { recursive: true });
  onProgress(`Apache Kafka ${KAFKA} is in ${JARS}.`);
}

async function runMaven(folder: string, onProgress: Progress): Promise<void> {
  const maven = spawn('mvn', ['--batch-mode', GOAL, '-DoutputDirectory=jars'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  setTimeout(() => maven.kill(), DOWNLOAD_TIMEOUT_MS).unref();
  const closed = new Promise((resolve) => maven.once('close', resolve));
  await once(maven, 'spawn');
  const errors: string[] = [];
  let bytes = 0;
  let shownAt = Date.now();
  for await (const line of createInterface({ input: maven.stdout })) {
    if (line.startsWith('[ERROR]')) errors.push(line);
    bytes += bytesIn(line);
    if (Date.now() - shownAt < PROGRESS_MS) continue;
    shownAt = Date.now();
    onProgress(`Fetching Apache Kafka ${KAFKA}: ${(bytes / 1e6).toFixed(1)} MB so far.`);
  }
  await closed;
  if (maven.exitCode === 0) return;
  const why = errors[0] ?? `Maven ended with ${maven.signalCode ?? `exit code ${maven.exitCode}`}.`;
  throw new Error(
    `Kafka could not be fetched. Try again with a network, or set KOSH_KAFKA_LIBS to a folder of its jars, ` +
      `or KAFKA_BROKERS to a Kafka that runs. ${why}`,
  );
}

function bytesIn(line: string): number {
  const [, size, unit] = /^\[INFO\] Downloaded from .*\(([\d.]+) (M|k|)B at /.exec(line) ?? [];
  return Number(size ?? 0) * (unit === 'M' ? 1e6 : unit === 'k' ? 1e3 : 1);
}
