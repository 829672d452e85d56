import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSettings } from './caller.js';
import type { FromClient, ToClient } from './client.js';
import { type Line, linesOf } from './journal.js';
import type { Phases } from './measures.js';
import type { World } from './world.js';

export type LoadOptions = Partial<Omit<ClientSettings, 'folder' | 'token'>>;

export type Summary = Readonly<{
  phases: Phases;
  unanswered: number;
  acknowledged: number;
  failedAgain: number;
}>;

const CALLERS = 8;
const FILES = 200;
/** Beyond what the client itself allows for its last answers. */
const END_WITHIN_MS = 120_000;

/** Callers under way in a process of their own, and their journals. */
export class Load {
  acknowledged = 0;
  private summary: Summary | undefined;
  private isReady = false;
  private ended = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    child.on('message', (message: FromClient) => {
      if ('ready' in message) this.isReady = true;
      else if ('count' in message) this.acknowledged = message.count;
      else this.summary = message.summary;
    });
    child.once('exit', () => {
      this.ended = true;
      CLIENTS.delete(child);
    });
    CLIENTS.add(child);
  }

  /** Returns when the callers have begun. */
  static async start(
    { urls, token }: Pick<World, 'urls' | 'token'>,
    options: LoadOptions = {},
  ): Promise<Load> {
    const folder = mkdtempSync(join(tmpdir(), 'kosh-faults-journals-'));
    const settings: ClientSettings = {
      name: 'caller',
      callers: CALLERS,
      files: FILES,
      work: 'mixed',
      urls,
      token,
      folder,
      ...options,
    };
    const child = fork(new URL('./client.js', import.meta.url), {
      env: { PATH: process.env['PATH'] ?? '', KOSH_LOAD: JSON.stringify(settings) },
      // A bulk load must not have more of the machine than what it loads.
      execArgv: [],
    });
    const load = new Load(child, folder);
    while (!load.isReady && !load.ended) await delay(10);
    return load;
  }

  /** From now on measured under this name. */
  phase(phase: string): void {
    this.send({ phase });
  }

  /** Until so many commands are acknowledged, however long that takes within the bound. */
  async until(acknowledged: number, withinMs = 600_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.acknowledged < acknowledged && !this.ended) {
      if (performance.now() > end) {
        throw new Error(`Only ${this.acknowledged} of ${acknowledged} commands were acknowledged in time.`);
      }
      await delay(100);
    }
  }

  /** Lets every caller learn what became of its last command, and ends. */
  async stop(): Promise<Summary> {
    this.send({ stop: true });
    return this.end();
  }

  /** When all is sent, where that was bounded. */
  async end(): Promise<Summary> {
    for (const until = performance.now() + END_WITHIN_MS; !this.summary; await delay(20)) {
      if (this.ended || performance.now() > until) throw new Error('The load client did not end in order.');
    }
    return this.summary;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** What all callers wrote down. */
  journal(): readonly Line[] {
    return readdirSync(this.folder).flatMap((name) => [
      ...linesOf(readFileSync(join(this.folder, name), 'utf8')),
    ]);
  }

  private send(message: ToClient): void {
    if (this.child.connected) this.child.send(message);
  }
}

/** All that run: none outlives the harness. */
const CLIENTS = new Set<ChildProcess>();
process.once('exit', () => {
  for (const client of CLIENTS) client.kill('SIGKILL');
});
