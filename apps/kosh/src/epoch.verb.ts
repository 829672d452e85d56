import type { Command } from 'commander';
import { beginAnew, noteEpoch } from '#audit';
import { historyOf } from '#event-store';
import { checkpointFolder } from './checkpoints.js';
import { databaseUrl, withDatabase } from './database.js';
import { JSON_OPTION, printJson } from './json.js';

type Asked = { begin?: true; accept?: true; json?: true };

/** `kosh epoch` */
export function addEpoch(program: Command): void {
  program
    .command('epoch')
    .summary('which history of the log this is; or begin another')
    .description(
      'Prints the epoch of the log: 1, or a higher number where it was put back from a backup.\n\n' +
        'With --begin, begins another. kosh restore does that by itself; it is for a database that Postgres itself ' +
        'put back, from a base backup and its WAL, to a moment before the last. Without it, whoever has read on ' +
        'from Kafka would take what is recorded from now on for what was lost. Stop api, relay and projector first.\n\n' +
        'With --accept, notes beside the checkpoints of this machine that the present epoch is meant. --begin and ' +
        'kosh restore do so, too: it is for a notary that keeps its checkpoints on another machine than theirs. ' +
        'A notary signs no log from which signed events are gone unless that is noted there, whatever the database ' +
        'says of epochs.',
    )
    .option('--begin', 'the database was put back, not by kosh restore')
    .option('--accept', 'the log was put back on purpose: the notary of this machine may sign it')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh epoch\n  npx kosh epoch --begin\n  npx kosh epoch --accept',
    )
    .action(async ({ begin, accept, json }: Asked) => {
      if (begin) await beginAnew(await databaseUrl());
      const history = await withDatabase('kosh_api', historyOf);
      if (begin || accept) await noteEpoch(checkpointFolder(), history);
      const { epoch, sharedUpTo } = history;
      if (json) return printJson({ epoch, sharedUpTo });
      console.log(
        `epoch ${epoch}${sharedUpTo === null ? '' : `; all epochs share the log up to position ${sharedUpTo}`}`,
      );
    });
}
