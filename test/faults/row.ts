import { setTimeout as delay } from 'node:timers/promises';
import { Load, type LoadOptions, type Summary } from './load.js';
import { type Phase, quantile } from './measures.js';
import type { Servers } from './servers.js';
import { settle, type Settled } from './settle.js';
import { World, type WorldOptions } from './world.js';

/** What a row of the fault matrix needs of the machine beside Node and the servers. */
export type Need = 'clock' | 'kafka' | 'mounts' | 'network';

/** A row of the fault matrix, automated. */
export type Row = Readonly<{
  /** `F1` to `F30`, or a name for what the matrix has no row for. */
  id: string;
  fault: string;
  /** What must hold, beside what holds after every row. */
  expects: string;
  /** How times and numbers of the matrix are scaled in the complete run. */
  scale: string;
  needs?: readonly Need[];
  /** Whether it is part of `--quick`. */
  quick?: boolean;
  run: (run: Run) => Promise<void>;
}>;

export type RowResult = Readonly<{
  id: string;
  fault: string;
  outcome: 'failed' | 'passed' | 'skipped';
  rounds: number;
  kills: number;
  acknowledged: number;
  lost: number;
  doubled: number;
  partial: number;
  /** The median and the longest, where anything had to recover. */
  recoverSeconds?: Readonly<{ p50: number; max: number }>;
  seconds: number;
  /** What was looked at, and found. */
  found: readonly string[];
  /** Why it failed, or was skipped. */
  reasons: readonly string[];
  /** It did not come to its end. */
  hung?: true;
}>;

/** No row takes so long, unless it hangs. */
const ROW_MAX_MS = 15 * 60_000;

/** A row under way: what it opens is closed behind it, and what it finds stands in the table. */
export class Run {
  rounds = 0;
  private readonly worlds: World[] = [];
  private readonly loads: Load[] = [];
  private readonly recoveries: number[] = [];
  private readonly found: string[] = [];
  private readonly reasons: string[] = [];
  private readonly cleanups: (() => Promise<void> | void)[] = [];
  private extraKills = 0;
  private counts = { acknowledged: 0, lost: 0, doubled: 0, partial: 0 };

  constructor(
    readonly row: Row,
    readonly quick: boolean,
    readonly servers: Servers,
    /** How much of the complete run's rounds; 1 unless told. */
    private readonly factor: number,
  ) {}

  /** So many in the complete run, so many in the quick one. */
  times(complete: number, quick: number): number {
    return this.quick ? quick : Math.max(1, Math.round(complete * this.factor));
  }

  async world(options: WorldOptions = {}, servers = this.servers): Promise<World> {
    const world = await World.open(servers, options);
    this.worlds.push(world);
    return world;
  }

  async load(world: Pick<World, 'urls' | 'token'>, options: LoadOptions = {}): Promise<Load> {
    const load = await Load.start(world, options);
    this.loads.push(load);
    return load;
  }

  /** To be undone behind the row, in reverse order, however it ends. */
  later(cleanup: () => Promise<void> | void): void {
    this.cleanups.push(cleanup);
  }

  round(): void {
    this.rounds += 1;
  }

  /** A server, or another process that the world does not count, was killed. */
  killed(number = 1): void {
    this.extraKills += number;
  }

  recovered(seconds: number): void {
    this.recoveries.push(seconds);
  }

  /** The longest recovery so far, in seconds. */
  get slowest(): number {
    return Math.max(0, ...this.recoveries);
  }

  /** `found` is what was looked at, for the table's JSON; where it is not right the row has failed. */
  mustBe(right: boolean, what: string, found: unknown): void {
    const text = `${what}: ${typeof found === 'string' ? found : JSON.stringify(found)}`;
    this.found.push(text);
    if (!right) this.reasons.push(text);
  }

  /**
   * Callers are not much slower beside other work than alone. A short run has few figures: its p99 is the slowest, which
   * may be so by chance.
   */
  mustStayQuick(what: string, alone: Phase | undefined, beside: Phase | undefined): void {
    const [was, is] = [alone?.p99Ms ?? 0, beside?.p99Ms ?? Infinity];
    this.mustBe(is <= Math.max(2 * was, was + (this.quick ? 250 : 50)), what, [was, is]);
  }

  note(what: string): void {
    this.found.push(what);
  }

  /** Ends the callers, and holds everything that they were told against everything that is there. */
  async settle(world: World, ...loads: readonly Load[]): Promise<{ settled: Settled; summaries: Summary[] }> {
    const summaries: Summary[] = [];
    for (const load of loads) summaries.push(await load.stop());
    const settled = await settle(
      world,
      loads.flatMap((load) => load.journal()),
    );
    const acknowledged = summaries.reduce((sum, one) => sum + one.acknowledged, 0);
    const unanswered = summaries.reduce((sum, one) => sum + one.unanswered, 0);
    this.count(acknowledged, settled);
    this.mustBe(unanswered === 0, 'commands that got no answer in the end', unanswered);
    const failures = summaries.flatMap(({ phases }) => Object.values(phases).map((one) => one.failures));
    const ours = failures.flatMap((one) => Object.keys(one)).filter((code) => /\b(internal|500)$/.test(code));
    this.mustBe(ours.length === 0, 'answers that say that the fault is ours', ours);
    return { settled, summaries };
  }

  /** What was acknowledged without a load client. */
  count(
    acknowledged: number,
    { lost = 0, doubled = 0, partial = 0, wrong = [], events = 0 }: Partial<Settled>,
  ) {
    this.counts.acknowledged += acknowledged;
    this.counts.lost += lost;
    this.counts.doubled += doubled;
    this.counts.partial += partial;
    this.found.push(`${acknowledged} acknowledged, ${events} events`);
    for (const one of wrong.slice(0, 10)) this.reasons.push(one);
  }

  /** Runs the row to its end, whatever that is. */
  async result(): Promise<RowResult> {
    const startedAt = performance.now();
    const late = new AbortController();
    const end = delay(ROW_MAX_MS, 'late' as const, { signal: late.signal, ref: false });
    let hung = false;
    try {
      hung = (await Promise.race([this.row.run(this), end])) === 'late';
      if (hung) this.reasons.push(`It did not come to its end within ${ROW_MAX_MS / 60_000} minutes.`);
    } catch (error) {
      this.reasons.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      late.abort();
    }
    for (const load of this.loads) load.kill();
    const kills = this.worlds.reduce((sum, world) => sum + world.kills, 0) + this.extraKills;
    for (const world of this.worlds) await world.close();
    for (const cleanup of this.cleanups.toReversed()) {
      try {
        await cleanup();
      } catch (error) {
        this.reasons.push(`Could not tidy up: ${String(error)}`);
      }
    }
    const { lost, doubled, partial } = this.counts;
    const isWhole = lost + doubled + partial === 0;
    const sorted = this.recoveries.toSorted((a, b) => a - b);
    return {
      id: this.row.id,
      fault: this.row.fault,
      outcome: isWhole && this.reasons.length === 0 ? 'passed' : 'failed',
      rounds: this.rounds,
      kills,
      ...this.counts,
      ...(sorted.length > 0 && {
        recoverSeconds: { p50: quantile(sorted, 0.5), max: Math.round((sorted.at(-1) ?? 0) * 10) / 10 },
      }),
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      found: this.found,
      reasons: this.reasons,
      ...(hung && { hung }),
    };
  }
}

/** Some moment from now on, up to `maxMs`. */
export async function randomPause(maxMs: number, minMs = 0): Promise<void> {
  await delay(minMs + Math.random() * (maxMs - minMs));
}

/** Until it is so; throws when it takes longer. Answers how many seconds it took. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await delay(25);
  }
  return (performance.now() - startedAt) / 1_000;
}
