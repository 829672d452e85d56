import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, head, relayLags } from '#event-store';
import { onDisk } from './disks.js';
import { Door, cut, mend } from './loopback.js';
import type { Phases } from './measures.js';
import { type Row, type Run, until } from './row.js';
import type { Supervised } from './supervised.js';
import { asAdmin, type World } from './world.js';

/** Of a process, in MiB. */
function residentMiB({ pid }: Supervised): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

const failuresOf = (phases: Phases) =>
  Object.values(phases).flatMap(({ failures }) =>
    Object.keys(failures).filter((code) => code !== 'report projection-lagging'),
  );

const slowestOf = (phases: Phases) => Math.max(...Object.values(phases).map(({ slowestMs }) => slowestMs));

const f6: Row = {
  id: 'F6',
  fault: 'Kafka is away for minutes while commands go on',
  expects:
    'no command fails; the api stays ready and says degraded; read models go on from the log; the relay does not grow ' +
    'by more than 50 MB and catches up at 5 times the rate at which events come',
  scale: '150 s instead of 600 s (quick: 45 s): degraded is said after 30 s',
  needs: ['kafka'],
  async run(run) {
    const world = await run.world({ kafka: true });
    const { kafka } = world.servers;
    const [api, relay] = [world.apis[0], world.relays[0]];
    if (!api || !relay) return;
    const pool = connect(world.databaseUrl, 'kosh_api', { max: 2 });
    run.later(() => pool.end());
    const load = await run.load(world, { pauseMs: 10 });
    await load.until(300);
    const before = residentMiB(relay);
    await kafka.kill();
    run.killed();
    const startedAt = performance.now();
    const from = (await head(pool)).position;
    const isDegraded = async () => (await (await fetch(`${api.url}/readyz`)).text()).includes('"degraded"');
    await until('the api says degraded', isDegraded, 60_000);
    run.mustBe((await api.ask('/readyz')) === 200, 'the api is ready meanwhile', await api.ask('/readyz'));
    const awayMs = run.quick ? 45_000 : 150_000;
    await delay(Math.max(0, awayMs - (performance.now() - startedAt)));
    const grown = residentMiB(relay) - before;
    run.mustBe(grown <= 50, 'MiB that the relay has grown', Math.round(grown));
    const behind = (await relayLags(pool))[0]?.events ?? 0;
    const arrival = ((await head(pool)).position - from) / ((performance.now() - startedAt) / 1_000);
    await kafka.start();
    const seconds = await until(
      'the relay has caught up',
      async () => ((await relayLags(pool))[0]?.events ?? 0) < 50,
      60_000,
    );
    run.recovered(seconds);
    run.round();
    const rate = behind / seconds;
    run.mustBe(
      rate >= 5 * arrival || seconds <= 5,
      'events/s caught up, and coming',
      [rate, arrival].map(Math.round),
    );
    const { summaries } = await run.settle(world, load);
    const failures = summaries.flatMap(({ phases }) => failuresOf(phases));
    run.mustBe(failures.length === 0, 'failures that callers met', failures);
  },
};

const f7: Row = {
  id: 'F7',
  fault: 'all that Kafka had is lost',
  expects:
    'the topic is made again from the log, consumers begin again, digests equal a replay; nobody types SQL',
  scale: 'as the matrix; 2 rounds (quick: 1)',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true });
    const { kafka } = world.servers;
    const load = await run.load(world);
    for (let round = run.times(2, 1); round > 0; round -= 1) {
      await load.until(load.acknowledged + run.times(1_500, 200));
      await kafka.kill();
      kafka.wipe();
      run.killed();
      await kafka.start();
      run.round();
      await load.until(load.acknowledged + 100);
    }
    const { settled } = await run.settle(world, load);
    run.recovered(settled.drainSeconds);
  },
};

const HANG_MAX_MS = 10_000;

const f8: Row = {
  id: 'F8',
  fault: 'api and Postgres, then relay and Kafka, cannot reach each other; 20 % of packets are lost',
  expects: 'no request hangs for more than 10 s, no lock is held for more than 3 s; whole again by itself',
  scale: 'partitions of 5, 30 and 60 s instead of 5, 30 and 120 s; loss for 20 s',
  needs: ['kafka', 'network'],
  async run(run) {
    await run.servers.need(true);
    const doors = new Map<number, Door>();
    const through = async (url: string) => {
      const to = Number(new URL(url).port);
      const door = doors.get(to) ?? (await Door.open(to));
      doors.set(to, door);
      return door.port;
    };
    run.later(() => doors.forEach((door) => door.close()));
    // The api has its own way to Postgres, so that it alone can lose it.
    const port = await through(run.servers.postgres.url);
    const world = await run.world({ kafka: true, apis: 0 });
    const address = new URL(world.databaseUrl);
    address.port = String(port);
    await world.add('api', { envOf: () => ({ DATABASE_URL: address.href }) });
    const kafkaPort = Number(run.servers.kafka.brokers.split(':')[1]);
    const load = await run.load(world, { timeoutMs: 20_000 });
    await load.until(100);
    for (const seconds of run.quick ? [5] : [5, 30, 60]) await partition(run, world, port, seconds);
    for (const seconds of run.quick ? [5] : [30, 5]) {
      cut(kafkaPort);
      await delay(seconds * 1_000);
      mend(kafkaPort);
      run.round();
    }
    cut(port, 20);
    await delay(run.quick ? 5_000 : 20_000);
    mend(port, 20);
    run.round();
    await load.until(load.acknowledged + 100);
    const { settled, summaries } = await run.settle(world, load);
    run.note(`all is sent after ${settled.drainSeconds.toFixed(1)} s`);
    const slowest = Math.max(...summaries.map(({ phases }) => slowestOf(phases)));
    run.mustBe(slowest <= HANG_MAX_MS + 500, 'slowest answer in ms', slowest);
  },
};

/** The api cannot reach Postgres for so long; another writer can meanwhile. */
async function partition(run: Run, world: World, port: number, seconds: number): Promise<void> {
  cut(port);
  const startedAt = performance.now();
  try {
    await delay(3_000);
    // Nothing of what was cut off may hold the one lock of the log.
    const pool = connect(world.databaseUrl, 'kosh_owner', { max: 1, statementTimeoutMs: 3_000 });
    const held = await pool.query(
      `select pid from pg_locks where locktype = 'advisory' and granted and pid in
         (select pid from pg_stat_activity where application_name = 'kosh-writer' and datname = current_database())`,
    );
    await pool.end();
    run.mustBe(held.rows.length === 0, 'locks held by writers that were cut off', held.rows);
    await delay(Math.max(0, seconds * 1_000 - (performance.now() - startedAt)));
  } finally {
    mend(port);
  }
  const [api] = world.apis;
  if (api)
    run.recovered(await until('the api is ready', async () => (await api.ask('/readyz')) === 200, 60_000));
  run.round();
}

const f9: Row = {
  id: 'F9',
  fault: 'slow Postgres: a proxy that delays, its checkpointer stopped, its disk frozen',
  expects: 'answers or a 503 within the deadline of 10 s; nothing is sent again in a storm; whole after it',
  scale: '50 ms, 500 ms and no checkpointer for 20 s each; a disk frozen for 3 s and 30 s',
  needs: ['mounts'],
  async run(run) {
    const { frozen, servers } = onDisk(run, { dataMiB: 1_024 });
    await servers.need(false);
    const door = await Door.open(Number(new URL(servers.postgres.url).port));
    run.later(() => door.close());
    const world = await run.world({ apis: 0 }, servers);
    const address = new URL(world.databaseUrl);
    address.port = String(door.port);
    await world.add('api', { envOf: () => ({ DATABASE_URL: address.href }) });
    const load = await run.load(world, { timeoutMs: 20_000 });
    await load.until(100);
    const seconds = run.quick ? 5 : 20;
    for (const delayMs of [50, 500]) {
      load.phase(`${delayMs} ms`);
      door.delayMs = delayMs;
      await delay(seconds * 1_000);
      door.delayMs = 0;
      run.round();
    }
    load.phase('checkpointer stopped');
    await checkpointerStopped(servers.postgres.url, seconds);
    run.round();
    for (const frozenSeconds of run.quick ? [3] : [3, 30]) {
      load.phase(`frozen ${frozenSeconds} s`);
      await frozen(frozenSeconds);
      const startedAt = performance.now();
      const before = load.acknowledged;
      await load.until(before + 20);
      run.recovered((performance.now() - startedAt) / 1_000);
      run.round();
    }
    load.phase('after');
    await load.until(load.acknowledged + 100);
    const { summaries } = await run.settle(world, load);
    for (const { phases } of summaries) {
      run.note(JSON.stringify(phases));
      const slowest = slowestOf(phases);
      run.mustBe(slowest <= HANG_MAX_MS + 500, 'slowest answer in ms', slowest);
      const { requests, failures } = Object.values(phases).reduce(
        (sum, one) => ({
          requests: sum.requests + one.requests,
          failures: sum.failures + Object.values(one.failures).reduce((a, b) => a + b, 0),
        }),
        { requests: 0, failures: 0 },
      );
      run.mustBe(failures <= requests / 10, 'requests, and of them repeated', [requests, failures]);
    }
  },
};

async function checkpointerStopped(url: string, seconds: number): Promise<void> {
  const { rows } = await asAdmin(url, (admin) =>
    admin.query<{ pid: number }>(`select pid from pg_stat_activity where backend_type = 'checkpointer'`),
  );
  const [checkpointer] = rows;
  if (!checkpointer) throw new Error('Postgres has no checkpointer.');
  process.kill(checkpointer.pid, 'SIGSTOP');
  await delay(seconds * 1_000);
  process.kill(checkpointer.pid, 'SIGCONT');
}

/** What is between the processes: gone, cut, lossy or slow. */
export const NETWORK: readonly Row[] = [f6, f7, f8, f9];
