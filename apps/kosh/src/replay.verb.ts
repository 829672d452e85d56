import { type Command, InvalidArgumentError, Option } from 'commander';
import { replay, type Replay } from '#audit';
import { dropBeside, READ_MODELS } from '#projections';
import { isDay, todayIn } from '#reference';
import { mustBeRight, placeName, table, timeZoneFrom } from '#running';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';
import { replayAt, type ReplayAtOptions } from './replay-at.js';
import { wholeUpTo } from './whole.js';

type ReportsOptions = Readonly<{ knownAt?: string; validOn?: string; unchecked?: true; json?: true }>;
type ReplayOptions = ReportsOptions & Omit<ReplayAtOptions, 'at'> & Readonly<{ at?: string }>;

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
        'explains a difference, with 0 where all are explained or there is none.\n\n' +
        'The log is checked first, as `kosh verify` does. If it is not whole, nothing is made or printed but ' +
        'the first position that is wrong, and the exit code is 1.',
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
    .option('--unchecked', 'take the log as it is, and use also what is not whole')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh replay --known-at 1042 --valid-on 1997-12-31' +
        '\n  npx kosh replay --known-at 2026-11-24T09:00:00+05:00 --json' +
        '\n  npx kosh replay --at live --diff' +
        '\n  npx kosh replay --at 2026-11-23T18:00:00+05:00 --into yesterday --model cases --diff' +
        '\n  npx kosh replay drop yesterday',
    )
    .action(async ({ at, ...options }: ReplayOptions, command: Command) => {
      const { knownAt, validOn, diff, unchecked, json } = options;
      if (at !== undefined && (knownAt ?? validOn) !== undefined) {
        command.error(
          'error: --at makes tables, --known-at and --valid-on print reports: ask for one of them.',
        );
      }
      if (at === undefined && diff) command.error('error: --diff compares what --at makes: give --at, too.');
      if (unchecked && !json) console.log(UNCHECKED);
      await (at === undefined ? replayReports(options, command) : replayAt({ ...options, at }));
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

async function replayReports(asked: ReportsOptions, command: Command): Promise<void> {
  const { knownAt, validOn = '', unchecked, json } = asked;
  const timeZone = ownTimeZone();
  const today = todayIn(timeZone, new Date());
  if (validOn > today) command.error(`error: --valid-on ${validOn} is after today, ${today}.`);
  const bar = progress();
  const watched = { onProgress: bar.update, signal: untilInterrupted() };
  const replayed = await withDatabase('kosh_api', async (pool) => {
    const checked = unchecked ? undefined : await wholeUpTo(pool, watched);
    const upTo = { knownAt: knownAt ?? checked, validOn: validOn || undefined };
    return replay(pool, { ...upTo, timeZone, ...watched });
  }).finally(bar.stop);
  if (json) printJson({ checked: !unchecked, ...replayed });
  else console.log(printed(replayed));
}

const UNCHECKED = 'UNCHECKED: whether the log is as it was recorded was not looked at; `kosh verify` does.\n';

function ownTimeZone(): string {
  const reasons: string[] = [];
  const timeZone = timeZoneFrom({ KOSH_TIME_ZONE: process.env.KOSH_TIME_ZONE || undefined }, reasons);
  mustBeRight(reasons);
  return timeZone;
}

function day(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('Give a day of the calendar, such as 1997-12-31.');
}

function printed({ knownAt, validOn, population, flights, estimates }: Replay): string {
  const { position, recordedAt } = knownAt;
  return [
    recordedAt === null
      ? 'As known at position 0, before the first event.'
      : `As known at position ${position}, recorded at ${recordedAt}.`,
    `\nPeople present on ${validOn}: ${population.total.toLocaleString('en')}`,
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
      ESTIMATES_LAYOUT,
    ),
  ].join('\n');
}

/** 120 columns together, with what else is in a line. */
const ESTIMATES_LAYOUT = { widths: { population: 16, publisher: 26, said: 40 } };

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

function period({ from, to }: { from: string; to: string }): string {
  return from === to ? from : `${from} to ${to}`;
}
