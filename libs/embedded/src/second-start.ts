import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const RELEASE_TIMEOUT_MS = 3000;
const POLL_MS = 20;

/**
 * Throws if the process that `pidFile` names serves the data in `folder`. Removes the file if that
 * process lives but is another, which has the number by chance (where there is no /proc to tell: if
 * `program` is not in its command line). The file of a dead process is left to the server, which replaces
 * it without a race.
 */
export async function refuseSecondStart(folder: string, pidFile: string, program: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  let pid = pidIn(pidFile);
  // One whose parent was just killed is about to end; one whose file is empty, to write its number there.
  while ((pid === 0 || isServing(pid, folder, program)) && Date.now() < deadline) {
    await sleep(POLL_MS);
    pid = pidIn(pidFile);
  }
  if (isServing(pid, folder, program)) {
    throw new Error(`The data in ${folder} are served already, by process ${pid}. Stop that one first.`);
  }
  if (pid !== undefined && isAlive(pid)) rmSync(pidFile, { force: true });
}

/** The first line of a file, where there is one: 0 while it is empty. */
export function pidIn(pidFile: string): number | undefined {
  try {
    return Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
  } catch {
    return undefined;
  }
}

/** Whether there is such a process, of ours if we are not root. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isServing(pid: number | undefined, folder: string, program: string): boolean {
  if (pid === undefined) return false;
  if (process.platform !== 'linux') {
    const { stdout, status } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return status === 0 && stdout.includes(program);
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false; // Dead (a zombie too), or another user's: ours runs as the owner of the data.
  }
}
