import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#event-store';
import { type Figure, load, percentiles } from './measure.js';
import { registration } from './people.js';
import type { Running } from './servers.js';

const FOR_MS = 10_000;
/** Before anything counts: the machine code is made, and the consumer has found its partitions. */
const WARM_UP_MS = 3_000;

/** From a registration's being sent to its being in the report, at a steady rate. */
export async function benchDelay(
  running: Running,
  road: string,
  { perSecond, withinMs }: Readonly<{ perSecond: number; withinMs: number }>,
): Promise<Figure> {
  await load(2, WARM_UP_MS, () => register(running));
  const pool = connect(running.databaseUrl, 'kosh_api', { max: 4 });
  const delays: number[] = [];
  const seen = new Map<number, number>();
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const { rows } = await pool.query<{ position: string }>(
        `select position from reading.cursors where name = 'population'`,
      );
      const [now, reached] = [performance.now(), Number(rows[0]?.position)];
      for (const [position, since] of seen) {
        if (position > reached) continue;
        delays.push(now - since);
        seen.delete(position);
      }
      await delay(1);
    }
  })();
  const startedAt = performance.now();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < (perSecond * FOR_MS) / 1_000; i += 1) {
    await delay(Math.max(0, startedAt + (i * 1_000) / perSecond - performance.now()));
    const before = performance.now();
    sent.push(register(running).then(({ position }) => void seen.set(position, before)));
  }
  await Promise.all(sent);
  while (seen.size > 0) await delay(5);
  watching = false;
  await watch;
  await pool.end();
  const { p50Ms, p99Ms } = percentiles(delays);
  return {
    work: `write to report through ${road}, ${perSecond} registrations/s, request included`,
    value: p50Ms,
    unit: 'ms',
    p50Ms,
    p99Ms,
    goals: [{ text: `p99 ≤ ${withinMs} ms`, reached: p99Ms <= withinMs }],
  };
}

async function register(running: Running): Promise<{ position: number }> {
  const { office: _office, late: _late, ...facts } = registration(Math.random());
  const response = await fetch(`${running.url}/v1/cases`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${running.token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({
      ...facts,
      person: { names: [{ full: 'Invented Person', script: 'Latn', kind: 'as-documented' }] },
    }),
  });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { position: number };
}
