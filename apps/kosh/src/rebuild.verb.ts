import { constants, setPriority } from 'node:os';
import { Argument, type Command } from 'commander';
import { givingWay, READ_MODELS, rebuild } from '#projections';
import { withDatabase } from './database.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

/** `kosh rebuild` */
export function addRebuild(program: Command): void {
  const names = READ_MODELS.map(({ name }) => name);
  program
    .command('rebuild')
    .summary('make read models anew from the log')
    .description(
      'Makes one read model, or all of them, anew from the log beside the live tables, then puts it in ' +
        'their place. Readers do not wait, and a projector that is running goes on from there. A rebuild ' +
        'that fails leaves nothing behind; all of them are made from one reading, and stand or fall together.\n\n' +
        'The log is taken as it is: whether it is as it was recorded is what `kosh verify` judges.',
    )
    .addArgument(new Argument('[name]', 'the read model; all of them unless told').choices(names))
    .option(...JSON_OPTION)
    .addHelpText('after', `\nExamples:\n  npx kosh rebuild\n  npx kosh rebuild ${names[0]}`)
    .action(async (name: string | undefined, { json }: { json?: true }) => {
      const wanted = READ_MODELS.filter((one) => name === undefined || one.name === name);
      setPriority(constants.priority.PRIORITY_LOW);
      await withDatabase('kosh_projector', async (pool) => {
        const bar = progress();
        const onProgress = ({ position, upTo }: { position: number; upTo: number }) =>
          bar.update(name ?? 'all', position, upTo);
        const startedAt = performance.now();
        const pace = givingWay(pool);
        const events = await rebuild({ projections: wanted, pool, onProgress, pace }).finally(bar.stop);
        const seconds = (performance.now() - startedAt) / 1_000;
        const rebuilt = wanted.map((one) => ({ name: one.name, events, seconds }));
        if (json) printJson({ rebuilt });
        else for (const one of rebuilt) console.log(printed(one));
      });
    });
}

type Rebuilt = Readonly<{ name: string; events: number; seconds: number }>;

function printed({ name, events, seconds }: Rebuilt): string {
  const pace = Math.round(events / seconds).toLocaleString('en');
  return `${name}: ${events} events in ${seconds.toFixed(1)} s, ${pace} events/s`;
}
