import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import Table from 'cli-table3';
import { benchAppend } from './append.js';
import { benchDelay } from './delay.js';
import { benchHttp } from './http.js';
import type { Figure } from './measure.js';
import { benchMillion, benchReading } from './read.js';
import { benchRestore } from './restore.js';
import { withDatabase, withProcesses } from './servers.js';
import { benchVerify } from './verify.js';
import { startServers } from '../support/servers.js';

const RESULTS = 'bench-results.json';

const number = (value: number | undefined, digits = 0) =>
  value?.toLocaleString('en', { maximumFractionDigits: digits }) ?? '';

function print(figures: readonly Figure[]): void {
  const table = new Table({
    head: ['work', 'figure', 'p50 ms', 'p99 ms', 'beside it in the same run', 'of it', 'to reach', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { work, value, unit, p50Ms, p99Ms, limit, goals = [] } of figures) {
    table.push([
      work,
      `${number(value, unit === 'ms' ? 1 : 0)} ${unit}`,
      number(p50Ms, 2),
      number(p99Ms, 2),
      limit ? `${limit.what}: ${number(limit.value, unit === 'ms' ? 2 : 0)} ${unit}` : '',
      limit && unit === '/s' ? `${number(value / limit.value, 2)} ×` : '',
      goals.map(({ text }) => text).join('\n'),
      goals.map(({ reached }) => (reached ? 'reached' : 'missed')).join('\n'),
    ]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
const figures: Figure[] = [];
const stopServers = await startServers();

/** `npm run bench -- append http` runs only these. */
const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  append: () => withDatabase(async (url) => void figures.push(...(await benchAppend(url)))),
  read: () => withDatabase(async (url) => void figures.push(...(await benchReading(url)))),
  million: () => withDatabase(async (url) => void figures.push(...(await benchMillion(url)))),
  verify: () => withDatabase(async (url) => void figures.push(...(await benchVerify(url)))),
  restore: () => withDatabase(async (url) => void figures.push(...(await benchRestore(url)))),
  http: () => withDatabase(async (url) => void figures.push(...(await benchHttp(url)))),
  delay: () =>
    withProcesses({ kafka: false }, async (running) => {
      figures.push(await benchDelay(running, 'the log', { perSecond: 100, withinMs: 100 }));
      figures.push(await benchDelay(running, 'the log', { perSecond: 200, withinMs: 50 }));
    }),
  kafka: () =>
    withProcesses({ kafka: true }, async (running) => {
      figures.push(await benchDelay(running, 'Kafka', { perSecond: 100, withinMs: 100 }));
      figures.push(await benchDelay(running, 'Kafka', { perSecond: 200, withinMs: 100 }));
    }),
};
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  say(`${name} …`);
  await run();
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
