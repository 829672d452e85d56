import { checkpointTopicFrom, type KafkaSettings, kafkaSettingsFrom } from '#kafka';
import { BadSettings, databaseUrlFrom, type Environment, logLevelFrom, portFrom } from '#running';
import { type NotarySettings, notarySettings } from './notary-settings.js';

export type RelaySettings = Readonly<{
  databaseUrl: string;
  kafka: KafkaSettings;
  checkpointTopic: string;
  notary: NotarySettings;
  /** Where health and metrics are served; without a port, nowhere. */
  host: string;
  port: number | undefined;
  logLevel: string;
}>;

/** Throws `BadSettings` with every reason at once. */
export function settingsFrom(env: Environment): RelaySettings {
  const reasons: string[] = [];
  const databaseUrl = databaseUrlFrom(env, reasons);
  const kafka = kafkaSettingsFrom(env, reasons);
  if (!kafka) reasons.push('KAFKA_BROKERS is missing: a comma list of host:port.');
  const port = portFrom(env, 'RELAY_PORT', reasons);
  const logLevel = logLevelFrom(env, reasons);
  const checkpointTopic = checkpointTopicFrom(env, reasons);
  const notary = notarySettings(env, reasons);
  if (!kafka || reasons.length > 0) throw new BadSettings(reasons);
  return { databaseUrl, kafka, checkpointTopic, notary, host: env['HOST'] ?? '127.0.0.1', port, logLevel };
}
