import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive, ofApis } from './apis.js';
import type { Figure } from './measure.js';

const CLIENTS = 32;
const WARM_UP_MS = 3_000;
const FOR_MS = 8_000;
/** Of the callers' process, which has to start first. */
const LEAD_IN_MS = 500;

/** What an API process does for a command, and whose code does it. The first row that knows a frame has it. */
const STEPS: readonly (readonly [step: string, code: RegExp])[] = [
  ['idle', /^\(idle\)/],
  ['garbage collection', /^\(garbage collector\)/],
  ['system calls and native code', /^\(program\)/],
  ['auth: token, policy', /\/apps\/api\/src\/access\/|\/vault\/src\/local-tokens|\/node_modules\/jose\//],
  [
    'parsing and validation',
    /\/apps\/api\/src\/body\/|\/node_modules\/(class-validator|class-transformer|validator|secure-json-parse)\/|\/pipes\//,
  ],
  ['rules and fold', /\/libs\/(domain|reference)\//],
  ['seal: vault', /\/libs\/vault\/|\/apps\/api\/src\/sealing/],
  [
    'append: store, gatherer, pg driver',
    /\/libs\/event-store\/|\/node_modules\/(pg|pg-[a-z]+|postgres-[a-z]+)\//,
  ],
  [
    'logging and metrics',
    /\/apps\/api\/src\/(log|metrics)\.js|\/node_modules\/(pino|pino-[a-z-]+|sonic-boom|thread-stream|prom-client)\//,
  ],
  ['Nest', /\/node_modules\/(@nestjs|rxjs|reflect-metadata)\//],
  [
    'HTTP: Fastify, and what else is ours',
    /\/apps\/api\/src\/|\/node_modules\/|node:(_http_|http|internal\/http|net|internal\/streams)/,
  ],
];
const REST = 'Node itself';

type Frame = Readonly<{ functionName: string; url: string }>;
type Profile = Readonly<{
  nodes: readonly Readonly<{ id: number; callFrame: Frame; children?: readonly number[] }>[];
  /** On the clock of `process.hrtime`, in microseconds. */
  startTime: number;
  /** Of each sample the node, and the microseconds since the one before. */
  samples: readonly number[];
  timeDeltas: readonly number[];
}>;

/** One API process under Node's profiler: the share of its time that each step of a registration takes. */
export async function benchProfile(databaseUrl: string): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kosh-bench-profile-'));
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
  try {
    return await ofApis({ databaseUrl, count: 1, nodeOptions }, async ({ processes, urls, token }) => {
      await drive(urls, token, CLIENTS, WARM_UP_MS);
      const from = now() + LEAD_IN_MS * 1_000;
      const { perSecond, p50Ms, p99Ms } = await drive(urls, token, CLIENTS, FOR_MS);
      const to = now();
      // It writes down what it saw as it ends.
      for (const api of processes) await api.stop();
      const shares = sharesOf(await profileIn(folder), from, to);
      return [
        { work: `registrations, ${CLIENTS} clients, profiled`, value: perSecond, unit: '/s', p50Ms, p99Ms },
        ...[...STEPS.map(([step]) => step), REST].map((step): Figure => ({
          work: `  ${step}`,
          value: shares.get(step) ?? 0,
          unit: '%',
        })),
      ];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

async function profileIn(folder: string): Promise<Profile> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.cpuprofile'));
  if (name === undefined) throw new Error('The API wrote no profile.');
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as Profile;
}

/** The share of each step, in per cent of the time between two moments. */
function sharesOf(
  { nodes, startTime, samples, timeDeltas }: Profile,
  from: number,
  to: number,
): Map<string, number> {
  const steps = stepsOf(nodes);
  const times = new Map<string, number>();
  let at = startTime;
  let whole = 0;
  for (const [i, sample] of samples.entries()) {
    const took = timeDeltas[i] ?? 0;
    at += took;
    if (at < from || at > to) continue;
    const step = steps.get(sample) ?? REST;
    times.set(step, (times.get(step) ?? 0) + took);
    whole += took;
  }
  return new Map([...times].map(([step, time]) => [step, (time / whole) * 100]));
}

/** Of each node: the step of the innermost frame on its stack that the table knows. */
function stepsOf(nodes: Profile['nodes']): Map<number, string> {
  const steps = new Map<number, string>();
  // A caller stands before whom it calls.
  for (const { id, callFrame, children = [] } of nodes) {
    const step = stepOf(callFrame) ?? steps.get(id);
    if (step === undefined) continue;
    for (const child of [id, ...children]) steps.set(child, step);
  }
  return steps;
}

function stepOf({ functionName, url }: Frame): string | undefined {
  const code = url || functionName;
  return STEPS.find(([, known]) => known.test(code))?.[0];
}
