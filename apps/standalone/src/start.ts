import { freePort } from '#embedded';
import { given, tellUnknown } from '#running';
import { mustBeStartable, type System, startSystem } from './system.js';
import type { Say } from './servers.js';

export const say: Say = (line) => void process.stdout.write(`${line}\n`);

const PORT = 3_000;

/** `npm start`: the system, empty at first, its data kept under `.kosh/`. Runs until it is told to stop. */
export async function runSystem(): Promise<void> {
  const env = await environment();
  const dataDir = env['KOSH_DATA_DIR'] ?? '.kosh';
  const system = await startSystem(dataDir, env, say);
  stopOnSignal(system);
  say(`\nKosh answers at ${system.url}; its documentation is at ${system.url}/docs.`);
  say(`A token, for this machine only:  ${typed(dataDir, 'token --role registrar --office Almaty')}`);
  say(`Data: ${dataDir}. To stop: Ctrl-C.`);
}

/**
 * As this process has it, with a port: the one that is asked for, else 3000, else the next free one. Throws
 * `BadSettings`: to be called before anything is done.
 */
export async function environment(defaults: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  tellUnknown(process.env);
  const asked = given(process.env);
  const port = asked['PORT'] ?? String(await freePort(PORT));
  const env = { LOG_LEVEL: 'warn', ...defaults, ...asked, PORT: port };
  await mustBeStartable(env);
  return env;
}

/** How `kosh` is called in another terminal, in this folder, for the Kosh with this data folder. */
export function typed(dataDir: string, verb: string): string {
  const quoted = /^[\w./-]+$/.test(dataDir) ? dataDir : `'${dataDir}'`;
  return dataDir === '.kosh' ? `npx kosh ${verb}` : `KOSH_DATA_DIR=${quoted} npx kosh ${verb}`;
}

const STOP_MAX_MS = 10_000;

/** Ends in good order at the first signal, at once at the second; with 1, saying why, when its Postgres has died. */
export function stopOnSignal(system: System): void {
  let stopping = false;
  const end = (code: number): void => {
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
    system.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  const stop = (): void => {
    if (stopping) process.exit(1);
    say('\nStopping.');
    end(0);
  };
  void system.lost.then((how) => {
    if (stopping) return;
    process.stderr.write(
      `Postgres has ended (${how}), and Kosh stops with it. Every command that was answered is recorded. ` +
        'Start Kosh again; if this repeats, look whether memory or disk is full.\n',
    );
    end(1);
  });
  process.on('SIGINT', stop).on('SIGTERM', stop);
}
