/** One figure of the benchmark, beside its limit in the same run. Rates are per second, delays in milliseconds, shares in per cent. */
export type Figure = Readonly<{
  work: string;
  value: number;
  unit: '/s' | 'ms' | '%' | 'B';
  p50Ms?: number;
  p99Ms?: number;
  limit?: Readonly<{ what: string; value: number }>;
  goals?: readonly Goal[];
}>;

/** What is to be reached, and whether it was. */
export type Goal = Readonly<{ text: string; reached: boolean }>;

export type Timed = Readonly<{ perSecond: number; p50Ms: number; p99Ms: number }>;

/** Keeps `clients` calls of `work` going for a while; `work` gets the client's number and how often it was called. */
export async function load(
  clients: number,
  forMs: number,
  work: (client: number, turn: number) => Promise<unknown>,
): Promise<Timed> {
  const delays: number[] = [];
  const startedAt = performance.now();
  const end = startedAt + forMs;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let turn = 0; performance.now() < end; turn += 1) {
        const before = performance.now();
        await work(client, turn);
        delays.push(performance.now() - before);
      }
    }),
  );
  return { perSecond: (delays.length / (performance.now() - startedAt)) * 1_000, ...percentiles(delays) };
}

export function percentiles(delays: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

export function median(values: readonly number[]): number {
  return percentiles(values).p50Ms;
}

/** The middle one of several runs, by rate. */
export function middle(runs: readonly Timed[]): Timed {
  const sorted = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  const run = sorted[Math.floor(sorted.length / 2)];
  if (!run) throw new Error('Nothing was measured.');
  return run;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
