import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, openBackup, restore } from '#audit';
import { connect, readRows } from '#event-store';
import { READ_MODELS } from '#projections';
import { emptyDatabase } from '../support/database.js';
import { fill, threeMore } from './fill.js';
import { type Figure, timed } from './measure.js';

const CASES = 50_000;
const EVENTS = 4 * CASES;
/** What an agency records in a minute, generously. */
const ADDED = 1_000;
const FOLLOW_EVERY_MS = 30_000;
const RPO_MS = 60_000;
const RTO_MS = 15 * 60_000;
const RTO_BYTES = 10e9;

/** What a disaster costs: how much is lost at most with `kosh backup --follow`, and how long a restore takes. */
export async function benchRestore(url: string): Promise<Figure[]> {
  const folder = join(await mkdtemp(join(tmpdir(), 'kosh-bench-')), 'whole');
  const pool = connect(url, 'kosh_owner', { max: 2, applicationName: 'bench' });
  const target = await emptyDatabase();
  try {
    await fill(url, CASES, threeMore);
    const reading = await timed(async () => {
      for await (const rows of readRows(pool)) if (rows.length === 0) break;
    });
    const whole = await timed(() => backup({ pool, folder }));
    await fill(url, ADDED / 4, threeMore);
    const added = `${folder}.1`;
    const since = await timed(() => backup({ pool, folder: added, since: folder }));
    let bytes = 0;
    const restored = await timed(async () => {
      const report = await restore({ url: target.url, folder: added, readModels: READ_MODELS });
      if (!report.ok) throw new Error('What was restored is not what was backed up.');
    });
    for (const part of [folder, added]) bytes += await sizeOf(part);
    const perSecond = (ms: number) => ((EVENTS + ADDED) / ms) * 1_000;
    const limit = { what: 'reading the log', value: (EVENTS / reading) * 1_000 };
    return [
      { work: `backup of ${EVENTS} events`, value: (EVENTS / whole) * 1_000, unit: '/s', limit },
      {
        work: `what a disaster costs: ${FOLLOW_EVERY_MS / 1_000} s, and adding ${ADDED} events`,
        value: FOLLOW_EVERY_MS + since,
        unit: 'ms',
        goals: [{ text: `≤ ${RPO_MS} ms`, reached: FOLLOW_EVERY_MS + since <= RPO_MS }],
      },
      {
        work: `restore, verified, with read models (10 GB: ${Math.round((restored / bytes) * RTO_BYTES * 1e-3)} s)`,
        value: perSecond(restored),
        unit: '/s',
        limit,
        goals: [{ text: `10 GB in ${RTO_MS / 1_000} s`, reached: (restored / bytes) * RTO_BYTES <= RTO_MS }],
      },
    ];
  } finally {
    await pool.end();
    await target.drop();
    await rm(join(folder, '..'), { recursive: true, force: true });
  }
}

async function sizeOf(folder: string): Promise<number> {
  const { manifest } = await openBackup(folder);
  return manifest.tables.reduce((sum, { bytes }) => sum + bytes, 0);
}
