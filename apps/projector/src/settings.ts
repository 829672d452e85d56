import { type KafkaSettings, kafkaSettingsFrom } from '#kafka';
import { READ_MODELS } from '#projections';
import {
  databaseUrlFrom,
  type Environment,
  logLevelFrom,
  mustBeRight,
  portFrom,
  timeZoneFrom,
} from '#running';

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

const NAMES = READ_MODELS.map(({ name }) => name);

/** Throws `BadSettings` with every reason at once. */
export function settingsFrom(env: Environment): ProjectorSettings {
  const { KOSH_READ_MODELS, KOSH_PROCESSES = 'all', HOST: host = '127.0.0.1' } = env;
  const reasons: string[] = [];
  const readModels = KOSH_READ_MODELS?.split(',').map((name) => name.trim()) ?? NAMES;
  const unknown = readModels.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) {
    reasons.push(`KOSH_READ_MODELS is a comma list of ${NAMES.join(', ')}; not ${unknown.join(', ')}.`);
  }
  if (!['all', 'none'].includes(KOSH_PROCESSES)) {
    reasons.push(`KOSH_PROCESSES is all or none, not ${KOSH_PROCESSES}.`);
  }
  const settings = {
    databaseUrl: databaseUrlFrom(env, reasons),
    kafka: kafkaSettingsFrom(env, reasons),
    readModels,
    processes: KOSH_PROCESSES !== 'none',
    timeZone: timeZoneFrom(env, reasons),
    host,
    port: portFrom(env, 'PROJECTOR_PORT', reasons),
    logLevel: logLevelFrom(env, reasons),
  };
  mustBeRight(reasons);
  return settings;
}
