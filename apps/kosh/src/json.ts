import { CommanderError } from 'commander';
import { BadBackup, type FirstBad, NoBackup, NotRestorable } from '#audit';
import { KnownAtInvalid, KnownAtNotSettled, NoReplay } from '#projections';
import { BadSettings } from '#running';
import { NoDatabase } from './database.js';

/** Of every verb: one JSON document on stdout, whatever becomes of it. */
export const JSON_OPTION = ['--json', 'print the result, or the error, as JSON'] as const;

export function printJson(result: object): void {
  console.log(JSON.stringify(result, null, 2));
}

/** The log is not what was once recorded, so that no figure can be drawn from it. */
export class NotWhole extends Error {
  override readonly name = 'NotWhole';

  constructor({ position, what }: FirstBad) {
    super(
      `The log is NOT whole: the first bad position is ${position} (${what}). Nothing is printed from it. ` +
        '`kosh verify` says more; --unchecked prints it as it is.',
    );
  }
}

/** What a failure comes to: the exit code, a stable code as problems of the API have one, and the words. */
export type Failure = Readonly<{ exitCode: number; code: string; message: string }>;

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    return { exitCode: 2, code: 'asked-wrongly', message: error.message.replace(/^error: /, '') };
  }
  const message = reason(error);
  if (error instanceof NotWhole) return { exitCode: 1, code: 'log-not-whole', message };
  if (error instanceof BadSettings) return { exitCode: 2, code: 'settings-wrong', message };
  if (error instanceof KnownAtInvalid) return { exitCode: 2, code: 'not-a-moment', message };
  if (error instanceof KnownAtNotSettled) return { exitCode: 2, code: 'known-at-not-settled', message };
  if (error instanceof BadBackup) return { exitCode: 1, code: 'bad-backup', message };
  if (error instanceof NoBackup) return { exitCode: 2, code: 'no-backup', message };
  if (error instanceof NoReplay) return { exitCode: 2, code: 'no-replay', message };
  if (error instanceof NotRestorable) return { exitCode: 2, code: 'not-restorable', message };
  return { exitCode: 3, code: error instanceof NoDatabase ? 'no-database' : 'failed', message };
}

/** What went wrong, and what that came from. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`;
}
