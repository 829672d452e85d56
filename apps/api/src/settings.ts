import { join, resolve, sep } from 'node:path';
import { parseKeys } from '#audit';
import { checkpointTopicFrom, type KafkaSettings, topicSettingsFrom } from '#kafka';
import {
  databaseUrlFrom,
  type Environment,
  isWholeWithin,
  logLevelFrom,
  mustBeRight,
  portFrom,
  timeZoneFrom,
} from '#running';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** How the API runs. Read once, from the environment, here and nowhere else. */
export class Settings {
  /** `local`: its own tokens unless an issuer is named, loopback only, and every answer says so. */
  readonly mode: 'local' | 'production';
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** In which the agency's day begins. */
  readonly timeZone: string;
  readonly dataDir: string;
  readonly masterKey: { env: string | undefined; file: string | undefined; dataDir: string };
  /** Who signs the log: the public keys themselves, or the folder of checkpoints where they lie. */
  readonly checkpoints: { publicKeys: string | undefined; folder: string };
  /** Whose tokens are taken; undefined: Kosh's own. */
  readonly oidc: { issuer: string; audience: string } | undefined;
  /** What the description says of the topic: this process does not speak to Kafka. */
  readonly kafka: Pick<KafkaSettings, 'topic' | 'partitions'>;
  readonly checkpointTopic: string;
  readonly logLevel: string;
  /** Of one caller; 0: no limit. */
  readonly requestsPerMinuteMax: number;
  /** Of all callers, under way at the same time. */
  readonly requestsInFlightMax: number;
  /** A turn of the event loop that takes longer, on average, means that there is too much to do. */
  readonly loopDelayMsMax: number;
  /** To the database, for reading. */
  readonly readersMax: number;

  private constructor(env: Environment, reasons: string[]) {
    this.mode = env['KOSH_MODE'] === 'production' ? 'production' : 'local';
    this.host = env['HOST'] ?? (this.mode === 'local' ? '127.0.0.1' : '0.0.0.0');
    this.port = portFrom(env, 'PORT', reasons) ?? 3000;
    this.databaseUrl = databaseUrlFrom(env, reasons);
    this.timeZone = timeZoneFrom(env, reasons);
    this.dataDir = env['KOSH_DATA_DIR'] ?? '.kosh';
    const { KOSH_MASTER_KEY, KOSH_MASTER_KEY_FILE, OIDC_ISSUER, OIDC_AUDIENCE } = env;
    this.masterKey = { env: KOSH_MASTER_KEY, file: KOSH_MASTER_KEY_FILE, dataDir: this.dataDir };
    this.checkpoints = {
      publicKeys: env['KOSH_CHECKPOINT_PUBLIC_KEY'],
      folder: env['KOSH_CHECKPOINT_DIR'] ?? join(this.dataDir, 'checkpoints'),
    };
    this.oidc = OIDC_ISSUER ? { issuer: OIDC_ISSUER, audience: OIDC_AUDIENCE ?? '' } : undefined;
    this.kafka = topicSettingsFrom(env, reasons);
    this.checkpointTopic = checkpointTopicFrom(env, reasons);
    this.logLevel = logLevelFrom(env, reasons);
    this.requestsPerMinuteMax = Number(env['KOSH_REQUESTS_PER_MINUTE'] ?? 6_000);
    this.requestsInFlightMax = Number(env['KOSH_REQUESTS_IN_FLIGHT'] ?? 256);
    this.loopDelayMsMax = Number(env['KOSH_LOOP_DELAY_MS'] ?? 200);
    this.readersMax = Number(env['KOSH_READERS'] ?? 10);
  }

  /** Throws `BadSettings` with every reason at once. */
  static from(env: Environment): Settings {
    const reasons: string[] = [];
    const settings = new Settings(env, reasons);
    reasons.push(...wrong(settings, env), ...(settings.mode === 'production' ? unsafe(settings) : []));
    mustBeRight(reasons);
    return settings;
  }
}

type Check = readonly [isBad: boolean, reason: string];

function wrong(settings: Settings, env: Environment): string[] {
  const { mode, host, oidc, requestsPerMinuteMax, checkpoints } = settings;
  const { requestsInFlightMax, loopDelayMsMax, readersMax } = settings;
  const { KOSH_MODE = 'local' } = env;
  return reasonsOf([
    [!['local', 'production'].includes(KOSH_MODE), `KOSH_MODE is local or production, not ${KOSH_MODE}.`],
    [
      mode === 'local' && !LOOPBACK.has(host),
      `HOST: local mode binds to loopback only, not to ${host}. Use 127.0.0.1, or KOSH_MODE=production.`,
    ],
    [
      oidc !== undefined && !isTrustworthy(urlOf(oidc.issuer)),
      'OIDC_ISSUER must be https, or http on loopback: whoever answers there decides who may do what.',
    ],
    [oidc?.audience === '', 'OIDC_AUDIENCE is missing: without it any token of the issuer would do.'],
    [
      checkpoints.publicKeys !== undefined && !areKeys(checkpoints.publicKeys),
      'KOSH_CHECKPOINT_PUBLIC_KEY is a line of key.pub, as `kosh checkpoint-key` prints it.',
    ],
    [
      !isWholeWithin(requestsPerMinuteMax, 0, 10_000_000),
      'KOSH_REQUESTS_PER_MINUTE is a whole number; 0: no limit.',
    ],
    [
      !isWholeWithin(requestsInFlightMax, 1, 100_000),
      'KOSH_REQUESTS_IN_FLIGHT is a whole number from 1 to 100000: more requests at a time are refused.',
    ],
    [
      !isWholeWithin(loopDelayMsMax, 10, 60_000),
      'KOSH_LOOP_DELAY_MS is a whole number of milliseconds from 10 to 60000.',
    ],
    [!isWholeWithin(readersMax, 1, 100), 'KOSH_READERS is a number of connections from 1 to 100.'],
  ]);
}

/** What may be done on a laptop, and must not be done with real people's files. */
function unsafe(settings: Settings): string[] {
  const { oidc, masterKey, dataDir, databaseUrl, requestsPerMinuteMax, logLevel } = settings;
  return reasonsOf([
    [oidc === undefined, 'OIDC_ISSUER is missing: in production Kosh does not issue tokens itself.'],
    [
      !masterKey.env && !masterKey.file,
      `KOSH_MASTER_KEY or KOSH_MASTER_KEY_FILE is missing: in production the key is not kept in ${dataDir}.`,
    ],
    [
      masterKey.file !== undefined && resolve(masterKey.file).startsWith(resolve(dataDir) + sep),
      `KOSH_MASTER_KEY_FILE lies in ${dataDir}: keep the key apart from the data.`,
    ],
    [
      ['', 'postgres', 'password', 'kosh'].includes(urlOf(databaseUrl)?.password ?? ''),
      'DATABASE_URL has no password, or a well-known one.',
    ],
    [requestsPerMinuteMax === 0, 'KOSH_REQUESTS_PER_MINUTE is 0: in production every caller has a limit.'],
    [['debug', 'trace'].includes(logLevel), `LOG_LEVEL is ${logLevel}: too chatty for production.`],
  ]);
}

function areKeys(text: string): boolean {
  try {
    return parseKeys(text).length > 0;
  } catch {
    return false;
  }
}

function reasonsOf(checks: readonly Check[]): string[] {
  return checks.flatMap(([isBad, reason]) => (isBad ? [reason] : []));
}

function isTrustworthy(url: URL | undefined): boolean {
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
