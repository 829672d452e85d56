import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { startServers } from '../support/servers.js';
import { benchAppend } from './append.js';
import { benchDelay } from './delay.js';
import { benchGoals } from './goals.js';
import { benchGrowth } from './growth.js';
import { benchHttp } from './http.js';
import type { Figure } from './measure.js';
import { benchProfile } from './profile.js';
import { benchMillion, benchReading } from './read.js';
import { benchRestore } from './restore.js';
import { ofDatabase, ofProcesses } from './servers.js';
import { benchSpread } from './spread.js';
import { benchVerify } from './verify.js';

const RESULTS = 'bench-results.json';

const say = (line: string) => void process.stderr.write(`${line}\n`);

type Part = Readonly<{ about: string; run: () => Promise<readonly Figure[]> }>;

/** `npm run bench -- append http` runs only these. */
const PARTS: Readonly<Record<string, Part>> = {
  append: {
    about: 'appending beside INSERT and other event stores, by clients and events (G1 to G6)',
    run: () => ofDatabase(benchAppend),
  },
  read: {
    about: 'reading, rebuilding and following 200,000 events; the report over 200,000 cases',
    run: () => ofDatabase(benchReading),
  },
  million: {
    about: 'rebuilding from 1,000,000 events; the report over 1,000,000 cases',
    run: () => ofDatabase(benchMillion),
  },
  verify: {
    about: 'signing, verifying and proving 1,000,000 events',
    run: () => ofDatabase(benchVerify),
  },
  restore: {
    about: 'what a disaster costs: backup and restore',
    run: () => ofDatabase(benchRestore),
  },
  http: {
    about: 'whole commands through HTTP (G17)',
    run: () => ofDatabase(benchHttp),
  },
  profile: {
    about: 'what share of an API process each step of a command takes',
    run: () => ofDatabase(benchProfile),
  },
  delay: {
    about: 'from a write to the report, through the log',
    run: () =>
      ofProcesses({ kafka: false }, async (running) => [
        await benchDelay(running, 'the log', { perSecond: 100, withinMs: 100 }),
        await benchDelay(running, 'the log', { perSecond: 200, withinMs: 50 }),
      ]),
  },
  kafka: {
    about: 'the same through Kafka',
    run: () =>
      ofProcesses({ kafka: true }, async (running) => [
        await benchDelay(running, 'Kafka', { perSecond: 100, withinMs: 100 }),
        await benchDelay(running, 'Kafka', { perSecond: 200, withinMs: 100 }),
      ]),
  },
  goals: {
    about: 'goals of the event store that no other part shows (G7 to G10, G12 to G16)',
    run: () => ofDatabase((url) => benchGoals(url, say)),
  },
  spread: {
    about: 'two API processes beside one; read models over several projectors beside one',
    run: () => ofDatabase(benchSpread),
  },
  growth: {
    about: 'what an operation costs at 10,000, 1,000,000 and 5,000,000 events (G11)',
    run: () => benchGrowth(say),
  },
};

const HELP = `npm run bench -- [part ...]    all of them unless told

${Object.entries(PARTS)
  .map(([name, { about }]) => `  ${name.padEnd(8)}  ${about}`)
  .join('\n')}
`;

const number = (value: number | undefined, digits = 0) =>
  value?.toLocaleString('en', { maximumFractionDigits: digits }) ?? '';

/** Digits behind the point, of a figure and of what stands beside it. */
const DIGITS: Readonly<Record<Figure['unit'], readonly [own: number, beside: number]>> = {
  '/s': [0, 0],
  ms: [1, 2],
  '%': [1, 1],
  B: [0, 0],
};

function print(figures: readonly Figure[]): void {
  const table = new Table({
    head: ['work', 'figure', 'p50 ms', 'p99 ms', 'beside it in the same run', 'of it', 'to reach', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { work, value, unit, p50Ms, p99Ms, limit, goals = [] } of figures) {
    const [own, beside] = DIGITS[unit];
    table.push([
      work,
      `${number(value, own)} ${unit}`,
      number(p50Ms, 2),
      number(p99Ms, 2),
      limit ? `${limit.what}: ${number(limit.value, beside)} ${unit}` : '',
      limit && unit === '/s' ? `${number(value / limit.value, 2)} ×` : '',
      goals.map(({ text }) => text).join('\n'),
      goals.map(({ reached }) => (reached ? 'reached' : 'missed')).join('\n'),
    ]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

async function bench(names: readonly string[]): Promise<void> {
  const stopServers = await startServers();
  const figures: Figure[] = [];
  for (const [name, { run }] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    say(`${name} …`);
    figures.push(...(await run()));
  }
  await stopServers();
  print(figures);
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
    at: new Date().toISOString(),
  };
  await writeFile(RESULTS, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  say(`Written to ${RESULTS}.`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (wanted.some((name) => name === '--help' || name === '-h')) {
  process.stdout.write(HELP);
} else if (unknown.length > 0) {
  say(`There is no part ${unknown.join(', ')}.\n\n${HELP}`);
  process.exitCode = 2;
} else {
  await bench(wanted);
}
