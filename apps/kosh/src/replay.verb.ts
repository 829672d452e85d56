import Table from 'cli-table3';
import { type Command, InvalidArgumentError } from 'commander';
import { replay, type Replay } from '#audit';
import type { Place } from '#domain';
import { isDay } from '#reference';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

type ReplayOptions = { knownAt?: string; validOn?: string; json?: true };

/** `kosh replay` */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('print the reports as they were known at a moment')
    .description(
      'Folds the log up to a position or a moment, and prints what the reports said then: people present ' +
        'by place fled and registration, who landed by flight, and the estimates that stood. Nothing comes ' +
        'from the read models.',
    )
    .option(
      '--known-at <when>',
      'a position of the log, or a moment such as 1998-01-15T12:00:00+06:00 (default: now)',
    )
    .option('--valid-on <day>', 'the day to count for (default: the day of that moment)', day)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh replay --known-at 1042 --valid-on 1997-12-31' +
        '\n  npx kosh replay --known-at 2026-11-24T09:00:00+05:00 --json',
    )
    .action(async ({ knownAt, validOn, json }: ReplayOptions) => {
      const bar = progress();
      const timeZone = process.env.KOSH_TIME_ZONE ?? 'Asia/Almaty';
      const replayed = await withDatabase('kosh_api', (pool) =>
        replay(pool, { knownAt, validOn, timeZone, onProgress: bar.update, signal: untilInterrupted() }),
      ).finally(bar.stop);
      if (json) printJson(replayed);
      else console.log(printed(replayed));
    });
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
