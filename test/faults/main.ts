import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { table } from '#running';
import { CHANGE } from './change.js';
import { CLOCKS } from './clocks.js';
import { COMMANDS } from './commands.js';
import { DELIVERY } from './delivery.js';
import { DISKS } from './disks.js';
import { KILLS } from './kills.js';
import { whyNot } from './needs.js';
import { NETWORK } from './network.js';
import { OVERLOAD } from './overload.js';
import { type Row, type RowResult, Run } from './row.js';
import { Servers } from './servers.js';

const RESULTS = 'faults-results.json';
/** What the complete run must come to. */
const AIMS = { kills: 1_000, acknowledged: 100_000 };

const FAMILIES = [KILLS, NETWORK, DISKS, DELIVERY, CLOCKS, COMMANDS, CHANGE, OVERLOAD];
const ROWS: readonly Row[] = FAMILIES.flat().toSorted((a, b) => numberOf(a) - numberOf(b));

type Options = Readonly<{ quick?: true; list?: true; inside?: string; factor: number }>;

const program = new Command('npm run faults --')
  .description(
    'Breaks what can break while callers send commands and write down what they are told, then holds that against ' +
      'the log, the topic and the read models. Rows of the fault matrix, each in a database and a topic of its own.',
  )
  .argument('[rows...]', 'such as F1 F4; all of them unless told')
  .option('--quick', 'a few rounds of the rows that need no minutes: at most 6 minutes')
  .option('--list', 'print the rows, what each expects and how its times are scaled')
  .option('--factor <number>', 'so many times the rounds of the complete run', positive, 1)
  .option('--inside <file>', 'used by the run itself, in namespaces of its own')
  .addHelpText(
    'after',
    `
Examples:
  npm run faults -- --quick
  npm run faults -- F4 F5 F30

Prints a table and writes ${RESULTS}. Exits with 1 when a row has failed, or the complete run has come to less than
${AIMS.kills} kills and ${AIMS.acknowledged} acknowledged commands. A row that cannot run on this machine is named with the
remedy; it has not passed, and under CI=true it has failed.`,
  );

program.parse();
const options = program.opts<Options>();
const wanted = program.args.map((name) => name.toUpperCase());
const unknown = wanted.filter((name) => !ROWS.some(({ id }) => id.toUpperCase() === name));
if (unknown.length > 0)
  program.error(`error: there is no row ${unknown.join(', ')}: see --list.`, { exitCode: 2 });
const rows = ROWS.filter(({ id, quick }) =>
  wanted.length > 0 ? wanted.includes(id.toUpperCase()) : !options.quick || quick,
);

if (options.list) list(rows);
else if (options.inside !== undefined) await runInside(rows, options.inside);
else await runAll(rows);

function list(all: readonly Row[]): void {
  for (const { id, fault, expects, scale, quick, needs = [] } of all) {
    const marks = [...(quick ? ['in --quick'] : []), ...needs.map((need) => `needs ${need}`)];
    say(`${id.padEnd(9)} ${fault}\n          must: ${expects}\n          scale: ${scale}`);
    if (marks.length > 0) say(`          ${marks.join(', ')}`);
  }
}

async function runAll(all: readonly Row[]): Promise<void> {
  const startedAt = performance.now();
  const results: RowResult[] = [];
  await withServers(async (servers) => {
    for (const [i, row] of all.entries()) {
      const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
      say(`${row.id} ${row.fault} … (${i + 1} of ${all.length}, ${minutes} min so far)`);
      const result = await one(row, servers);
      results.push(result);
      const { kills, acknowledged, lost, doubled, partial, seconds } = result;
      say(
        `${row.id}: ${result.outcome} in ${seconds} s, ${kills} kills, ${acknowledged} acknowledged, ${lost} lost, ` +
          `${doubled} doubled, ${partial} partial${result.reasons.map((reason) => `\n  ${reason}`).join('')}`,
      );
      // After each row, so that a run that is ended before its end has something to show.
      await write(results, startedAt);
      // What hangs goes on breaking things: no row after it could be believed.
      if (result.hung) break;
    }
  });
  print(results);
  const total = totals(results);
  say(
    `${total.kills} kills, ${total.acknowledged} acknowledged commands, ${total.lost} lost, ${total.doubled} doubled, ` +
      `${total.partial} partial; ${Math.round((performance.now() - startedAt) / 1_000)} s. Written to ${RESULTS}.`,
  );
  const isComplete = !options.quick && options.factor >= 1 && all.length === ROWS.length;
  const isShort = total.kills < AIMS.kills || total.acknowledged < AIMS.acknowledged;
  if (isComplete && isShort) say(`That is less than ${AIMS.kills} kills, or ${AIMS.acknowledged} commands.`);
  const isBad = results.some(
    // In CI what is skipped was not shown.
    ({ outcome }) => outcome === 'failed' || (outcome === 'skipped' && process.env['CI'] === 'true'),
  );
  process.exit(isBad || (isComplete && isShort) ? 1 : 0);
}

async function write(results: readonly RowResult[], startedAt: number): Promise<void> {
  const document = {
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
    at: new Date().toISOString(),
    quick: options.quick ?? false,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    total: totals(results),
    results,
  };
  await writeFile(RESULTS, `${JSON.stringify(document, null, 2)}\n`);
}

async function one(row: Row, servers: Servers): Promise<RowResult> {
  const remedy = await whyNot(row.needs ?? []);
  if (remedy !== undefined) return skipped(row, remedy);
  if (row.needs?.includes('network') || row.needs?.includes('mounts')) return inNamespaces(row);
  return new Run(row, options.quick ?? false, servers, options.factor).result();
}

/**
 * Rows that cut networks or fill disks run in network and mount namespaces of their own, with all their servers: what
 * they break is nobody else's, and goes with them however they end.
 */
function inNamespaces(row: Row): RowResult {
  const folder = mkdtempSync(join(tmpdir(), 'kosh-faults-row-'));
  const file = join(folder, 'result.json');
  const words = [
    process.execPath,
    process.argv[1] ?? '',
    row.id,
    '--inside',
    file,
    '--factor',
    String(options.factor),
  ];
  if (options.quick) words.push('--quick');
  const { status, signal } = spawnSync(
    'unshare',
    [
      '--net',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      'ip link set lo up && exec "$@"',
      'sh',
      ...words,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RowResult;
  } catch {
    return { ...skipped(row, `It ended with ${signal ?? status} and no result.`), outcome: 'failed' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runInside([row]: readonly Row[], file: string): Promise<void> {
  if (!row) throw new Error('There is no such row.');
  const result = await withServers((servers) =>
    new Run(row, options.quick ?? false, servers, options.factor).result(),
  );
  await writeFile(file, JSON.stringify(result));
  process.exit(0);
}

async function withServers<T>(work: (servers: Servers) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kosh-faults-'));
  // What the run makes lies in one folder, which goes with it.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  const servers = new Servers(folder);
  process.env['TMPDIR'] = folder;
  try {
    return await work(servers);
  } finally {
    await servers.stop();
  }
}

function skipped({ id, fault }: Row, reason: string): RowResult {
  const none = { rounds: 0, kills: 0, acknowledged: 0, lost: 0, doubled: 0, partial: 0, seconds: 0 };
  return { id, fault, outcome: 'skipped', ...none, found: [], reasons: [reason] };
}

function print(results: readonly RowResult[]): void {
  const head = ['row', 'fault', 'rounds', 'kills', 'acknowledged', 'lost', 'doubled', 'partial'];
  const lines = results.map((one) => [
    one.id,
    one.fault,
    one.rounds,
    one.kills,
    one.acknowledged,
    one.lost,
    one.doubled,
    one.partial,
    one.recoverSeconds?.p50,
    one.recoverSeconds?.max,
    one.seconds,
    one.outcome,
  ]);
  const recovery = ['recovers in s', 'at most', 'took s', 'outcome'];
  say(table([...head, ...recovery], lines, { widths: { fault: 48 } }));
  for (const { id, outcome, reasons } of results) {
    if (outcome !== 'passed') say(`${id} ${outcome}: ${reasons.slice(0, 3).join('; ')}`);
  }
}

function totals(results: readonly RowResult[]) {
  const sum = (of: (one: RowResult) => number) => results.reduce((total, one) => total + of(one), 0);
  return {
    kills: sum(({ kills }) => kills),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    partial: sum(({ partial }) => partial),
  };
}

function numberOf({ id }: Row): number {
  return Number(id.slice(1)) || 100;
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && number < 1_000) return number;
  throw new InvalidArgumentError('It is a number above 0, such as 0.1.');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
