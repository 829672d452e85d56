import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { localTokens, ROLES } from '#vault';
import { send } from './http.js';
import { FAKETIME } from './needs.js';
import type { Row } from './row.js';
import { Servers } from './servers.js';

/** A clock that runs from where the real one is, so many seconds off; waiting and timers are left alone. */
const off = (seconds: number) => ({
  LD_PRELOAD: FAKETIME ?? '',
  FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`,
  DONT_FAKE_MONOTONIC: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

const HOUR = 3_600;

const f16: Row = {
  id: 'F16',
  fault:
    'the clocks of two apis and the relay an hour off, that of Postgres jumping back and forth by an hour',
  expects:
    'order and versions do not use the time, recordedAt never runs back; a token is good to 30 s, not to 120 s',
  scale: '6 jumps, 8 s apart (quick: 2)',
  needs: ['clock', 'kafka'],
  async run(run) {
    const folder = mkdtempSync(join(tmpdir(), 'kosh-clock-'));
    chmodSync(folder, 0o755);
    const clock = join(folder, 'clock');
    const turn = (seconds: number) => {
      writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
      chmodSync(clock, 0o644);
    };
    turn(0);
    const servers = new Servers(folder, {
      env: {
        LD_PRELOAD: FAKETIME ?? '',
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    run.later(() => servers.stop());
    await servers.need(true);
    const world = await run.world(
      {
        kafka: true,
        apis: 2,
        envOf: (app, index) => (app === 'projector' ? {} : off(app === 'api' && index === 1 ? HOUR : -HOUR)),
      },
      servers,
    );
    const load = await run.load(world, { pauseMs: 5 });
    for (const seconds of run.quick ? [-HOUR, 0] : [-HOUR, 0, HOUR, -HOUR, 2 * HOUR, 0]) {
      turn(seconds);
      await delay(run.quick ? 4_000 : 8_000);
      run.round();
    }
    await load.until(load.acknowledged + 100);
    await run.settle(world, load);
    const api = await world.add('api');
    const tokens = await localTokens(world.dataDir);
    for (const [late, status] of [
      [20, 200],
      [120, 401],
    ] as const) {
      const token = await tokens.issue({ actor: 'late', office: 'Almaty', roles: ROLES, ttlSeconds: -late });
      const answer = await send(`${api.url}/v1/cases`, { method: 'GET', token, timeoutMs: 5_000 });
      run.mustBe(answer.status === status, `a token that ended ${late} s ago gets`, answer.status);
    }
  },
};

/** Clocks that are wrong. */
export const CLOCKS: readonly Row[] = [f16];
