import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Bug } from './bug.js';
import { BUGS } from './bugs.js';
import { type Kill, reproduction } from './reproduction.js';
import { simulate } from './simulate.js';

/** What a thread has to do: lives under the seeds from, from + every, …, or bugs to be found. */
type Share = Readonly<{
  bug: string | undefined;
  from: number;
  to: number;
  every: number;
  find: readonly string[];
}>;
/** What a thread says of a seed, or of the seed that found a bug. */
type Said = Readonly<{
  seed: number;
  bug: string | undefined;
  wrong: string | undefined;
  steps: number;
  troubles: ReadonlyMap<string, number>;
}>;

const SEEDS = 1_000;
/** A planted bug must be found by one of so many. */
const FOUND_WITHIN = 1_000;
/** A life leaves much behind, and little of it for long. */
const YOUNG_MB = 192;
/** Lives between two reports of progress. */
const PROGRESS = 500;

const USAGE = `Usage: npm run simulate -- [options]

  (none)            the lives of the agency under the seeds 1 to ${SEEDS}, on all cores
  --seeds N         … under N seeds
  --from N          … beginning with the seed N
  --seed N          one life, with its story; a second time, to see that it is the same
  --kill P@N        with --seed: nothing goes wrong but that, say, relay-1 is killed at its 42nd await: relay-1@42
  --bugs            for each planted bug, the first seed that finds it, and the promise that it broke
  --bug NAME        with --seed or --seeds: with that bug planted
  --help            this

A seed that broke a promise prints the line that shows it again; the exit code is then 1.`;

const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);

// Each thread runs this file: the first one asks, the others work.
await (isMainThread ? main() : work(workerData as Share));

async function main(): Promise<void> {
  const asked = wanted();
  if (asked === undefined) process.exitCode = 2;
  else if (asked.help) print(USAGE);
  else if (asked.bugs) await grade();
  else if (asked.seed !== undefined) await tell(asked.seed, asked.bug, asked.kill);
  else await many(asked.from, asked.seeds, asked.bug);
}

/** What the arguments ask for; undefined, and said why, where they are wrong. */
function wanted() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: String(SEEDS) },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        kill: { type: 'string' },
        bug: { type: 'string' },
        bugs: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { help, bugs, bug } = values;
    bugOf(bug);
    const seed = values.seed === undefined ? undefined : number('seed', values.seed);
    const [from, seeds] = [number('from', values.from), number('seeds', values.seeds)];
    return { help, bugs, bug, seed, from, seeds, kill: killOf(values.kill) };
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

/** One seed, with its story. */
async function tell(seed: number, bug: string | undefined, kill: Kill | undefined): Promise<void> {
  const live = () => simulate(seed, { bug: bugOf(bug), kill, story: true });
  const { violation, story } = await live();
  say(story.join('\n'));
  const [once, again] = [digestOf(story), digestOf((await live()).story)];
  say(
    once === again ? `The story's digest is ${once}, twice.` : `The second story differs: ${once}, ${again}.`,
  );
  if (violation) say(`Seed ${seed} broke a promise. ${violation.message}`);
  else say(`Seed ${seed}: every promise was kept.`);
  if (violation) print(reproduction(seed, { bug, kill }));
  if (violation || once !== again) process.exitCode = 1;
}

/** Many seeds. */
async function many(from: number, count: number, bug: string | undefined): Promise<void> {
  const before = performance.now();
  const seconds = () => ((performance.now() - before) / 1_000).toFixed(1);
  const troubles = new Map<string, number>();
  let [done, steps, broken] = [0, 0, 0];
  await inThreads({ bug, from, to: from + count, find: [] }, (said) => {
    done += 1;
    steps += said.steps;
    for (const [trouble, times] of said.troubles) troubles.set(trouble, (troubles.get(trouble) ?? 0) + times);
    if (done % PROGRESS === 0) say(`${done} of ${count} lives, ${seconds()} s`);
    if (said.wrong === undefined) return;
    broken += 1;
    say(`Seed ${said.seed} broke a promise. ${said.wrong}`);
    print(reproduction(said.seed, { bug }));
    process.exitCode = 1;
  });
  for (const [trouble, times] of [...troubles].toSorted(([a], [b]) => a.localeCompare(b)))
    say(`${String(times).padStart(8)} × ${trouble}`);
  const result = broken === 0 ? 'every promise was kept' : `${broken} broke a promise`;
  say(`${done} lives of ${steps} steps, ${seconds()} s: ${result}.`);
}

/** What the simulation is worth: which seed finds each planted bug. */
async function grade(): Promise<void> {
  await inThreads(
    { bug: undefined, from: 1, to: FOUND_WITHIN + 1, find: BUGS.map(({ name }) => name) },
    (said) => {
      const { bug = '', seed, wrong } = said;
      if (wrong === undefined) process.exitCode = 1;
      const found = wrong === undefined ? `not found within ${FOUND_WITHIN} seeds` : `seed ${seed}`;
      print(`${bug.padEnd(30)} ${found.padEnd(9)} ${wrong ?? ''}`);
    },
  );
}

/** As many threads as there are cores, each with its share. */
async function inThreads(all: Omit<Share, 'every'>, onSaid: (said: Said) => void): Promise<void> {
  const every = availableParallelism();
  const threads = Array.from({ length: every }, (_, i) => {
    const share = {
      ...all,
      from: all.from + i,
      every,
      find: all.find.filter((_name, at) => at % every === i),
    };
    return inThread(all.find.length > 0 ? { ...share, from: all.from } : share, onSaid);
  });
  await Promise.all(threads);
}

function inThread(share: Share, onSaid: (said: Said) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: share,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.on('message', onSaid);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

async function work({ bug, from, to, every, find }: Share): Promise<void> {
  // Many errors are made, and nobody reads where.
  Error.stackTraceLimit = 0;
  for (const name of find) reply(await firstOf(name, from, to), name);
  if (find.length > 0) return;
  for (let seed = from; seed < to; seed += every) reply(await simulate(seed, { bug: bugOf(bug) }), bug);
}

/** The first life in which a bug is found; the last one, if it is not. */
async function firstOf(bug: string, from: number, to: number): Promise<Result> {
  for (let seed = from; ; seed += 1) {
    const result = await simulate(seed, { bug: bugOf(bug) });
    if (result.violation || seed + 1 === to) return result;
  }
}

function reply({ seed, violation, steps, troubles }: Result, bug: string | undefined): void {
  // The rule is about windows of a browser.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage({ seed, bug, wrong: violation?.message, steps, troubles } satisfies Said);
}

type Result = Awaited<ReturnType<typeof simulate>>;

function digestOf(story: readonly string[]): string {
  return createHash('sha256').update(story.join('\n')).digest('hex').slice(0, 16);
}

function number(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${option} is a whole number, not ${text}.`);
  return Number(text);
}

function bugOf(name: string | undefined): Bug | undefined {
  const bug = BUGS.find((one) => one.name === name);
  if (name !== undefined && !bug) {
    throw new Error(`There is no planted bug ${name}: ${BUGS.map((one) => one.name).join(', ')}.`);
  }
  return bug;
}

function killOf(text: string | undefined): Kill | undefined {
  if (text === undefined) return undefined;
  const [, machine = '', at] = /^([\w-]+)@(\d+)$/.exec(text) ?? [];
  if (at === undefined) throw new Error(`--kill is a process and a number, such as relay-1@42, not ${text}.`);
  return { machine, at: Number(at) };
}
