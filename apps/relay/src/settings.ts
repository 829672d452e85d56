import { type KafkaSettings, kafkaSettingsFrom } from '#kafka';

/** All settings of this process that are wrong, each with its name and remedy. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';

  constructor(reasons: readonly string[]) {
    super(`These settings are not right:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
  }
}

export type RelaySettings = Readonly<{
  databaseUrl: string;
  kafka: KafkaSettings;
  /** Where health and metrics are served; without a port, nowhere. */
  host: string;
  port: number | undefined;
  logLevel: string;
}>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Throws `BadSettings` with every reason at once. */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>): RelaySettings {
  const {
    DATABASE_URL: databaseUrl = '',
    RELAY_PORT,
    HOST: host = '127.0.0.1',
    LOG_LEVEL: logLevel = 'info',
  } = env;
  const reasons: string[] = [];
  const kafka = kafkaSettingsFrom(env, reasons);
  const port = RELAY_PORT === undefined ? undefined : Number(RELAY_PORT);
  if (!URL.canParse(databaseUrl) || !/^postgres(ql)?:$/.test(new URL(databaseUrl).protocol)) {
    reasons.push('DATABASE_URL is missing or no address: postgres://user:password@host:5432/database.');
  }
  if (!kafka) reasons.push('KAFKA_BROKERS is missing: a comma list of host:port.');
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    reasons.push(`RELAY_PORT is a number from 0 to 65535, not ${RELAY_PORT}.`);
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    reasons.push(`LOG_LEVEL is one of ${LOG_LEVELS.join(', ')}, not ${logLevel}.`);
  }
  if (!kafka || reasons.length > 0) throw new BadSettings(reasons);
  return { databaseUrl, kafka, host, port, logLevel };
}
