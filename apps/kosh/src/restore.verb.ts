import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Known, restore, type RestoreReport } from '#audit';
import { connect } from '#event-store';
import { READ_MODELS } from '#projections';
import { table } from '#running';
import { loadMasterKey, Vault, WrongMasterKey } from '#vault';
import { dataDir, databaseUrl } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

type Asked = { database?: string; to?: string; known: Known[]; json?: true };

/** Whether the master key of this machine opens what was put back; null where there is none, or nothing is sealed. */
type MasterKey = 'opens' | 'is-another' | null;

/** `kosh restore` */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .summary('put a log back from a backup, into an empty database')
    .description(
      'Checks every file of the backup and of those that it goes on from; brings the database to the version of ' +
        'the backup; loads it; recomputes the chain and compares it with the hashes that are known of it; ' +
        'begins another epoch; brings the database to this version; makes the read models anew, and ' +
        'verifies it all. Refuses a database that is not empty or that someone uses. A restore that is ended ' +
        'half-way has loaded nothing, and may begin again.\n\n' +
        'Another epoch: what came to Kafka behind the backup has not happened. The relay sends the whole log ' +
        'again with a higher ce_epoch under another ce_source, and whoever follows it begins anew.\n\n' +
        'Start api, relay and projector after it, not before, with the master key that the vault was sealed under.',
    )
    .argument('<folder>', 'the backup; of a row of them, the last that is wanted')
    .option('--database <url>', 'the empty database (default: DATABASE_URL)')
    .option('--to <when>', 'leave out what was recorded after a position, or after a moment')
    .option(
      '--known <position:hash...>',
      'a hash of the log that was kept elsewhere: of a receipt, or as kosh verify printed it',
      known,
      [],
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh restore backups/monday --database postgres://postgres@localhost/kosh_again' +
        '\n  npx kosh restore backups/week-48.000017 --to 2026-11-24T09:00:00+05:00',
    )
    .action(async (folder: string, { database, to, known, json }: Asked) => {
      const url = database ?? (await databaseUrl());
      const bar = progress('rows');
      const onProgress = bar.update;
      const signal = untilInterrupted();
      const report = await restore({
        url,
        folder,
        to,
        known,
        readModels: READ_MODELS,
        onProgress,
        signal,
      }).finally(bar.stop);
      const masterKey = await tryMasterKey(url);
      if (json) printJson({ ...report, masterKey });
      else console.log(printed(report, masterKey, known));
      if (!report.ok) process.exitCode = 1;
    });
}

function known(text: string, before: readonly Known[]): Known[] {
  const [, position, hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (position === undefined)
    throw new InvalidArgumentError('Give a position and 64 hex digits, such as 1042:9f…');
  return [...before, { position: Number(position), hash }];
}

async function tryMasterKey(url: string): Promise<MasterKey> {
  const { KOSH_MASTER_KEY: env, KOSH_MASTER_KEY_FILE: file } = process.env;
  if (!env && !file && !existsSync(join(dataDir(), 'master.key'))) return null;
  const pool = connect(url, 'kosh_api', { max: 1, applicationName: 'kosh-restore' });
  try {
    const { rows } = await pool.query('select from vault.master');
    if (rows.length === 0) return null;
    await Vault.open(pool, await loadMasterKey({ env, file, dataDir: dataDir() }));
    return 'opens';
  } catch (error) {
    if (error instanceof WrongMasterKey) return 'is-another';
    throw error;
  } finally {
    await pool.end();
  }
}

function printed(report: RestoreReport, masterKey: MasterKey, known: readonly Known[]): string {
  const { position, leftOut, epoch, matched, verification, digests, seconds } = report;
  const { headHash, firstBad, readModels } = verification;
  const behind = known.filter((one) => !matched.includes(one.position)).map((one) => one.position);
  return [
    `The log is back up to position ${position}${leftOut > 0 ? `, ${leftOut} events left out` : ''}.`,
    firstBad
      ? `It is NOT whole: position ${firstBad.position} (${firstBad.what}) is ${firstBad.found}.`
      : `It is whole; the last event has hash ${headHash}.`,
    `It is what was known of it at ${matched.length === 1 ? 'position' : 'positions'} ${matched.join(', ')}.`,
    ...(behind.length > 0 ? [`The backup does not reach to ${behind.join(', ')}: not compared.`] : []),
    `Its epoch is ${epoch}: the relay sends all of it again, and whoever follows it begins anew.`,
    modelsTable(readModels, digests),
    MASTER_KEY[masterKey ?? 'none'],
    `${seconds} s`,
  ].join('\n');
}

function modelsTable(
  readModels: RestoreReport['verification']['readModels'],
  digests: RestoreReport['digests'],
): string {
  const asThen = (name: string) => {
    const then = digests.find((one) => one.name === name);
    return then && `${then.ok ? 'the same' : 'DIFFERENT'}, at ${then.position}`;
  };
  return table(
    ['read model', 'digest', 'replay', 'as at the backup'],
    readModels.map(({ name, digest, ok }) => [
      name,
      digest.slice(0, 16),
      ok ? 'the same' : 'DIFFERENT',
      asThen(name),
    ]),
  );
}

const MASTER_KEY = {
  opens: 'The master key of this machine opens the vault.',
  'is-another': 'The master key of this machine does NOT open the vault: bring the one it was sealed under.',
  none: 'Whether a master key opens the vault was not tried: there is none here, or nothing is sealed.',
} as const;
