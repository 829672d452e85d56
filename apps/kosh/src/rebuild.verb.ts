import { constants, setPriority } from 'node:os';
import { Argument, type Command } from 'commander';
import type { Pool } from 'pg';
import { givingWay, type Projection, READ_MODELS, rebuild } from '#projections';
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
        'that fails leaves nothing behind.\n\n' +
        'The log is taken as it is: whether it is as it was recorded is what `kosh verify` judges.',
    )
    .addArgument(new Argument('[name]', 'the read model; all of them unless told').choices(names))
    .option(...JSON_OPTION)
    .addHelpText('after', `\nExamples:\n  npx kosh rebuild\n  npx kosh rebuild ${names[0]}`)
    .action(async (name: string | undefined, { json }: { json?: true }) => {
      const wanted = READ_MODELS.filter((one) => name === undefined || one.name === name);
      setPriority(constants.priority.PRIORITY_LOW);
      await withDatabase('kosh_projector', async (pool) => {
        const rebuilt = [];
        for (const projection of wanted) {
          const one = await remade(projection, pool);
          rebuilt.push(one);
          if (!json) console.log(printed(one));
        }
        if (json) printJson({ rebuilt });
      });
    });
}

type Rebuilt = Readonly<{ name: string; events: number; seconds: number }>;

async function remade(projection: Projection, pool: Pool): Promise<Rebuilt> {
  const bar = progress();
  const startedAt = performance.now();
  const onProgress = ({ position, upTo }: { position: number; upTo: number }) =>
    bar.update(projection.name, position, upTo);
  const events = await rebuild({ projection, pool, onProgress, pace: givingWay(pool) }).finally(bar.stop);
  return { name: projection.name, events, seconds: (performance.now() - startedAt) / 1_000 };
}

function printed({ name, events, seconds }: Rebuilt): string {
  const pace = Math.round(events / seconds).toLocaleString('en');
  return `${name}: ${events} events in ${seconds.toFixed(1)} s, ${pace} events/s`;
}
