#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { KnownAtInvalid, KnownAtNotSettled } from '#projections';
import { addMigrate } from './migrate.verb.js';
import { addRebuild } from './rebuild.verb.js';
import { addReplay } from './replay.verb.js';
import { addToken } from './token.verb.js';
import { addVerify } from './verify.verb.js';

const program = new Command('kosh')
  .description('Kosh on the command line: set up, sign in, audit, rebuild.')
  .addHelpText(
    'after',
    `
The database is the one that DATABASE_URL names, else that of the Kosh running in this folder (npm start).

Exits with 0 if all is well, 1 if something is wrong, 2 if it was asked wrongly, 3 if there was no answer.`,
  )
  .showHelpAfterError('Ask with --help for what there is.')
  .exitOverride();

for (const add of [addMigrate, addToken, addVerify, addReplay, addRebuild]) add(program);

// Whoever reads may have read enough: `kosh replay | head`.
process.stdout.once('error', () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has said why.
  console.error(`kosh: ${reason(error)}`);
  return error instanceof KnownAtInvalid || error instanceof KnownAtNotSettled ? 2 : 3;
}

/** What went wrong, and what that came from. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`;
}
