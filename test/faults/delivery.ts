import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { connect, head } from '#event-store';
import { listParked, waitFor } from '#projections';
import { kosh } from './kosh.js';
import { randomPause, type Row, until } from './row.js';
import { asAdmin, type World } from './world.js';

const POISON = new URL('./poison.js', import.meta.url).href;
const NAMES = ['population', 'cases', 'flights', 'estimates'];

const f13: Row = {
  id: 'F13',
  fault: 'every event comes to the consumers again, twice, under load and at rest',
  expects: 'digests equal a replay; at rest not one row of a read model is written',
  scale:
    'the relay is set back to position 0: with offsets of their own in Postgres, consumers have none to reset',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true });
    const load = await run.load(world);
    for (const commands of [run.times(2_000, 200), run.times(4_000, 400)]) {
      await load.until(commands);
      await sendAgain(world);
      run.round();
    }
    const { settled } = await run.settle(world, load);
    const before = await writtenRows(world);
    await sendAgain(world);
    // One that is idle learns that it was set back when it next has something to send: another one begins there.
    for (const relay of world.relays) await relay.kill();
    run.round();
    await until('all is sent again', async () => (await relayPosition(world)) >= settled.events, 60_000);
    await delay(2_000); // So long nothing may happen.
    const written = (await writtenRows(world)) - before;
    run.mustBe(written === 0, 'rows written at rest', written);
    run.mustBe(settled.repeatedMessages > 0, 'messages that came again under load', settled.repeatedMessages);
  },
};

async function sendAgain({ databaseUrl, topic }: World): Promise<void> {
  await asAdmin(databaseUrl, (admin) =>
    admin.query('update road.relay set position = 0, epoch = epoch + 1 where name = $1', [topic]),
  );
}

async function relayPosition({ databaseUrl, topic }: World): Promise<number> {
  const { rows } = await asAdmin(databaseUrl, (admin) =>
    admin.query<{ position: string }>('select position from road.relay where name = $1', [topic]),
  );
  return Number(rows[0]?.position ?? 0);
}

/** Rows written into the tables of the read models since they were made. */
async function writtenRows({ databaseUrl }: World): Promise<number> {
  const { rows } = await asAdmin(databaseUrl, (admin) =>
    admin.query<{ written: string }>(
      `select sum(n_tup_ins + n_tup_upd + n_tup_del) as written from pg_stat_user_tables
       where schemaname like 'read\\_%'`,
    ),
  );
  return Number(rows[0]?.written);
}

const f14: Row = {
  id: 'F14',
  fault: 'projectors join, leave and are killed; one is stopped, loses its turn, and wakes up',
  expects: 'one at a time moves each cursor, a stale one is refused; digests equal a replay',
  scale: '100 takeovers as the matrix, as fast as a projector starts instead of every 10 s',
  needs: ['kafka'],
  quick: true,
  async run(run) {
    const world = await run.world({ kafka: true, projectors: 3 });
    const load = await run.load(world, { pauseMs: 5 });
    const takeovers = run.times(100, 6);
    for (let round = 0; round < takeovers; round += 1) {
      const victim = world.projectors[round % world.projectors.length];
      if (!victim) break;
      await randomPause(300);
      if (round % 3 === 0) {
        await victim.stop();
        await victim.start();
      } else if (round % 3 === 1) {
        run.recovered(await victim.kill());
      } else {
        // It sleeps through losing its sessions, and its turn with them, and then goes on where it was.
        victim.signal('SIGSTOP');
        await loseSessions(world);
        await randomPause(1_500, 500);
        victim.signal('SIGCONT');
      }
      run.round();
    }
    await run.settle(world, load);
  },
};

/** Whatever session holds a turn loses it, as after a broken network. */
async function loseSessions({ databaseUrl }: World): Promise<void> {
  await asAdmin(databaseUrl, (admin) =>
    admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'kosh-kosh_projector'`,
    ),
  );
}

const f15: Row = {
  id: 'F15',
  fault: 'poison: a read model cannot fold some files; an event without its fields',
  expects:
    'those files are parked in order, others are at most 5 s behind, /readyz and metrics say so within 60 s; after ' +
    'an update `kosh parked release --all` makes digests equal a replay',
  scale: 'one file in 40 instead of one in 1,000, so that few commands meet many',
  quick: true,
  async run(run) {
    const world = await run.world({
      projectors: 1,
      envOf: (app) => (app === 'projector' ? { KOSH_FAULT_POISON_EVERY: '40' } : {}),
      nodeOf: (app) => (app === 'projector' ? ['--import', POISON] : []),
    });
    const pool = connect(world.databaseUrl, 'kosh_api', { max: 3 });
    run.later(() => pool.end());
    const [projector] = world.projectors;
    if (!projector) return;
    const load = await run.load(world, { files: 400, reports: false });
    const metrics = async () => (await fetch(`${projector.url}/metrics`)).text();
    const isSaid = async () => /kosh_parked_streams\{projection="cases"\} [1-9]/.test(await metrics());
    const seconds = await until('the metrics say that something is parked', isSaid, 60_000);
    run.note(`said after ${seconds.toFixed(1)} s`);
    const ready = await (await fetch(`${projector.url}/readyz`)).text();
    run.mustBe(ready.includes('"degraded"'), 'what /readyz says', ready);
    await load.until(run.times(4_000, 500));
    const { position } = await head(pool);
    const startedAt = performance.now();
    await waitFor(pool, NAMES, position, 30_000);
    const behind = (performance.now() - startedAt) / 1_000;
    run.mustBe(behind <= 5, 'seconds that the others are behind', behind);
    await load.stop();
    await waitFor(pool, NAMES, (await head(pool)).position, 60_000);

    const parked = await listParked(pool);
    run.mustBe(
      parked.length > 0 && parked.every(({ name }) => name === 'cases'),
      'files parked',
      parked.length,
    );
    const { rows: odd } = await pool.query(
      `select p.stream from (select stream, min(version) as first, count(*) as events from reading.parked group by 1) p
       where p.events <> (select count(*) from log.events e where e.stream = p.stream and e.version >= p.first)`,
    );
    run.mustBe(odd.length === 0, 'files of which not exactly the later events are parked', odd);
    const verified = await kosh(world, 'verify');
    run.mustBe(
      verified.code === 1 && verified.out.includes('put aside'),
      'what verify says',
      verified.out.slice(-300),
    );

    await projector.stop();
    await projector.start({ ...world.env(), PROJECTOR_PORT: new URL(projector.url).port });
    const released = await kosh(world, 'parked', 'release', '--all');
    run.mustBe(released.code === 0, 'kosh parked release --all', released.out.split('\n').length);
    run.recovered(released.seconds);
    run.round();
    await run.settle(world, load);
    await withoutFields(world, run);
  },
};

/** An event that no version can fold is parked, while the next file flows. */
async function withoutFields(world: World, run: Parameters<Row['run']>[0]): Promise<void> {
  const pool = connect(world.databaseUrl, 'kosh_api', { max: 1 });
  run.later(() => pool.end());
  await asAdmin(world.databaseUrl, (admin) =>
    admin.query(
      `insert into log.events (position, stream, version, type, schema_version, recorded_at, body, meta, hash)
       select max(position) + 1, $1, 1, 'MigrantRegistered', 1, max(recorded_at), '{}', '{}', sha256('') from log.events`,
      [`case-${uuidv7()}`],
    ),
  );
  await waitFor(pool, NAMES, (await head(pool)).position, 30_000);
  const names = (await listParked(pool)).map(({ name }) => name).toSorted();
  run.mustBe(names.join() === 'cases,population', 'read models that parked the event without fields', names);
  const still = await kosh(world, 'parked', 'release', '--all');
  run.mustBe(still.code === 1 && still.out.includes('stays'), 'release where nothing is mended', still.out);
}

/** What comes again, in another order, to somebody else, or cannot be taken. */
export const DELIVERY: readonly Row[] = [f13, f14, f15];
