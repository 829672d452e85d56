import type { Command } from 'commander';
import { readKeys } from '#audit';
import { checkpointFolder } from './checkpoints.js';
import { JSON_OPTION, printJson } from './json.js';

/** `kosh checkpoint-key` */
export function addCheckpointKey(program: Command): void {
  const verb = program
    .command('checkpoint-key')
    .summary('print the public key that signs the log')
    .description(
      'Prints the public key of the notary, as a signed note names it, from key.pub beside the checkpoints ' +
        '(KOSH_CHECKPOINT_DIR). Publish it where nobody who can write to the database can change it.',
    )
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  npx kosh checkpoint-key > agency.pub');
  verb.action(async ({ json }: { json?: true }) => {
    const folder = checkpointFolder();
    const keys = (await readKeys(folder))?.split('\n').filter((line) => line !== '') ?? [];
    const key = keys.at(-1);
    if (key === undefined) {
      verb.error(`error: There is no key.pub in ${folder}: start the relay, or set KOSH_CHECKPOINT_DIR.`);
    }
    if (json) printJson({ key, keys });
    else console.log(key);
  });
}
