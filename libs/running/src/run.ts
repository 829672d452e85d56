import { given, unknownSettings } from './known-settings.js';
import { BadSettings, type Environment, watchdogSecondsFrom } from './settings.js';
import { watchEventLoop } from './watchdog.js';

/** The exit code for settings that a person must mend (sysexits.h: EX_CONFIG). */
const EX_CONFIG = 78;
const STOP_MAX_MS = 10_000;

export type Running = Readonly<{
  /** Rejects when the process cannot go on. */
  done?: Promise<void>;
  close: () => Promise<void>;
}>;

/**
 * The life of a process: started with the environment's settings, and ended by SIGTERM or SIGINT in good order within
 * 10 s, or by its own watchdog when its event loop stands still. `BadSettings` end it with 78, since a restart would not
 * help; any other failure ends it with 1.
 */
export async function runUntilStopped(start: (env: Environment) => Promise<Running>): Promise<void> {
  try {
    tellUnknown(process.env);
    const env = given(process.env);
    const watchdogSeconds = watchdogSecondsFrom(env);
    const running = await start(env);
    if (watchdogSeconds > 0) watchEventLoop(watchdogSeconds);
    const stop = () => {
      setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
      running.close().then(() => process.exit(0), fail);
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
    await running.done;
  } catch (error) {
    fail(error);
  }
}

/** Says on stderr which settings nothing reads: they are mistyped, and what they meant does not hold. */
export function tellUnknown(env: Environment): void {
  for (const sentence of unknownSettings(env)) process.stderr.write(`${sentence}\n`);
}

/** Ends the process: with 78 where settings are wrong, else with 1. */
export function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof BadSettings ? EX_CONFIG : 1);
}
