import { Argument, type Command } from 'commander';
import { listParked, type Parked, READ_MODELS, release, type Released } from '#projections';
import { table } from '#running';
import { withDatabase } from './database.js';
import { JSON_OPTION, printJson } from './json.js';

type ListOptions = { json?: true };
type ReleaseOptions = ListOptions & { all?: true };
type Outcome = Released & Readonly<{ name: string }>;

/** `kosh parked` and `kosh parked release` */
export function addParked(program: Command): void {
  const names = READ_MODELS.map(({ name }) => name);
  const parked = program
    .command('parked')
    .summary('show what read models have put aside, and release it')
    .description(
      'A file with an event that a read model cannot fold is put aside there, from that event on and in order; all ' +
        'others flow. This lists what is put aside, and why. It exits with 1 where there is anything.',
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh parked\n  npx kosh parked release cases case-0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01' +
        '\n  npx kosh parked release --all',
    )
    .action(async ({ json }: ListOptions) => {
      const found = await withDatabase('kosh_api', (pool) => listParked(pool));
      if (json) printJson({ parked: found });
      else console.log(listed(found));
      if (found.length > 0) process.exitCode = 1;
    });
  parked
    .command('release')
    .summary('fold what is put aside with this version, and let it flow again')
    .description(
      'Folds the events that were put aside, in order, with the code of this version: release after an update that ' +
        'mends the fold. What still cannot be folded stays where it is. A running projector goes on by itself.',
    )
    .addArgument(new Argument('[projection]', 'the read model').choices(names))
    .argument('[stream]', 'such as case-<id>; all of that read model unless told')
    .option('--all', 'of every read model')
    .action(
      async (name: string | undefined, stream: string | undefined, _: ReleaseOptions, command: Command) => {
        // Both verbs have --json: wherever it stands in the line, it is asked for.
        const { json, all } = command.optsWithGlobals<ReleaseOptions>();
        if ((name === undefined) === (all === undefined)) {
          command.error('error: name a read model, or --all.', { exitCode: 2 });
        }
        const wanted = READ_MODELS.filter((one) => all ?? one.name === name);
        const outcomes = await withDatabase('kosh_projector', async (pool) => {
          const done: Outcome[] = [];
          for (const projection of wanted) {
            const released = await release(pool, projection, stream);
            done.push(...released.map((one) => ({ name: projection.name, ...one })));
          }
          return done;
        });
        if (json) printJson({ released: outcomes });
        else console.log(said(outcomes));
        if (outcomes.some(({ ok }) => !ok)) process.exitCode = 1;
      },
    );
}

function listed(parked: readonly Parked[]): string {
  if (parked.length === 0) return 'Nothing is put aside.';
  const rows = parked.map(({ name, stream, version, events, since, reason }) => [
    name,
    stream,
    version,
    events,
    since,
    reason,
  ]);
  return [
    table(['read model', 'stream', 'from', 'events', 'since', 'why'], rows),
    'After an update that mends it: npx kosh parked release --all',
  ].join('\n');
}

function said(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return 'Nothing was put aside there.';
  return outcomes
    .map(
      ({ name, stream, ok, reason = '' }) => `${name}: ${stream} ${ok ? 'flows again' : `stays: ${reason}`}`,
    )
    .join('\n');
}
