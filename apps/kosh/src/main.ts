#!/usr/bin/env -S node --max-semi-space-size=64
import { Argument, Command, CommanderError } from 'commander';
import { koshVersion, tellUnknown } from '#running';
import { addBackup } from './backup.verb.js';
import { addCheckpointKey } from './checkpoint-key.verb.js';
import { addDump } from './dump.verb.js';
import { addEpoch } from './epoch.verb.js';
import { failureOf, JSON_OPTION, printJson } from './json.js';
import { addMigrate } from './migrate.verb.js';
import { addParked } from './parked.verb.js';
import { addRebuild } from './rebuild.verb.js';
import { addReplay } from './replay.verb.js';
import { addRestore } from './restore.verb.js';
import { addToken } from './token.verb.js';
import { addVerify } from './verify.verb.js';

const program = new Command('kosh')
  .description('Kosh on the command line: set up, sign in, audit, rebuild, back up.')
  .addHelpText(
    'after',
    `
The database is the one that DATABASE_URL names, else that of the Kosh running in this folder (npm start).

Exits with 0 if all is well, 1 if something is wrong, 2 if it was asked wrongly, 3 if there was no answer.
With --json an error is {"error": {"code", "message"}} on stdout.`,
  )
  .showHelpAfterError('Ask with --help for what there is.')
  .version(koshVersion())
  .helpCommand(false)
  .exitOverride();

const VERBS = [
  addMigrate,
  addToken,
  addVerify,
  addDump,
  addCheckpointKey,
  addReplay,
  addRebuild,
  addParked,
  addBackup,
  addRestore,
  addEpoch,
];
for (const add of VERBS) add(program);
addHelp();

// Whoever reads may have read enough: `kosh replay | head`.
process.stdout.once('error', () => process.exit());

tellUnknown(process.env);

try {
  await program.parseAsync();
} catch (error) {
  // Help and version are thrown, too.
  const isAnswered = error instanceof CommanderError && error.exitCode === 0;
  if (!isAnswered) fail(error);
}

/** In place of commander's own, which has no words for a verb that there is not. */
function addHelp(): void {
  const verbs = program.commands.map((verb) => verb.name());
  program
    .command('help')
    .summary('say what a verb does')
    .addArgument(new Argument('[verb]').choices(verbs))
    .option(...JSON_OPTION)
    .action((name?: string) => (program.commands.find((verb) => verb.name() === name) ?? program).help());
}

function fail(error: unknown): void {
  const { exitCode, code, message } = failureOf(error);
  process.exitCode = exitCode;
  // Commander has said already how it was asked wrongly.
  if (!(error instanceof CommanderError)) console.error(`kosh: ${message}`);
  if (process.argv.includes('--json')) printJson({ error: { code, message } });
}
