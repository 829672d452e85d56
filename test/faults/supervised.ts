import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type App, spawnApp } from '../support/processes.js';

const READY_WITHIN_MS = 60_000;
const LOOK_MS = 25;
const LOOK_MAX_MS = 2_000;
/** A supervisor starts again at once, and slower where that does not help. */
const RESTART_MIN_MS = 10;
const RESTART_MAX_MS = 1_000;
const EX_CONFIG = 78;

export type SupervisedOptions = Readonly<{
  app: App;
  port: number;
  env: Readonly<Record<string, string>>;
  /** What Node is given before the program, such as `--import`. */
  node?: readonly string[];
  /** What says that it is ready: the relay and the projector are asked whether they live. */
  readyPath?: '/readyz' | '/livez';
  /** Ends a process that does not answer /livez so many seconds, as a container's liveness probe does. */
  watchdogSeconds?: number;
}>;

/** One of the product's processes, started again by its supervisor however it ended. No person is needed. */
export class Supervised {
  /** How often it was ended by SIGKILL, whoever sent it. */
  kills = 0;
  /** How often it ended in any other way that nobody asked for. */
  crashes = 0;
  /** What it said before each of those. */
  readonly lastWords: string[] = [];
  private child: ChildProcess | undefined;
  private wanted = false;
  private generation = 0;
  private restartMs = RESTART_MIN_MS;
  private watch: NodeJS.Timeout | undefined;
  private restart: NodeJS.Timeout | undefined;
  private readonly lines: string[] = [];
  /** For the next start: an operator may change it. */
  private env: Readonly<Record<string, string>>;

  constructor(private readonly options: SupervisedOptions) {
    this.env = options.env;
    EVERYONE.add(this);
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get said(): string {
    return this.lines.join('');
  }

  /** Returns when it is ready. */
  async start(env = this.env): Promise<void> {
    this.env = env;
    this.wanted = true;
    this.spawn();
    await this.ready();
    if (this.options.watchdogSeconds !== undefined) this.guard(this.options.watchdogSeconds);
  }

  /** SIGKILL; answers the seconds until the next one is ready. */
  async kill(): Promise<number> {
    const startedAt = performance.now();
    await this.killOnly();
    await this.ready();
    return (performance.now() - startedAt) / 1_000;
  }

  /** SIGKILL; returns when it is dead. Its supervisor starts it again. */
  async killOnly(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  /** SIGTERM, and no start after it; answers the exit code, or the signal that ended it. */
  async stop(): Promise<number | string> {
    this.wanted = false;
    clearInterval(this.watch);
    clearTimeout(this.restart);
    const { child } = this;
    if (!child) return 0;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      await ended;
    }
    return child.exitCode ?? child.signalCode ?? 0;
  }

  /** At the end of a run, whatever state it is in. */
  endNow(): void {
    this.wanted = false;
    clearInterval(this.watch);
    clearTimeout(this.restart);
    this.child?.kill('SIGKILL');
    EVERYONE.delete(this);
  }

  /** Until the process that runs now, or the next, says that it is ready. */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    const until = performance.now() + withinMs;
    const { app, readyPath = '/readyz' } = this.options;
    for (;;) {
      const { generation } = this;
      if ((await this.ask(readyPath)) === 200 && generation === this.generation && this.isRunning()) break;
      if (performance.now() > until) throw new Error(`${app} did not become ready:\n${this.lines.join('')}`);
      await delay(LOOK_MS);
    }
    this.restartMs = RESTART_MIN_MS;
  }

  /** The status that a path answers with; undefined where there is no answer in two seconds. */
  ask(path: string): Promise<number | undefined> {
    return statusOf(`${this.url}${path}`);
  }

  isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private spawn(): void {
    const { app, node = [] } = this.options;
    this.generation += 1;
    const child = spawnApp(app, this.env, node, this.lines);
    this.child = child;
    child.once('exit', (code, signal) => this.ended(code, signal));
  }

  private ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.wanted) return;
    if (signal === 'SIGKILL') this.kills += 1;
    else {
      this.crashes += 1;
      this.lastWords.push(`${this.options.app} ended with ${code ?? signal}: ${this.said.slice(-1_500)}`);
    }
    // Wrong settings: no supervisor can help, and whoever waits for the process is told so.
    if (code === EX_CONFIG) return;
    this.restart = setTimeout(() => this.spawn(), this.restartMs);
    this.restartMs = Math.min(RESTART_MAX_MS, this.restartMs * 2);
  }

  private guard(seconds: number): void {
    let aliveAt = performance.now();
    this.watch = setInterval(() => {
      void this.ask('/livez').then(async (status) => {
        if (status === 200) aliveAt = performance.now();
        if (performance.now() - aliveAt < seconds * 1_000) return;
        aliveAt = performance.now();
        await this.killOnly();
      });
    }, 1_000);
  }
}

/** All that run: none outlives the harness. */
const EVERYONE = new Set<Supervised>();
process.once('exit', () => {
  for (const one of EVERYONE) one.endNow();
});

/** The status of a GET; undefined where there is no answer in time: two seconds unless told. */
export function statusOf(url: string, timeoutMs = LOOK_MAX_MS): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
