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
    throw new Error(`The data in ${folder} are served already, ${whose(pid ?? 0)}`);
  }
  if (pid !== undefined && isAlive(pid)) rmSync(pidFile, { force: true });
}

/**
 * Whom to end: the Kosh that started the server, and ends it after its clients; never the server under it. One
 * that lost its Kosh belongs to whoever takes in orphans, which is no Node: then it stands for itself.
 */
function whose(pid: number): string {
  const parent = parentOf(pid);
  if (parent !== undefined && commandOf(parent).includes('node')) {
    return (
      `by the Kosh that is process ${parent}. One Kosh at a time works on a data folder: end that one ` +
      `(Ctrl-C where it runs, or: kill ${parent}), or name another folder in KOSH_DATA_DIR.`
    );
  }
  return `by process ${pid}, whose Kosh is gone. End it (kill -INT ${pid}), then start again.`;
}

function parentOf(pid: number): number | undefined {
  const parent = Number(psOf(pid, 'ppid='));
  return parent > 0 ? parent : undefined;
}

function commandOf(pid: number): string {
  return psOf(pid, 'command=');
}

/** One column of `ps`; nothing where there is no such process, or no `ps`. */
function psOf(pid: number, column: 'ppid=' | 'command='): string {
  if (process.platform === 'linux') return procOf(pid, column);
  return spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** The same of /proc, which is there where `ps` is not: in a small image. */
function procOf(pid: number, column: 'ppid=' | 'command='): string {
  try {
    if (column === 'command=') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
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
