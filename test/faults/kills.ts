import { setTimeout as delay } from 'node:timers/promises';
import { randomPause, type Row, type Run, until } from './row.js';
import type { Supervised } from './supervised.js';
import type { World } from './world.js';

/** What a process is given so that it ends itself at an exact point of its conversation with Postgres. */
const PRELOAD = new URL('./preload.js', import.meta.url).href;

type Point = Readonly<{ statement: string; when: 'before' | 'sent' | 'answered' }>;

const POINTS: Readonly<Record<'append' | 'publish' | 'project', readonly Point[]>> = {
  append: (['before', 'sent', 'answered'] as const).map((when) => ({
    statement: 'select * from log.append',
    when,
  })),
  // The topic has the messages, the cursor does not know it yet.
  publish: (['before', 'sent', 'answered'] as const).map((when) => ({
    statement: 'update road.relay set position',
    when,
  })),
  project: (['before', 'sent', 'answered'] as const).flatMap((when) => [
    { statement: 'update reading.cursors', when },
    { statement: 'insert into read_', when },
    { statement: 'commit', when },
  ]),
};

const at = (points: readonly Point[], after: number) => ({
  KOSH_FAULT_AT: JSON.stringify(points),
  KOSH_FAULT_AFTER: String(after),
});

const isUp = async (one: Supervised) => (await one.ask('/livez')) === 200;

/** SIGKILL at random moments until there were so many kills, of each of these in turn at the same time. */
async function killAtRandom(run: Run, victims: readonly Supervised[], kills: number): Promise<void> {
  let left = kills;
  await Promise.all(
    victims.map(async (victim) => {
      while (left > 0) {
        left -= 1;
        await randomPause(500);
        run.recovered(await victim.kill());
        run.round();
      }
    }),
  );
}

/** Processes that end themselves at exact points, again and again, until there were so many more kills. */
async function killAtPoints(
  run: Run,
  world: World,
  victims: readonly Supervised[],
  points: readonly Point[],
  after: number,
  kills: number,
): Promise<void> {
  const before = world.kills;
  for (const victim of victims) {
    await victim.stop();
    await victim.start({ ...world.env(), ...envOf(victim), ...at(points, after) });
  }
  await until('every kill at a point', () => world.kills - before >= kills, 60_000 + kills * 5_000);
  run.rounds += kills;
  for (const victim of victims) {
    await victim.stop();
    await victim.start({ ...world.env(), ...envOf(victim) });
  }
}

/** Its port, which the environment of its first start named. */
function envOf(one: Supervised): Readonly<Record<string, string>> {
  const port = new URL(one.url).port;
  return { PORT: port, RELAY_PORT: port, PROJECTOR_PORT: port };
}

const preloaded = (app: string) => ({
  nodeOf: (one: string) => (one === app ? ['--import', PRELOAD] : []),
});

const f1: Row = {
  id: 'F1',
  fault: 'SIGKILL of an api at random moments, and just before, at and after the append',
  expects: 'every repeated key gets its first result; ready again within 3 s (median)',
  scale: 'as the matrix: 200 kills and 20,000 commands or more',
  quick: true,
  async run(run) {
    const world = await run.world({ apis: 2, ...preloaded('api') });
    const load = await run.load(world);
    const kills = run.times(200, 10);
    await killAtRandom(run, world.apis, kills / 2);
    await killAtPoints(run, world, world.apis, POINTS.append, 30, kills / 2);
    await load.until(run.times(20_000, 800));
    await run.settle(world, load);
  },
};

const f2: Row = {
  id: 'F2',
  fault: 'SIGKILL of the relay at random moments, and between publishing and its cursor',
  expects: 'what is sent again is at most one batch of 500 per kill; lag 0 within 10 s',
  scale: '150 kills, half of them at the point, where the matrix asks for 100',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true, relays: 2, ...preloaded('relay') });
    const load = await run.load(world);
    const kills = run.times(150, 8);
    await killAtRandom(run, world.relays, kills / 2);
    await killAtPoints(run, world, world.relays, POINTS.publish, 3, kills / 2);
    const { settled } = await run.settle(world, load);
    run.mustBe(settled.drainSeconds <= 10, 'seconds until the relay was at the head', settled.drainSeconds);
    const { repeatedMessages } = settled;
    run.mustBe(repeatedMessages <= 500 * world.kills, 'messages that came again', repeatedMessages);
  },
};

const f3: Row = {
  id: 'F3',
  fault: 'SIGKILL of the projector at random moments, and around each write, cursor move and commit',
  expects: 'rows and cursor go together: digests equal a replay, cursors at the head',
  scale: '350 kills, where the matrix asks for 100',
  quick: true,
  async run(run) {
    const world = await run.world({ projectors: 2, ...preloaded('projector') });
    const load = await run.load(world, { pauseMs: 5 });
    const kills = run.times(350, 10);
    await killAtRandom(run, world.projectors, kills / 2);
    await killAtPoints(run, world, world.projectors, POINTS.project, 20, kills / 2);
    await run.settle(world, load);
  },
};

const f4: Row = {
  id: 'F4',
  fault: 'Postgres stopped at once (SIGQUIT), or its postmaster killed, and started again',
  expects: 'api ready within 5 s after Postgres accepts; no process is started again',
  scale: 'as the matrix: 30 rounds',
  quick: true,
  async run(run) {
    const world = await run.world({ apis: 2 });
    const load = await run.load(world);
    for (let round = run.times(30, 2); round > 0; round -= 1) {
      await randomPause(1_500, 300);
      await world.servers.postgres.crash(round % 2 === 0 ? 'SIGQUIT' : 'SIGKILL');
      run.killed();
      await randomPause(1_000);
      await world.servers.postgres.start();
      const ready = until('every api is ready', () => areReady(world.apis), 30_000);
      run.recovered(await ready);
      run.round();
    }
    const before = load.acknowledged;
    await load.until(before + 200);
    const { settled } = await run.settle(world, load);
    run.note(`read models at the head after ${settled.drainSeconds.toFixed(1)} s`);
    const ends = world.all.flatMap(({ lastWords }) => lastWords);
    run.mustBe(ends.length === 0, 'processes that were started again', ends);
    run.mustBe(run.slowest <= 5, 'slowest return of the api in seconds', run.slowest);
  },
};

async function areReady(processes: readonly Supervised[]): Promise<boolean> {
  const statuses = await Promise.all(processes.map((one) => one.ask('/readyz')));
  return statuses.every((status) => status === 200);
}

const f5: Row = {
  id: 'F5',
  fault: 'the Kafka broker killed and started again, and stopped (SIGSTOP) for a minute',
  expects: 'no command fails; the topic has the log in order, lag 0 within 30 s after the return',
  scale:
    '20 kills as the matrix, each 1 to 3 s after the last return instead of 20 s; SIGSTOP 60 s (quick: 5 s)',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true });
    const { kafka } = world.servers;
    const load = await run.load(world, { pauseMs: 10 });
    for (let round = run.times(20, 1); round > 0; round -= 1) {
      await randomPause(3_000, 1_000);
      await kafka.kill();
      run.killed();
      await randomPause(1_000);
      await kafka.start();
      run.round();
    }
    process.kill(kafka.pid, 'SIGSTOP');
    try {
      await delay(run.quick ? 5_000 : 60_000);
    } finally {
      process.kill(kafka.pid, 'SIGCONT');
    }
    run.round();
    await load.until(load.acknowledged + 100);
    const { settled, summaries } = await run.settle(world, load);
    run.recovered(settled.drainSeconds);
    run.mustBe(settled.drainSeconds <= 30, 'seconds until the topic had the log', settled.drainSeconds);
    const failures = summaries.flatMap(({ phases }) => Object.values(phases).map((one) => one.failures));
    run.mustBe(failures.every(isNone), 'commands that failed on the way', failures);
  },
};

function isNone(failures: Readonly<Record<string, number>>): boolean {
  // A read that asked for its own writes may have come while the read models went over to the log.
  return Object.keys(failures).every((code) => code === 'report projection-lagging');
}

const f30: Row = {
  id: 'F30',
  fault: 'power cut: SIGKILL of every process, Postgres and Kafka in one go',
  expects: 'everything that was acknowledged is there; all is ready without a person',
  scale: '40 times instead of 50, 7 processes each',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true, apis: 2 });
    const { postgres, kafka } = world.servers;
    const load = await run.load(world);
    for (let round = run.times(40, 2); round > 0; round -= 1) {
      await randomPause(1_500, 200);
      await Promise.all([postgres.crash('SIGKILL'), kafka.kill(), ...world.all.map((one) => one.killOnly())]);
      run.killed(2);
      const startedAt = performance.now();
      await Promise.all([postgres.start(), kafka.start()]);
      await Promise.all(world.all.map((one) => one.ready()));
      run.recovered((performance.now() - startedAt) / 1_000);
      run.round();
    }
    await load.until(load.acknowledged + 200);
    await run.settle(world, load);
    run.mustBe((await Promise.all(world.all.map(isUp))).every(Boolean), 'all are up', 'yes');
  },
};

/** Each process, and all of them, killed. */
export const KILLS: readonly Row[] = [f1, f2, f3, f4, f5, f30];
