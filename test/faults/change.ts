import { v7 as uuidv7 } from 'uuid';
import { connect, head } from '#event-store';
import { waitFor } from '#projections';
import { fill } from '../bench/fill.js';
import { kosh } from './kosh.js';
import { randomPause, type Row, until } from './row.js';
import { asAdmin } from './world.js';

const NEWER = new URL('./newer.js', import.meta.url).href;
const SKIPPING = new URL('./skipping.js', import.meta.url).href;
const NAMES = ['population', 'cases', 'flights', 'estimates'];

const f19: Row = {
  id: 'F19',
  fault: 'an event of a newer version is in the log, and a projector of this version meets it',
  expects: 'the projector stops there, and says so in /readyz and metrics; one of the newer version goes on',
  scale: 'as the matrix; that every stored shape folds is shown by the specs of the domain',
  quick: true,
  async run(run) {
    const world = await run.world();
    const pool = connect(world.databaseUrl, 'kosh_api', { max: 2 });
    run.later(() => pool.end());
    const load = await run.load(world);
    await load.until(run.times(1_000, 200));
    await run.settle(world, load);
    const { position } = await head(pool);
    await asAdmin(world.databaseUrl, (admin) =>
      admin.query(
        `insert into log.events (position, stream, version, type, schema_version, recorded_at, body, meta, hash)
         select max(position) + 1, $1, 1, 'EventOfLater', 1, max(recorded_at), '{}', '{}', sha256('') from log.events`,
        [`later-${uuidv7()}`],
      ),
    );
    const [projector] = world.projectors;
    if (!projector) return;
    const stopped = async () => (await projector.ask('/readyz')) === 503;
    run.note(
      `/readyz says no after ${(await until('the projector says that it stopped', stopped, 60_000)).toFixed(1)} s`,
    );
    const said = await (await fetch(`${projector.url}/readyz`)).text();
    run.mustBe(said.includes('does not know the event EventOfLater'), 'what /readyz says', said);
    const metrics = async () => (await fetch(`${projector.url}/metrics`)).text();
    const isTold = async () => /kosh_projection_trouble\{projection="cases"\} 1/.test(await metrics());
    run.note(
      `metrics say so after ${(await until('metrics tell of the trouble', isTold, 60_000)).toFixed(1)} s`,
    );
    const { rows } = await pool.query<{ position: string }>(
      'select max(position) as position from reading.cursors',
    );
    run.mustBe(Number(rows[0]?.position) === position, 'positions of the cursors, and before', [
      rows,
      position,
    ]);
    await projector.stop();
    const newer = await world.add('projector', { nodeOf: () => ['--import', NEWER] });
    const startedAt = performance.now();
    await waitFor(pool, NAMES, position + 1, 30_000);
    run.recovered((performance.now() - startedAt) / 1_000);
    run.mustBe((await newer.ask('/readyz')) === 200, 'the newer one is ready', await newer.ask('/readyz'));
    run.round();
  },
};

const f20: Row = {
  id: 'F20',
  fault: 'a read model with a fault is found by its digest and made anew under traffic',
  expects:
    'verify names it, a rebuild makes it equal to a replay; live p99 at most twice, or 50 ms over, what it was',
  scale: '60,000 events in the log (quick: 5,000), paced callers',
  quick: true,
  async run(run) {
    const world = await run.world({
      nodeOf: (app) => (app === 'projector' ? ['--import', SKIPPING] : []),
      env: { KOSH_FAULT_SKIPPING: 'yes' },
    });
    const pool = connect(world.databaseUrl, 'kosh_api', { max: 2 });
    run.later(() => pool.end());
    await fill(world.databaseUrl, run.times(60_000, 5_000));
    await waitFor(pool, NAMES, (await head(pool)).position, 300_000);
    const found = await kosh(world, 'verify');
    run.mustBe(
      found.code === 1 && found.out.includes('NOT what the log gives: cases'),
      'what verify says',
      found.out.slice(-200),
    );
    const [projector] = world.projectors;
    await projector?.stop();
    await projector?.start({ ...world.env(), PROJECTOR_PORT: new URL(projector.url).port });
    const load = await run.load(world, { pauseMs: 60, reports: false });
    await load.until(100);
    load.phase('before');
    await load.until(load.acknowledged + run.times(600, 200));
    load.phase('rebuild');
    const rebuilt = await kosh(world, 'rebuild', 'cases', '--json');
    run.mustBe(rebuilt.code === 0, 'the rebuild', rebuilt.out.replaceAll(/\s+/g, ' '));
    run.recovered(rebuilt.seconds);
    load.phase('after');
    run.round();
    const { summaries } = await run.settle(world, load);
    const { before, rebuild } = summaries[0]?.phases ?? {};
    run.mustStayQuick('live p99 before, and during, in ms', before, rebuild);
  },
};

const f21: Row = {
  id: 'F21',
  fault:
    'two apis, two projectors and the relay are ended by SIGTERM and started, one after the other, under load',
  expects: 'each ends with 0 within 10 s; every request succeeds with one retry',
  scale: '8 rounds of 5 processes instead of 20',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true, apis: 2, projectors: 2 });
    const load = await run.load(world, { pauseMs: 10 });
    const odd: string[] = [];
    for (let round = run.times(8, 1); round > 0; round -= 1) {
      for (const one of world.all) {
        const startedAt = performance.now();
        const code = await one.stop();
        const seconds = (performance.now() - startedAt) / 1_000;
        if (code !== 0 || seconds > 10)
          odd.push(`${one.url} ended with ${code} after ${seconds.toFixed(1)} s`);
        await one.start();
        run.recovered((performance.now() - startedAt) / 1_000);
        await randomPause(500, 200);
      }
      run.round();
    }
    run.mustBe(odd.length === 0, 'ends that were not in order', odd);
    const { summaries } = await run.settle(world, load);
    const again = summaries.reduce((sum, { failedAgain }) => sum + failedAgain, 0);
    run.mustBe(again === 0, 'commands that failed at the second attempt', again);
  },
};

/** Other versions, and another process in the place of one. */
export const CHANGE: readonly Row[] = [f19, f20, f21];
