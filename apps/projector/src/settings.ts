import type { KafkaSettings } from '#kafka';
import { READ_MODELS } from '#projections';
import { todayIn } from '#reference';

/** All settings of this process that are wrong, each with its name and remedy. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';

  constructor(reasons: readonly string[]) {
    super(`These settings are not right:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
  }
}

export type ProjectorSettings = Readonly<{
  databaseUrl: string;
  /** Undefined: events come from the log itself. */
  kafka: KafkaSettings | undefined;
  /** Names of the read models that this process keeps up. */
  readModels: readonly string[];
  /** Whether the process managers run here, too. */
  processes: boolean;
  /** In which the agency's day begins. */
  timeZone: string;
  /** Where health and metrics are served; without a port, nowhere. */
  host: string;
  port: number | undefined;
  logLevel: string;
}>;

type Environment = Readonly<Record<string, string | undefined>>;

const NAMES = READ_MODELS.map(({ name }) => name);
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Throws `BadSettings` with every reason at once. */
export function settingsFrom(env: Environment): ProjectorSettings {
  const { KAFKA_BROKERS, PROJECTOR_PORT, KOSH_READ_MODELS, KOSH_PROCESSES = 'all' } = env;
  const partitions = Number(env['KAFKA_PARTITIONS'] ?? 12);
  const settings: ProjectorSettings = {
    databaseUrl: env['DATABASE_URL'] ?? '',
    kafka: KAFKA_BROKERS
      ? { brokers: listOf(KAFKA_BROKERS), topic: env['KAFKA_TOPIC'] ?? 'kosh.events', partitions }
      : undefined,
    readModels: KOSH_READ_MODELS === undefined ? NAMES : listOf(KOSH_READ_MODELS),
    processes: KOSH_PROCESSES !== 'none',
    timeZone: env['KOSH_TIME_ZONE'] ?? 'Asia/Almaty',
    host: env['HOST'] ?? '127.0.0.1',
    port: PROJECTOR_PORT === undefined ? undefined : Number(PROJECTOR_PORT),
    logLevel: env['LOG_LEVEL'] ?? 'info',
  };
  const { databaseUrl, kafka, readModels, timeZone, port = 0, logLevel } = settings;
  const unknown = readModels.filter((name) => !NAMES.includes(name));
  const checks: Readonly<Record<string, boolean>> = {
    'DATABASE_URL is missing or no address: postgres://user:password@host:5432/database.':
      !URL.canParse(databaseUrl) || !/^postgres(ql)?:$/.test(new URL(databaseUrl).protocol),
    'KAFKA_BROKERS is a comma list of host:port.': kafka?.brokers.every(isBroker) === false,
    'KAFKA_PARTITIONS is a whole number from 1 to 1000.': !isWithin(partitions, 1, 1_000),
    [`KOSH_READ_MODELS is a comma list of ${NAMES.join(', ')}; not ${unknown.join(', ')}.`]:
      unknown.length > 0,
    [`KOSH_PROCESSES is all or none, not ${KOSH_PROCESSES}.`]: !['all', 'none'].includes(KOSH_PROCESSES),
    [`KOSH_TIME_ZONE is an IANA time zone such as Asia/Almaty, not ${timeZone}.`]: !isTimeZone(timeZone),
    [`PROJECTOR_PORT is a number from 0 to 65535, not ${PROJECTOR_PORT}.`]: !isWithin(port, 0, 65_535),
    [`LOG_LEVEL is one of ${LOG_LEVELS.join(', ')}, not ${logLevel}.`]: !LOG_LEVELS.includes(logLevel),
  };
  const reasons = Object.keys(checks).filter((reason) => checks[reason]);
  if (reasons.length > 0) throw new BadSettings(reasons);
  return settings;
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function isBroker(address: string): boolean {
  return /^[^\s:]+:\d{1,5}$/.test(address);
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return todayIn(timeZone, new Date()) !== '';
  } catch {
    return false;
  }
}
