import Table from 'cli-table3';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { replay, type Replay } from '#audit';
import type { Place } from '#domain';
import { dropBeside, READ_MODELS } from '#projections';
import { isDay } from '#reference';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';
import { replayAt, type ReplayAtOptions } from './replay-at.js';

type ReplayOptions = Omit<ReplayAtOptions, 'at'> & { at?: string; knownAt?: string; validOn?: string };

const INTO = 'replay';
const LIMIT = 20;
const LIMIT_MAX = 10_000;

/** `kosh replay` */
export function addReplay(program: Command): void {
  const verb = program
    .command('replay')
    .enablePositionalOptions()
    .summary('the reports as they were known at a moment, or the read models as tables')
    .description(
      'Folds the log up to a position or a moment, and prints what the reports said then: people present ' +
        'by place fled and registration, who landed by flight, and the estimates that stood. Nothing comes ' +
        'from the read models.\n\n' +
        'With --at instead, makes the tables of the read models as they were at a position or a moment, beside ' +
        'the live ones, which nothing touches: in the schemas <name>_population, <name>_cases … With --diff, ' +
        'then says by table and key how the live tables differ, with the events that explain each difference. ' +
        'At equal positions (--at live) nothing explains one: the row was altered. Exits with 1 where no event ' +
        'explains a difference, with 0 where all are explained or there is none.',
    )
    .option(
      '--known-at <when>',
      'a position of the log, or a moment such as 1998-01-15T12:00:00+06:00 (default: now)',
    )
    .option('--valid-on <day>', 'the day to count for (default: the day of that moment)', day)
    .option('--at <when>', 'a position, a moment, or live: for each read model where it is itself')
    .option('--into <name>', 'with --at, the name of the replay', INTO)
    .addOption(
      new Option('--model <name...>', 'with --at, only these read models').choices(
        READ_MODELS.map(({ name }) => name),
      ),
    )
    .option('--diff', 'with --at, compare with the live tables')
    .option('--limit <rows>', 'with --diff, rows that are told of each table', rows, LIMIT)
    .option('--skip <rows>', 'with --diff, rows that are passed over before', rows, 0)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh replay --known-at 1042 --valid-on 1997-12-31' +
        '\n  npx kosh replay --known-at 2026-11-24T09:00:00+05:00 --json' +
        '\n  npx kosh replay --at live --diff' +
        '\n  npx kosh replay --at 2026-11-23T18:00:00+05:00 --into yesterday --model cases --diff' +
        '\n  npx kosh replay drop yesterday',
    )
    .action(async (options: ReplayOptions, command: Command) => {
      const { at, knownAt, validOn, diff, json } = options;
      if (at !== undefined && (knownAt ?? validOn) !== undefined) {
        command.error(
          'error: --at makes tables, --known-at and --valid-on print reports: ask for one of them.',
        );
      }
      if (at !== undefined) return replayAt({ ...options, at });
      if (diff) command.error('error: --diff compares what --at makes: give --at, too.');
      const bar = progress();
      const timeZone = process.env.KOSH_TIME_ZONE ?? 'Asia/Almaty';
      const replayed = await withDatabase('kosh_api', (pool) =>
        replay(pool, { knownAt, validOn, timeZone, onProgress: bar.update, signal: untilInterrupted() }),
      ).finally(bar.stop);
      if (json) printJson(replayed);
      else console.log(printed(replayed));
    });
  verb
    .command('drop')
    .summary('drop the tables of a replay')
    .description(
      'Drops the schemas that kosh replay --at made under a name. The live tables are not touched.',
    )
    .argument('[name]', 'as it was given with --into', INTO)
    .option(...JSON_OPTION)
    .action(async (into: string, { json }: { json?: true }) => {
      const dropped = await withDatabase('kosh_projector', (pool) => dropBeside(pool, into, READ_MODELS));
      if (json) printJson({ dropped });
      else console.log(`dropped ${dropped.join(', ')}`);
    });
}

function rows(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= LIMIT_MAX) return Number(text);
  throw new InvalidArgumentError(`Give a number of rows, at most ${LIMIT_MAX}.`);
}

function day(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('Give a day of the calendar, such as 1997-12-31.');
}

function printed({ knownAt, validOn, population, flights, estimates }: Replay): string {
  const { position, recordedAt } = knownAt;
  return [
    `As known at position ${position}, recorded at ${recordedAt ?? 'no time: the log is empty'}.`,
    `\nPeople present on ${validOn}: ${population.total}`,
    populationTable(population.rows),
    `\nLanded by flight up to ${validOn}`,
    table(
      ['flown from', 'place fled', 'flights', 'people'],
      flights.map((row) => [row.departureCountry, placeName(row.placeFled), row.flights, row.persons]),
    ),
    '\nEstimates that stood, as they were said. They are in no count above.',
    table(
      ['population', 'period', 'publisher', 'said'],
      estimates.map(({ said }) => [said.population, period(said.period), said.publisher, said.asReported]),
    ),
  ].join('\n');
}

function populationTable(rows: Replay['population']['rows']): string {
  const places = new Map<string, { none: number; encountered: number; registered: number }>();
  for (const { placeFled, registration, count } of rows) {
    const name = placeName(placeFled);
    const counts = places.get(name) ?? { none: 0, encountered: 0, registered: 0 };
    places.set(name, { ...counts, [registration]: count });
  }
  return table(
    ['place fled', 'not met', 'encountered', 'registered', 'together'],
    [...places].map(([name, { none, encountered, registered }]) => [
      name,
      none,
      encountered,
      registered,
      none + encountered + registered,
    ]),
  );
}

function table(head: string[], rows: (string | number)[][]): string {
  const printedTable = new Table({ head, style: { head: [], border: [] } });
  printedTable.push(...rows);
  return printedTable.toString();
}

function placeName({ country, area }: Place): string {
  return area ?? country;
}

function period({ from, to }: { from: string; to: string }): string {
  return from === to ? from : `${from} to ${to}`;
}
