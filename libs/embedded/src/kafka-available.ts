import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { JARS } from './kafka-jars.js';

const OLDEST_JAVA = 17;
const run = promisify(execFile);

/** The program that runs Kafka. */
export const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';

/** Whether a Kafka can be started on this machine; if not, what someone must do for it. Fetches nothing. */
export async function kafkaAvailable(): Promise<Readonly<{ ok: true } | { ok: false; remedy: string }>> {
  const java = /version "(\d+)/.exec(await answerOf(JAVA, '-version'))?.[1];
  if (java === undefined || Number(java) < OLDEST_JAVA) {
    const found = java === undefined ? 'no Java' : `Java ${java}`;
    return no(`There is ${found} here: install Java ${OLDEST_JAVA} or later, or set KAFKA_BROKERS.`);
  }
  const given = process.env.KOSH_KAFKA_LIBS;
  if (given !== undefined)
    return holdsKafka(given) ? { ok: true } : no(`KOSH_KAFKA_LIBS (${given}) holds no Kafka.`);
  if (existsSync(JARS) || (await answerOf('mvn', '-v')) !== '') return { ok: true };
  return no(
    'Install Maven, by which Kafka is fetched, or set KOSH_KAFKA_LIBS to its jars, or set KAFKA_BROKERS.',
  );
}

function no(remedy: string) {
  return { ok: false, remedy } as const;
}

function holdsKafka(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('kafka_2.13-'));
}

/** Nothing if it cannot be run. */
async function answerOf(command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args);
    return stdout + stderr;
  } catch {
    return '';
  }
}
