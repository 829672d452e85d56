import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseKeys, readKeys, checkpointsIn, verify, type VerifyOptions } from '#audit';
import { discardPostgres } from '#embedded';
import { connect, head } from '#event-store';
import { READ_MODELS } from '#projections';
import { table } from '#running';
import { localTokens, ROLES } from '#vault';
import { Client } from './demo/client.js';
import { printFigures } from './demo/figures.js';
import { playHistory } from './demo/story.js';
import { environment, say, stopOnSignal, typed } from './start.js';
import { startSystem, type System } from './system.js';

/** `npm run demo`: plays 1994 to 1999 through HTTP, prints the figures and the audit, and stays up. */
export async function runDemo(): Promise<void> {
  const startedAt = performance.now();
  const env = await environment({ KOSH_REQUESTS_PER_MINUTE: '0' });
  const dataDir = join(env['KOSH_DATA_DIR'] ?? '.kosh', 'demo');
  // Only what an earlier demo made: the data of `npm start` lie beside it.
  await discardPostgres(join(dataDir, 'postgres'));
  await rm(dataDir, { recursive: true, force: true });
  say(
    'Kosh plays the history of a migration agency. People, names and files are invented; totals are sourced.\n',
  );
  say('1. What runs where');
  // Its own: the checkpoints of another log would not go with this one.
  const checkpoints = join(dataDir, 'checkpoints');
  const system = await startSystem(dataDir, { ...env, KOSH_CHECKPOINT_DIR: checkpoints }, say);
  stopOnSignal(system);
  say(`Api, relay and projectors: this process, at ${system.url}.`);

  await mustBeEmpty(system);
  const tokens = await localTokens(dataDir);
  const token = await tokens.issue({ actor: 'demo', office: 'Almaty', roles: ROLES, ttlSeconds: 3_600 });
  const client = new Client(system.url, token);

  say(
    '\n2. History, as caseworkers send it: HTTP → Postgres' +
      (system.brokers ? ' → Kafka' : '') +
      ' → read models',
  );
  const played = await playHistory(client, say);
  say('\n3. Figures, as analysts ask for them');
  await printFigures(client, played, say);
  say(
    '\n4. Audit: the log is recomputed and held against what was signed, every read model is replayed from it',
  );
  await printAudit(system, checkpoints);

  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  say(
    `\n${client.commands.toLocaleString('en')} commands, shown in ${seconds} s. It stays up at ${system.url}`,
  );
  say(`Documentation:          ${system.url}/docs`);
  say('In another terminal, in this folder:');
  say(`  A token:              ${typed(dataDir, 'token --role analyst --office Almaty')}`);
  say(`  The audit once more:  ${typed(dataDir, 'verify')}`);
  say('To stop: Ctrl-C. The next demo starts clean.');
}

async function mustBeEmpty({ databaseUrl, stop }: System): Promise<void> {
  const pool = connect(databaseUrl, 'kosh_api', { max: 1 });
  const { position } = await head(pool);
  await pool.end();
  if (position === 0) return;
  await stop();
  throw new Error(
    `DATABASE_URL names a database that has ${position} events. The demo plays only into an empty one.`,
  );
}

async function printAudit({ databaseUrl }: System, folder: string): Promise<void> {
  const pool = connect(databaseUrl, 'kosh_api', { max: 3 });
  try {
    const checkpoints = await signedIn(folder);
    const report = await verify(pool, { projections: READ_MODELS, checkpoints });
    const { matched = 0, signedUpTo = 0 } = report.checkpoints ?? {};
    say(
      table(
        ['', 'position', 'SHA-256', 'verdict'],
        [
          ['log', report.events, report.headHash.slice(0, 16), report.firstBad ? 'altered' : 'whole'],
          ['checkpoints', signedUpTo, '', `${matched} signed, and all agree`],
          ...report.readModels.map(({ name, position, digest, ok }) => [
            name,
            position,
            digest.slice(0, 16),
            ok ? 'equals its replay' : 'differs from its replay',
          ]),
        ],
      ),
    );
    if (!report.ok) throw new Error('The audit failed.');
  } finally {
    await pool.end();
  }
}

/** The last of them may come a minute after the events. */
async function signedIn(folder: string): Promise<VerifyOptions['checkpoints']> {
  const keys = await readKeys(folder);
  return keys === undefined || (await checkpointsIn(folder)).length === 0
    ? undefined
    : { folder, keys: parseKeys(keys) };
}
