import { todayIn } from '#reference';

/** All settings of this process that are wrong, each with its name and remedy. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';

  constructor(readonly reasons: readonly string[]) {
    super(`These settings are not right:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
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
  /** Whose tokens are taken; undefined: Kosh's own. */
  readonly oidc: { issuer: string; audience: string } | undefined;
  readonly logLevel: string;
  /** Of one caller; 0: no limit. */
  readonly requestsPerMinuteMax: number;

  private constructor(env: Environment) {
    this.mode = env['KOSH_MODE'] === 'production' ? 'production' : 'local';
    this.host = env['HOST'] ?? (this.mode === 'local' ? '127.0.0.1' : '0.0.0.0');
    this.port = Number(env['PORT'] ?? 3000);
    this.databaseUrl = env['DATABASE_URL'] ?? '';
    this.timeZone = env['KOSH_TIME_ZONE'] ?? 'Asia/Almaty';
    this.dataDir = env['KOSH_DATA_DIR'] ?? '.kosh';
    const { KOSH_MASTER_KEY, KOSH_MASTER_KEY_FILE, OIDC_ISSUER, OIDC_AUDIENCE } = env;
    this.masterKey = { env: KOSH_MASTER_KEY, file: KOSH_MASTER_KEY_FILE, dataDir: this.dataDir };
    this.oidc = OIDC_ISSUER ? { issuer: OIDC_ISSUER, audience: OIDC_AUDIENCE ?? '' } : undefined;
    this.logLevel = env['LOG_LEVEL'] ?? 'info';
    this.requestsPerMinuteMax = Number(env['KOSH_REQUESTS_PER_MINUTE'] ?? 6_000);
  }

  /** Throws `BadSettings` with every reason at once. */
  static from(env: Environment): Settings {
    const settings = new Settings(env);
    const reasons = [...wrong(settings, env), ...(settings.mode === 'production' ? unsafe(settings) : [])];
    if (reasons.length > 0) throw new BadSettings(reasons);
    return settings;
  }
}

function wrong(settings: Settings, env: Environment): string[] {
  const { mode, host, port, databaseUrl, timeZone, oidc, logLevel, requestsPerMinuteMax } = settings;
  return reasonsOf({
    [`KOSH_MODE is local or production, not ${env['KOSH_MODE']}.`]: !['local', 'production'].includes(
      env['KOSH_MODE'] ?? 'local',
    ),
    [`HOST: local mode binds to loopback only, not to ${host}. Use 127.0.0.1, or KOSH_MODE=production.`]:
      mode === 'local' && !LOOPBACK.has(host),
    [`PORT is a number from 0 to 65535, not ${env['PORT']}.`]: !isWithin(port, 65_535),
    'DATABASE_URL is missing or no address: postgres://user:password@host:5432/database.':
      !/^postgres(ql)?:$/.test(urlOf(databaseUrl)?.protocol ?? ''),
    [`KOSH_TIME_ZONE is an IANA time zone such as Asia/Almaty, not ${timeZone}.`]: !isTimeZone(timeZone),
    'OIDC_ISSUER must be https, or http on loopback: whoever answers there decides who may do what.':
      oidc !== undefined && !isTrustworthy(urlOf(oidc.issuer)),
    'OIDC_AUDIENCE is missing: without it any token of the issuer would do.':
      oidc !== undefined && !oidc.audience,
    [`LOG_LEVEL is one of ${LOG_LEVELS.join(', ')}, not ${logLevel}.`]: !LOG_LEVELS.includes(logLevel),
    'KOSH_REQUESTS_PER_MINUTE is a whole number; 0 means no limit.': !isWithin(
      requestsPerMinuteMax,
      10_000_000,
    ),
  });
}

/** What may be done on a laptop, and must not be done with real people's files. */
function unsafe({
  oidc,
  masterKey,
  dataDir,
  databaseUrl,
  requestsPerMinuteMax,
  logLevel,
}: Settings): string[] {
  return reasonsOf({
    'OIDC_ISSUER is missing: in production Kosh does not issue tokens itself.': oidc === undefined,
    [`KOSH_MASTER_KEY or KOSH_MASTER_KEY_FILE is missing: in production the key is not kept in ${dataDir}.`]:
      !masterKey.env && !masterKey.file,
    [`KOSH_MASTER_KEY_FILE lies in ${dataDir}: keep the key apart from the data.`]:
      masterKey.file !== undefined && `${masterKey.file}/`.startsWith(`${dataDir}/`),
    'DATABASE_URL has no password, or a well-known one.': ['', 'postgres', 'password', 'kosh'].includes(
      urlOf(databaseUrl)?.password ?? '',
    ),
    'KOSH_REQUESTS_PER_MINUTE is 0: in production every caller has a limit.': requestsPerMinuteMax === 0,
    [`LOG_LEVEL is ${logLevel}: in production logs are not that chatty.`]: ['debug', 'trace'].includes(
      logLevel,
    ),
  });
}

function reasonsOf(checks: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(checks).filter((reason) => checks[reason]);
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function isTrustworthy(url: URL | undefined): boolean {
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
}

function isTimeZone(timeZone: string): boolean {
  try {
    todayIn(timeZone, new Date());
    return true;
  } catch {
    return false;
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
