import { todayIn } from '#reference';

export type Environment = Readonly<Record<string, string | undefined>>;

/** All settings of a process that are wrong, each with its name and remedy. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';

  constructor(readonly reasons: readonly string[]) {
    super(`These settings are not right:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
  }
}

/** Throws `BadSettings` if there is any reason to. */
export function mustBeRight(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new BadSettings(reasons);
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

// Each of these reads one setting. What is wrong with it is added to `reasons`, and its value is then of no use.

export function databaseUrlFrom({ DATABASE_URL = '' }: Environment, reasons: string[]): string {
  if (!URL.canParse(DATABASE_URL) || !/^postgres(ql)?:$/.test(new URL(DATABASE_URL).protocol)) {
    reasons.push('DATABASE_URL is missing or no address: postgres://user:password@host:5432/database.');
  }
  return DATABASE_URL;
}

export function logLevelFrom({ LOG_LEVEL = 'info' }: Environment, reasons: string[]): string {
  if (!LOG_LEVELS.some((level) => level === LOG_LEVEL)) {
    reasons.push(`LOG_LEVEL is one of ${LOG_LEVELS.join(', ')}, not ${LOG_LEVEL}.`);
  }
  return LOG_LEVEL;
}

/** Of a TCP port; 0 means any free one. Undefined where it is not set. */
export function portFrom(env: Environment, name: string, reasons: string[]): number | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!isWholeWithin(port, 0, 65_535)) reasons.push(`${name} is a number from 0 to 65535, not ${text}.`);
  return port;
}

/** In which the agency's day begins. */
export function timeZoneFrom({ KOSH_TIME_ZONE = 'Asia/Almaty' }: Environment, reasons: string[]): string {
  try {
    todayIn(KOSH_TIME_ZONE, new Date());
  } catch {
    reasons.push(`KOSH_TIME_ZONE is an IANA time zone such as Asia/Almaty, not ${KOSH_TIME_ZONE}.`);
  }
  return KOSH_TIME_ZONE;
}

/** After which a process ends itself whose event loop stands still; 0: never. Throws `BadSettings`. */
export function watchdogSecondsFrom({ KOSH_WATCHDOG_SECONDS = '60' }: Environment): number {
  const seconds = Number(KOSH_WATCHDOG_SECONDS);
  if (isWholeWithin(seconds, 0, 3_600)) return seconds;
  throw new BadSettings([
    `KOSH_WATCHDOG_SECONDS is a number from 0 (never) to 3600, not ${KOSH_WATCHDOG_SECONDS}.`,
  ]);
}

export function isWholeWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
