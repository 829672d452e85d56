import { type Command, InvalidArgumentError } from 'commander';
import { replay, type Replay, verify, type VerifyOptions } from '#audit';
import type { Pool } from 'pg';
import { isDay, todayIn } from '#reference';
import { mustBeRight, placeName, table, timeZoneFrom } from '#running';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, NotWhole, printJson } from './json.js';
import { progress } from './progress.js';

type ReplayOptions = { knownAt?: string; validOn?: string; unchecked?: true; json?: true };

/** `kosh replay` */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('print the reports as they were known at a moment')
    .description(
      'Folds the log up to a position or a moment, and prints what the reports said then: people present ' +
        'by place fled and registration, who landed by flight, and the estimates that stood. Nothing comes ' +
        'from the read models.\n\n' +
        'The log is checked first, as `kosh verify` does. If it is not whole, nothing is printed but the first ' +
        'position that is wrong, and the exit code is 1.',
    )
    .option(
      '--known-at <when>',
      'a position of the log, or a moment such as 1998-01-15T12:00:00+06:00 (default: now)',
    )
    .option('--valid-on <day>', 'the day to count for (default: the day of that moment)', day)
    .option('--unchecked', 'take the log as it is, and print also what is not whole')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh replay --known-at 1042 --valid-on 1997-12-31' +
        '\n  npx kosh replay --known-at 2026-11-24T09:00:00+05:00 --json',
    )
    .action(async ({ knownAt, validOn = '', unchecked, json }: ReplayOptions, command: Command) => {
      const timeZone = ownTimeZone();
      const today = todayIn(timeZone, new Date());
      if (validOn > today) command.error(`error: --valid-on ${validOn} is after today, ${today}.`);
      const bar = progress();
      const watched = { onProgress: bar.update, signal: untilInterrupted() };
      const replayed = await withDatabase('kosh_api', async (pool) => {
        const checked = unchecked ? undefined : await wholeUpTo(pool, watched);
        const asked = { knownAt: knownAt ?? checked, validOn: validOn || undefined };
        return replay(pool, { ...asked, timeZone, ...watched });
      }).finally(bar.stop);
      if (json) return printJson({ checked: !unchecked, ...replayed });
      if (unchecked) console.log(UNCHECKED);
      console.log(printed(replayed));
    });
}

const UNCHECKED = 'UNCHECKED: whether the log is as it was recorded was not looked at; `kosh verify` does.\n';

/** Up to where the log was found whole, as `--known-at` takes it. Throws `NotWhole`. */
async function wholeUpTo(pool: Pool, watched: VerifyOptions): Promise<string> {
  const { firstBad, events } = await verify(pool, watched);
  if (firstBad) throw new NotWhole(firstBad);
  return String(events);
}

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
