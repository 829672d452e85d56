import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** The user a server runs as, when we are root and it must not be. */
export type RunAs = Readonly<{ uid: number; gid: number }>;

export type Launch = Readonly<{
  /** What messages call it. */
  name: string;
  command: string;
  args: readonly string[];
  /** The folder of its data, in which it runs: by this `refuseSecondStart` knows it again. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  runAs?: RunAs | undefined;
  /** Ends it in good order. */
  stopSignal: NodeJS.Signals;
  /** Ends it at once, as a power cut would. */
  abortSignal: NodeJS.Signals;
}>;

export type Server = Readonly<{
  pid: number;
  /** Resolves when it has ended though nobody asked it to: with the signal or the exit code. Never rejects. */
  died: Promise<string>;
  /**
   * Resolves when `ready` says so. Rejects, with the server's last lines, when it has exited or is too
   * late.
   */
  until: (ready: () => boolean | Promise<boolean>, timeoutMs: number) => Promise<void>;
  /** Resolves when the process is gone, which is forced after 30 s. May be called again. */
  stop: () => Promise<void>;
  /** Resolves when the process is gone. */
  abort: () => Promise<void>;
}>;

const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const TAIL_LINES = 50;

/**
 * Starts a server in a session of its own, so that Ctrl-C reaches us and not it: we stop it after its
 * clients. When we are killed ourselves it is aborted, so that none is left behind.
 */
export async function launch(how: Launch): Promise<Server> {
  const { name, command, args, cwd, env, runAs, stopSignal, abortSignal } = how;
  const child = spawn(command, args, {
    ...runAs,
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const tail = keepTail(child);
  await once(child, 'spawn');
  const pid = child.pid ?? 0; // Never 0: it has spawned.
  guard(pid, abortSignal, exited);

  let asked = false;
  const died = new Promise<string>((resolve) => {
    void exited.then(() => {
      if (!asked) resolve(howEnded(child));
    });
  });

  const end = async (signal: NodeJS.Signals) => {
    asked = true;
    if (isRunning(child)) child.kill(signal);
    const patience = setTimeout(() => child.kill(abortSignal), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(patience);
  };

  const until: Server['until'] = async (ready, timeoutMs) => {
    const deadline = Date.now() + timeoutMs;
    const failed = (what: string) => new Error(`${name} ${what}. Its last lines:\n${tail.join('\n')}`);
    while (!(await ready())) {
      if (!isRunning(child)) {
        await exited;
        throw failed(`ended while it started (${howEnded(child)})`);
      }
      if (Date.now() > deadline) {
        await end(abortSignal);
        throw failed(`was not ready after ${timeoutMs / 1000} s`);
      }
      await sleep(POLL_MS);
    }
  };

  return { pid, died, until, stop: () => end(stopSignal), abort: () => end(abortSignal) };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function howEnded({ signalCode, exitCode }: ChildProcess): string {
  return signalCode ?? `exit code ${exitCode}`;
}

function keepTail(child: ChildProcess): readonly string[] {
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
  }
  return tail;
}

/** A shell that waits for our end of its pipe to close, which happens however we end. */
function guard(pid: number, signal: NodeJS.Signals, exited: Promise<void>): void {
  const shell = spawn('/bin/sh', ['-c', `read _; kill -s ${signal.replace('SIG', '')} ${pid}`], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => {}); // Without a shell the server outlives us if we are killed; no more than that.
  shell.unref();
  void exited.then(() => shell.kill('SIGKILL'));
}
