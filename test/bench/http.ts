import { connect, Gatherer } from '#event-store';
import { type Apis, drive, ofApis } from './apis.js';
import { command } from './append.js';
import { type Figure, load, middle, type Timed } from './measure.js';

const REPEATS = 3;
const FOR_MS = 5_000;
/** Before anything counts: the machine code is made. */
const WARM_UP_MS = 3_000;
const TARGET = 1_500;

/**
 * Registrations through HTTP: token, validation, rules, seal, append. The API and the callers are processes of their
 * own, as in production, but on this one machine. Beside it `select 1` by as many clients, and the append alone.
 */
export function benchHttp(databaseUrl: string): Promise<readonly Figure[]> {
  return ofApis({ databaseUrl, count: 2 }, async (apis) => {
    const [first = ''] = apis.urls;
    return [
      ...(await figuresOf(databaseUrl, apis, 1, [first])),
      ...(await figuresOf(databaseUrl, apis, 32, [first])),
      ...(await figuresOf(databaseUrl, apis, 32, apis.urls)),
    ];
  });
}

async function figuresOf(
  databaseUrl: string,
  { token }: Apis,
  clients: number,
  urls: readonly string[],
): Promise<readonly Figure[]> {
  const pool = connect(databaseUrl, 'kosh_api', { max: 32 });
  const writer = connect(databaseUrl, 'kosh_api', { max: 2, statementTimeoutMs: 5_000 });
  const gatherer = new Gatherer(writer);
  try {
    await drive(urls, token, clients, WARM_UP_MS);
    const runs = { whole: [], nothing: [], alone: [] } as Record<'whole' | 'nothing' | 'alone', Timed[]>;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      runs.whole.push(await drive(urls, token, clients, FOR_MS));
      runs.nothing.push(await load(clients, 1_000, () => pool.query('select 1')));
      runs.alone.push(await load(clients, 2_000, () => gatherer.append(command(1))));
    }
    const { perSecond: value, p50Ms, p99Ms } = middle(runs.whole);
    const processes = `${urls.length} API process${urls.length > 1 ? 'es' : ''}`;
    return [
      {
        work: `registrations through HTTP, ${clients} clients, ${processes}`,
        value,
        unit: '/s',
        p50Ms,
        p99Ms,
        limit: { what: 'select 1', value: middle(runs.nothing).perSecond },
        goals: clients === 1 ? [] : [{ text: '≥ 1,500/s', reached: value >= TARGET }],
      },
      {
        work: `  G17: the same, beside the append alone`,
        value,
        unit: '/s',
        limit: { what: `append, ${clients} clients`, value: middle(runs.alone).perSecond },
      },
    ];
  } finally {
    await Promise.all([pool.end(), writer.end()]);
  }
}
