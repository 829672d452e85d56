import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#event-store';
import { randomPause, type Row } from './row.js';
import { statusOf } from './supervised.js';

const HANG = new URL('./hang.js', import.meta.url).href;

/** As a container's health check waits. */
const PROBE_MS = 5_000;

const residentMiB = (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

const f26: Row = {
  id: 'F26',
  fault:
    'a bulk load of registrations beside live callers, with kills of the api (Kosh has no import route yet)',
  expects:
    'each row once; live p99 at most twice, or 50 ms over, what it was; the api grows by at most 200 MB',
  scale: '100,000 registrations by a client that sends `Priority: u=7`, 10 kills (quick: 1,500 and 1)',
  quick: true,
  async run(run) {
    const world = await run.world({ apis: 2 });
    const live = await run.load(world, { name: 'live', callers: 4, pauseMs: 50, reports: false });
    await live.until(60);
    live.phase('alone');
    await live.until(live.acknowledged + run.times(600, 150));
    live.phase('begin');
    const before = Math.max(...world.apis.map(({ pid }) => residentMiB(pid)));
    const rows = run.times(100_000, 1_500);
    const bulk = await run.load(world, {
      name: 'bulk',
      callers: 2,
      work: 'register',
      background: true,
      commandsMax: Math.ceil(rows / 2),
    });
    await bulk.until(100);
    live.phase('bulk');
    await bulk.until(rows * 0.8, 1_800_000);
    const grown = Math.max(...world.apis.map(({ pid }) => residentMiB(pid))) - before;
    run.mustBe(grown <= 200, 'MiB that an api has grown', Math.round(grown));
    live.phase('kills');
    for (let kills = run.times(10, 1); kills > 0; kills -= 1) {
      await randomPause(500);
      run.recovered((await world.apis[kills % 2]?.kill()) ?? 0);
      run.round();
    }
    await bulk.end();
    const { summaries } = await run.settle(world, live, bulk);
    const { alone, bulk: beside } = summaries[0]?.phases ?? {};
    run.mustStayQuick('live p99 alone, and beside the load, in ms', alone, beside);
  },
};

const f27: Row = {
  id: 'F27',
  fault: '200 callers on an api that has two connections to read',
  expects: 'no request hangs, health answers; as quick as before within 2 s',
  scale: '20 s (quick: 5 s)',
  quick: true,
  async run(run) {
    const world = await run.world({ env: { KOSH_READERS: '2' } });
    const [api] = world.apis;
    if (!api) return;
    const crowd = await run.load(world, { name: 'crowd', callers: 200, timeoutMs: 20_000 });
    const until = performance.now() + (run.quick ? 5_000 : 20_000);
    const health = { livez: [] as (number | undefined)[], readyz: [] as (number | undefined)[] };
    while (performance.now() < until) {
      health.livez.push(await statusOf(`${api.url}/livez`, PROBE_MS));
      health.readyz.push(await statusOf(`${api.url}/readyz`, PROBE_MS));
      await delay(500);
    }
    const { summaries } = await run.settle(world, crowd);
    const slowest = Math.max(
      ...summaries.flatMap(({ phases }) => Object.values(phases).map((one) => one.slowestMs)),
    );
    run.mustBe(slowest <= 10_500, 'slowest answer in ms', slowest);
    // It is read through a connection of its own; a first burst may still keep one probe waiting.
    run.mustBe(
      health.livez.every((status) => status === 200),
      'what /livez answered',
      health.livez,
    );
    const ready = health.readyz.filter((status) => status === 200).length;
    run.mustBe(ready >= 0.8 * health.readyz.length - 1, 'what /readyz answered', health.readyz);
    const one = await run.load(world, { name: 'one', callers: 1 });
    const startedAt = performance.now();
    await one.until(5, 20_000);
    run.recovered((performance.now() - startedAt) / 1_000);
    run.round();
    await one.stop();
  },
};

const f28: Row = {
  id: 'F28',
  fault: 'a long report reads one snapshot of the whole log while commands come',
  expects: 'commands are written at 90 % of the rate, or more',
  scale: '30 s instead of 120 s (quick: 5 s), paced callers',
  quick: true,
  async run(run) {
    const world = await run.world();
    const load = await run.load(world, { pauseMs: 40, reports: false });
    await load.until(50);
    const seconds = run.quick ? 5 : 30;
    load.phase('alone');
    await delay(seconds * 1_000);
    load.phase('report');
    const pool = connect(world.databaseUrl, 'kosh_api', { max: 1 });
    run.later(() => pool.end());
    await pool.query('begin isolation level repeatable read read only');
    for (const until = performance.now() + seconds * 1_000; performance.now() < until; await delay(100)) {
      await pool.query('select type, count(*), max(length(body)) from log.events group by type');
    }
    await pool.query('commit');
    load.phase('after');
    const { summaries } = await run.settle(world, load);
    const { alone, report } = summaries[0]?.phases ?? {};
    const rates = [alone, report].map((one) => (one ? one.acknowledged / one.seconds : 0));
    const [was = 0, meanwhile = 0] = rates;
    run.mustBe(meanwhile >= 0.9 * was, 'commands/s alone, and beside the report', rates.map(Math.round));
    run.round();
  },
};

const f29: Row = {
  id: 'F29',
  fault: 'a process hangs: stopped by SIGSTOP, its event loop blocked, or out of memory',
  expects:
    'back at work within 90 s: by the liveness probe of the supervisor, or the watchdog of the process itself',
  scale: 'probe after 8 s and watchdog after 6 s instead of 60 s; each process, each way (quick: one each)',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({
      kafka: true,
      watchdogSeconds: 8,
      env: { KOSH_WATCHDOG_SECONDS: '6' },
      nodeOf: () => ['--import', HANG],
    });
    const load = await run.load(world, { pauseMs: 10, timeoutMs: 10_000 });
    await load.until(50);
    const ways = ['SIGSTOP', 'SIGUSR2', 'memory'] as const;
    for (const [index, one] of world.all.entries()) {
      for (const way of run.quick ? ways.slice(index, index + 1) : ways) {
        const startedAt = performance.now();
        const ends = one.kills + one.crashes;
        // So little address space that the next piece of memory is refused.
        if (way === 'memory') spawnSync('prlimit', ['--pid', String(one.pid), '--as=1000000']);
        else process.kill(one.pid, way);
        while (one.kills + one.crashes === ends && performance.now() - startedAt < 60_000) await delay(100);
        if (one.kills + one.crashes === ends && way === 'memory')
          run.note(`${one.url} lived on without new memory`);
        else await one.ready(90_000);
        const seconds = (performance.now() - startedAt) / 1_000;
        run.recovered(seconds);
        run.mustBe(seconds <= 90, `seconds until ${one.url} was back after ${way}`, Math.round(seconds));
        run.round();
      }
    }
    await load.until(load.acknowledged + 50);
    await run.settle(world, load);
  },
};

const overload: Row = {
  id: 'OVERLOAD',
  fault: '600 callers at once, ten times as many as the api takes',
  expects:
    'too much is refused at once with 503 and Retry-After, what is taken has its answer within 3 s (p99)',
  scale: '30 s (quick: 5 s, 200 callers)',
  quick: true,
  async run(run) {
    const world = await run.world({ env: { KOSH_REQUESTS_IN_FLIGHT: '64' } });
    const [api] = world.apis;
    if (!api) return;
    const load = await run.load(world, { callers: run.quick ? 200 : 600, reports: false });
    await delay(2_000);
    const before = residentMiB(api.pid);
    load.phase('full');
    await delay(run.quick ? 5_000 : 30_000);
    const grown = residentMiB(api.pid) - before;
    load.phase('end');
    const { summaries } = await run.settle(world, load);
    const full = summaries[0]?.phases['full'];
    run.note(JSON.stringify(full));
    run.mustBe((full?.failures['overloaded'] ?? 0) > 0, 'requests refused as too many', full?.failures);
    run.mustBe(
      (full?.acknowledged ?? 0) > 0 && (full?.p99Ms ?? 0) <= 3_000,
      'p99 of what was taken, in ms',
      full?.p99Ms,
    );
    run.mustBe(grown <= 150, 'MiB that the api has grown', Math.round(grown));
    run.round();
  },
};

/** More than there is room for, and processes that no longer answer. */
export const OVERLOAD: readonly Row[] = [f26, f27, f28, f29, overload];
