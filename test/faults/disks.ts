import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Summary } from './load.js';
import { type Row, type Run, until } from './row.js';
import { type PostgresServer, Servers } from './servers.js';
import { asAdmin } from './world.js';

export type Disk = Readonly<{
  servers: Servers;
  path: string;
  /** Leaves so many KiB free. */
  fill: (leaveKiB: number) => void;
  /** Takes away what filled it. */
  free: () => void;
  /** Nothing is written for so long. */
  frozen: (seconds: number) => Promise<void>;
}>;

function mustDo(command: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
}

/** A Postgres, or a Kafka, on an ext4 of its own in a file; in a mount namespace of the row's own. */
export function onDisk(run: Run, { dataMiB }: { dataMiB: number }): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'kosh-disk-'));
  chmodSync(folder, 0o755);
  const [image, path] = [join(folder, 'image'), join(folder, 'disk')];
  mkdirSync(path);
  mustDo('truncate', '-s', `${dataMiB}M`, image);
  mustDo('mkfs.ext4', '-q', '-m', '0', '-O', '^has_journal', image);
  mustDo('mount', '-o', 'loop', image, path);
  const servers = new Servers(path);
  run.later(async () => {
    spawnSync('fsfreeze', ['-u', path]);
    await servers.stop();
    spawnSync('umount', ['-l', path]);
    rmSync(folder, { recursive: true, force: true });
  });
  const ballast = join(path, 'ballast');
  return {
    servers,
    path,
    fill(leaveKiB) {
      // Most of it at once; the rest byte by byte, since the file system needs some for itself. That dd may fail is right.
      mustDo('fallocate', '-l', `${Math.max(1, freeKiB(path) - 8_192)}KiB`, ballast);
      const count = freeKiB(path) - leaveKiB;
      if (count > 0) spawnSync('dd', ['if=/dev/zero', `of=${ballast}.more`, 'bs=1k', `count=${count}`]);
    },
    free() {
      for (const name of [ballast, `${ballast}.more`]) rmSync(name, { force: true });
    },
    async frozen(seconds) {
      // Thawed also where this process is ended meanwhile: a frozen disk outlives its mount.
      const thaw = spawn('sh', ['-c', `sleep ${seconds}; fsfreeze -u "$0"`, path], {
        stdio: 'ignore',
        detached: true,
      });
      mustDo('fsfreeze', '-f', path);
      await new Promise((resolve) => thaw.once('exit', resolve));
    },
  };
}

function freeKiB(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return Math.floor((bavail * bsize) / 1_024);
}

const f10: Row = {
  id: 'F10',
  fault: 'the disk of the data is full, while that of the WAL is not',
  expects:
    'writes fail clean with 503, reports go on; no process is started again; whole when there is space',
  scale: '3 rounds of 5 s (quick: 1)',
  needs: ['mounts'],
  async run(run) {
    const disk = onDisk(run, { dataMiB: 512 });
    const wal = onDisk(run, { dataMiB: 512 });
    // The cluster is made first, then its WAL moves to a disk of its own.
    await disk.servers.need(false);
    await disk.servers.postgres.stop();
    moveWal(disk.path, wal.path);
    await disk.servers.postgres.start();
    const summaries = await fullRounds(run, disk, 64);
    const failures = summaries.flatMap(({ phases }) => Object.keys(phases['full']?.failures ?? {}));
    // Reading a file writes down who read it, and behind a read model nothing can come: those may say 503.
    const reports = failures.filter(
      (code) => code.startsWith('report ') && !code.endsWith('projection-lagging'),
    );
    run.mustBe(reports.length === 0, 'what reports were told while it was full', reports);
  },
};

const f11: Row = {
  id: 'F11',
  fault: 'the disk is full, that of the WAL too: Postgres panics',
  expects:
    'commands get 503, nothing is lost; Postgres is started again by its supervisor when there is space',
  scale: '3 rounds of 5 s (quick: 1)',
  needs: ['mounts'],
  async run(run) {
    const disk = onDisk(run, { dataMiB: 384 });
    await disk.servers.need(false);
    await fullRounds(run, disk, 0, async (fill) => {
      const told = new Set<string>();
      // Connected before it is full: Postgres may refuse every new session then, and nobody writes until it panics.
      await asAdmin(disk.servers.postgres.url, async (admin) => {
        fill();
        // What the load would write in an hour: segments of the WAL, until there is none left to write.
        for (let tries = 0; tries < 40; tries += 1) {
          await admin
            .query(`select pg_logical_emit_message(true, 'fill', repeat('x', 4000000)), pg_switch_wal()`)
            .catch((error: unknown) => told.add(error instanceof Error ? error.message : String(error)));
        }
      });
      // It panics, which its clients see as a connection that ends, and cannot come back while the disk is full.
      const isGone = /ended|terminat|recovery|starting up|shut|ECONNREFUSED|ECONNRESET/;
      run.mustBe(
        [...told].some((one) => isGone.test(one)),
        'what Postgres said',
        [...told],
      );
    });
  },
};

function moveWal(from: string, to: string): void {
  // Where the cluster lies is the launcher's own matter.
  const found = spawnSync('find', [from, '-type', 'd', '-name', 'pg_wal'], {
    encoding: 'utf8',
  }).stdout.trim();
  if (found === '') throw new Error('There is no pg_wal.');
  mustDo('cp', '-a', found, join(to, 'pg_wal'));
  mustDo('rm', '-rf', found);
  mustDo('ln', '-s', join(to, 'pg_wal'), found);
}

async function fullRounds(
  run: Run,
  disk: Disk,
  leaveKiB: number,
  whileFull = async (fill: () => void): Promise<void> => fill(),
): Promise<readonly Summary[]> {
  const world = await run.world({}, disk.servers);
  const [api] = world.apis;
  const load = await run.load(world, { callers: 16 });
  await load.until(200);
  for (let round = run.times(3, 1); round > 0; round -= 1) {
    load.phase('full');
    await Promise.all([delay(5_000), whileFull(() => disk.fill(leaveKiB))]);
    disk.free();
    load.phase('free');
    const startedAt = performance.now();
    const supervising = new AbortController();
    const supervised = supervise(run, disk.servers.postgres, supervising.signal);
    await load.until(load.acknowledged + 50, 60_000).finally(() => supervising.abort());
    await supervised;
    run.recovered((performance.now() - startedAt) / 1_000);
    run.round();
  }
  await until('the api is ready', async () => (await api?.ask('/readyz')) === 200, 30_000);
  const { summaries } = await run.settle(world, load);
  run.note(JSON.stringify(summaries.map(({ phases }) => phases)));
  const refused = summaries.flatMap(({ phases }) => Object.keys(phases['full']?.failures ?? {}));
  run.mustBe(refused.length > 0, 'what commands were told while it was full', refused);
  const ends = world.all.flatMap(({ lastWords }) => lastWords);
  run.mustBe(ends.length === 0, 'processes that were started again', ends);
  return summaries;
}

/** A server that panicked ends where it cannot recover, at once or a while later: whoever supervises it starts it again. */
async function supervise(run: Run, postgres: PostgresServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (!isThere(postgres.pid)) {
      run.note('Postgres had to be started again');
      await postgres.start();
    }
    await delay(100);
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const f12: Row = {
  id: 'F12',
  fault: "the disk of Kafka's log is full",
  expects: 'the broker fails, commands and the log go on; the topic has all when there is space',
  scale: '2 rounds of 10 s (quick: 1); logs of the processes go to pipes, which cannot be full',
  needs: ['kafka', 'mounts'],
  async run(run) {
    const disk = onDisk(run, { dataMiB: 256 });
    const folder = mkdtempSync(join(tmpdir(), 'kosh-disk-postgres-'));
    const servers = new Servers(folder, { kafkaFolder: disk.path });
    run.later(() => servers.stop());
    await servers.need(true);
    const world = await run.world({ kafka: true }, servers);
    const load = await run.load(world, { pauseMs: 5 });
    for (let round = run.times(2, 1); round > 0; round -= 1) {
      await load.until(load.acknowledged + 200);
      disk.fill(0);
      load.phase('full');
      await delay(10_000);
      const gone = !isThere(servers.kafka.pid);
      run.note(`the broker ${gone ? 'ended' : 'went on'}`);
      disk.free();
      load.phase('free');
      await servers.kafka.kill();
      run.killed();
      await servers.kafka.start();
      run.round();
    }
    const { settled, summaries } = await run.settle(world, load);
    run.recovered(settled.drainSeconds);
    const failures = summaries.flatMap(({ phases }) =>
      Object.values(phases).flatMap((one) => Object.keys(one.failures)),
    );
    const others = failures.filter((code) => code !== 'report projection-lagging');
    run.mustBe(others.length === 0, 'failures that callers met', others);
  },
};

/** Disks that are full or do not answer. */
export const DISKS: readonly Row[] = [f10, f11, f12];
