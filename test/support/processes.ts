import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 30_000;
const LINES_KEPT = 30;

export type App = 'api' | 'projector' | 'relay';
type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Starts one of the product's processes, built, as production does; `lines` keeps the last that it said. */
export function spawnApp(
  app: App,
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[],
  lines: string[],
): Child {
  const child = spawn(process.execPath, [...nodeOptions, `dist/apps/${app}/src/main.js`], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      lines.push(chunk.toString());
      lines.splice(0, lines.length - LINES_KEPT);
    });
  }
  return child;
}

/** One of the product's processes. */
export class AppProcess {
  private child: Child | undefined;
  private readonly lines: string[] = [];

  constructor(
    private readonly app: App,
    private readonly env: Readonly<Record<string, string>>,
    /** Answers 200 when the process is ready, if it serves one. */
    private readonly readyUrl?: string,
    /** Of Node itself, such as `--cpu-prof`. */
    private readonly nodeOptions: readonly string[] = [],
  ) {}

  /** Returns when the process says that it is ready. */
  async start(): Promise<void> {
    const child = spawnApp(this.app, this.env, this.nodeOptions, this.lines);
    this.child = child;
    const until = Date.now() + READY_WITHIN_MS;
    while (this.readyUrl !== undefined) {
      if (child.exitCode !== null)
        throw new Error(`${this.app} ended with ${child.exitCode}:\n${this.lines.join('')}`);
      const answer = await fetch(this.readyUrl).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > until) throw new Error(`${this.app} did not become ready:\n${this.lines.join('')}`);
      await delay(25);
    }
  }

  /** Ends it as a power cut would: no warning, nothing tidied. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it as an operator would; answers the exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}
