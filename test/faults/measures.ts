/** How requests went in a part of a run. */
export type Phase = Readonly<{
  seconds: number;
  requests: number;
  acknowledged: number;
  /** By code or kind of failure, those that were repeated later too. */
  failures: Readonly<Record<string, number>>;
  /** Of requests that were acknowledged or seen. */
  p50Ms: number;
  p99Ms: number;
  /** Of any request, however it ended. */
  slowestMs: number;
}>;

export type Phases = Readonly<Record<string, Phase>>;

type Counting = {
  beganAt: number;
  endedAt: number | undefined;
  acknowledged: number;
  times: number[];
  failures: Map<string, number>;
  slowest: number;
  requests: number;
};

export class Measures {
  acknowledged = 0;
  /** Commands that failed at the second attempt, or a later one. */
  failedAgain = 0;
  private readonly all = new Map<string, Counting>();
  private current = this.opened('first');

  begin(name: string): void {
    this.current.endedAt = performance.now();
    this.current = this.all.get(name) ?? this.opened(name);
    this.current.endedAt = undefined;
  }

  request(ms: number, failure?: string): void {
    const { current } = this;
    current.requests += 1;
    current.slowest = Math.max(current.slowest, ms);
    if (failure === undefined) current.times.push(ms);
    else current.failures.set(failure, (current.failures.get(failure) ?? 0) + 1);
  }

  acknowledge(): void {
    this.acknowledged += 1;
    this.current.acknowledged += 1;
  }

  phases(): Phases {
    return Object.fromEntries([...this.all].map(([name, one]) => [name, summed(one)]));
  }

  private opened(name: string): Counting {
    const one: Counting = {
      beganAt: performance.now(),
      endedAt: undefined,
      acknowledged: 0,
      times: [],
      failures: new Map(),
      slowest: 0,
      requests: 0,
    };
    this.all.set(name, one);
    return one;
  }
}

function summed({ beganAt, endedAt, acknowledged, times, failures, slowest, requests }: Counting): Phase {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    seconds: ((endedAt ?? performance.now()) - beganAt) / 1_000,
    requests,
    acknowledged,
    failures: Object.fromEntries(failures),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    slowestMs: Math.round(slowest),
  };
}

/** Of sorted numbers; 0 where there are none. */
export function quantile(sorted: readonly number[], q: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
  return Math.round(value * 10) / 10;
}
