import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { kafkaAvailable } from '#embedded';
import type { Need } from './row.js';

/** Where Debian and its like put it. */
export const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((path) => existsSync(path));

/** Why a row cannot run here, with the remedy; undefined where it can. */
export async function whyNot(needs: readonly Need[]): Promise<string | undefined> {
  for (const need of needs) {
    const reason = await WHY_NOT[need]();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const WHY_NOT: Readonly<Record<Need, () => Promise<string | undefined>>> = {
  async kafka() {
    const available = await kafkaAvailable();
    return available.ok ? undefined : available.remedy;
  },
  network: () =>
    Promise.resolve(
      can(
        'unshare --net --mount sh -c "ip link set lo up && iptables -A INPUT -i lo -p tcp --dport 1 -j DROP"',
        'It cuts networks: run it as root, with iproute2 and iptables (apt-get install iproute2 iptables).',
      ),
    ),
  mounts: () =>
    Promise.resolve(
      can(
        'unshare --net --mount --propagation private sh -c ' +
          '"ip link set lo up && mount -t tmpfs none /mnt && command -v mkfs.ext4 && command -v fsfreeze && losetup -f"',
        'It fills and freezes disks of its own: run it as root, where loop devices are allowed, with e2fsprogs.',
      ),
    ),
  clock: () =>
    Promise.resolve(FAKETIME === undefined ? 'It turns clocks: apt-get install faketime.' : undefined),
};

function can(command: string, remedy: string): string | undefined {
  return spawnSync('sh', ['-c', command]).status === 0 ? undefined : remedy;
}
