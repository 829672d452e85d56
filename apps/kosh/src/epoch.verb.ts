import type { Command } from 'commander';
import { beginAnew } from '#audit';
import { historyOf } from '#event-store';
import { databaseUrl, withDatabase } from './database.js';
import { JSON_OPTION, printJson } from './json.js';

/** `kosh epoch` */
export function addEpoch(program: Command): void {
  program
    .command('epoch')
    .summary('which history of the log this is; or begin another')
    .description(
      'Prints the epoch of the log: 1, or a higher number where it was put back from a backup.\n\n' +
        'With --begin, begins another. kosh restore does that by itself; it is for a database that Postgres itself ' +
        'put back, from a base backup and its WAL, to a moment before the last. Without it, whoever has read on ' +
        'from Kafka would take what is recorded from now on for what was lost. Stop api, relay and projector first.',
    )
    .option('--begin', 'the database was put back, not by kosh restore')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExamples:\n  npx kosh epoch\n  npx kosh epoch --begin')
    .action(async ({ begin, json }: { begin?: true; json?: true }) => {
      if (begin) await beginAnew(await databaseUrl());
      const { epoch, sharedUpTo } = await withDatabase('kosh_api', historyOf);
      if (json) return printJson({ epoch, sharedUpTo });
      console.log(
        `epoch ${epoch}${sharedUpTo === null ? '' : `; all epochs share the log up to position ${sharedUpTo}`}`,
      );
    });
}
