import { freePort } from '#embedded';
import { type System, startSystem } from './system.js';
import type { Say } from './servers.js';

export const say: Say = (line) => void process.stdout.write(`${line}\n`);

const PORT = 3_000;

/** `npm start`: the system, empty at first, its data kept under `.kosh/`. Runs until it is told to stop. */
export async function runSystem(): Promise<void> {
  const dataDir = process.env['KOSH_DATA_DIR'] ?? '.kosh';
  const system = await startSystem(dataDir, await environment(), say);
  stopOnSignal(system);
  say(`\nKosh answers at ${system.url}; its documentation is at ${system.url}/docs.`);
  say('A token, for this machine only:  npx kosh token --role registrar --office Almaty');
  say(`Data: ${dataDir}. To stop: Ctrl-C.`);
}

/** As this process has it, with a port: the one that is asked for, else 3000, else the next free one. */
export async function environment(): Promise<NodeJS.ProcessEnv> {
  const port = process.env['PORT'] ?? String(await freePort(PORT));
  return { LOG_LEVEL: 'warn', ...process.env, PORT: port };
}

/** Ends in good order at the first signal, at once at the second. */
export function stopOnSignal(system: System): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    say('\nStopping.');
    system.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}
