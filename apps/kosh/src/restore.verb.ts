import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type Known,
  Misuse,
  noteEpoch,
  openBackup,
  printedCheckpoints,
  restore,
  type RestoreOptions,
  type RestoreReport,
} from '#audit';
import { connect } from '#event-store';
import { READ_MODELS } from '#projections';
import { table } from '#running';
import { loadMasterKey, Vault, WrongMasterKey } from '#vault';
import { checkpointFolder, checkpointsFor } from './checkpoints.js';
import { dataDir, databaseUrl } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

type Asked = {
  database?: string;
  to?: string;
  known: Known[];
  checkpoints?: string;
  key?: string;
  json?: true;
};

/** Whether the master key of this machine opens what was put back; null where there is none, or nothing is sealed. */
type MasterKey = 'opens' | 'is-another' | null;

/** `kosh restore` */
export function addRestore(program: Command): void {
  program
    .command('restore')
    .summary('put a log back from a backup, into an empty database')
    .description(
      'Checks every file of the backup and of those that it goes on from; brings the database to the version of ' +
        'the backup; loads it; recomputes the log as kosh verify does, and compares it with signed checkpoints and ' +
        'with the hashes that are known of it; begins another epoch; brings the database to this version; makes the ' +
        'read models anew, and compares their digests with those that the backup tells of. Refuses a database that ' +
        'is not empty or that someone uses. A restore that is ended half-way, or whose log is not whole, has loaded ' +
        'nothing, and may begin again.\n\n' +
        'Another epoch: what came to Kafka behind the backup has not happened. The relay sends the whole log ' +
        'again with a higher ce_epoch under another ce_source, and whoever follows it begins anew. A notary signs ' +
        'it only where the folder of its checkpoints has a note of it, which is written here, on this machine; ' +
        'where the notary is elsewhere, run kosh epoch --accept there.\n\n' +
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
    .option('--checkpoints <folder>', 'signed checkpoints (default: those of this machine, if it has any)')
    .option('--key <file>', "the notary's public key, a file or the key itself (default: their key.pub)")
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh restore backups/monday --database postgres://postgres@localhost/kosh_again' +
        '\n  npx kosh restore backups/week-48.000017 --to 2026-11-24T09:00:00+05:00' +
        '\n  npx kosh restore backups/monday --checkpoints /media/copy --key agency.pub',
    )
    .action(async (folder: string, { database, to, known, json, ...asked }: Asked, verb: Command) => {
      const url = database ?? (await databaseUrl());
      const checkpoints = await checkpointsOf(folder, asked).catch((error: unknown) => {
        if (error instanceof Misuse) verb.error(`error: ${error.message}`);
        throw error;
      });
      const bar = progress('rows');
      const onProgress = bar.update;
      const signal = untilInterrupted();
      const report = await restore({
        url,
        folder,
        to,
        known,
        checkpoints,
        readModels: READ_MODELS,
        onProgress,
        signal,
      }).finally(bar.stop);
      const masterKey = await tryMasterKey(url);
      if (report.ok) await noteEpoch(checkpointFolder(), report);
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

/** Of the log in the backup. Those of another one, which this machine may have, are not asked. Throws `Misuse`. */
async function checkpointsOf(
  folder: string,
  asked: Pick<Asked, 'checkpoints' | 'key'>,
): Promise<RestoreOptions['checkpoints']> {
  const { logId } = (await openBackup(folder)).manifest.history;
  const found = await checkpointsFor(asked);
  if (!found || found.keys.some(({ name }) => name === `kosh/${logId}`)) return found;
  if (asked.checkpoints === undefined && asked.key === undefined) return undefined;
  throw new Misuse(`The key is of another log: the backup is of kosh/${logId}.`);
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
  const { position, leftOut, epoch, matched, headHash, checkpoints, readModels, seconds } = report;
  const behind = known.filter((one) => !matched.includes(one.position)).map((one) => one.position);
  return [
    `The log is back up to position ${position}${leftOut > 0 ? `, ${leftOut} events left out` : ''}.`,
    `It is whole; the last event has hash ${headHash}.`,
    `It is what was known of it at ${matched.length === 1 ? 'position' : 'positions'} ${matched.join(', ')}.`,
    ...(behind.length > 0 ? [`The backup does not reach to ${behind.join(', ')}: not compared.`] : []),
    ...printedCheckpoints(checkpoints, position + leftOut),
    `Its epoch is ${epoch}: the relay sends all of it again, and whoever follows it begins anew.`,
    table(
      ['read model', 'position', 'digest', 'as the backup tells'],
      readModels.map(({ name, digest, atBackup, position: at }) => [
        name,
        at,
        digest.slice(0, 16),
        atBackup && `${atBackup.ok ? 'the same' : 'DIFFERENT'}, at ${atBackup.position}`,
      ]),
    ),
    MASTER_KEY[masterKey ?? 'none'],
    `${seconds} s`,
  ].join('\n');
}

const MASTER_KEY = {
  opens: 'The master key of this machine opens the vault.',
  'is-another': 'The master key of this machine does NOT open the vault: bring the one it was sealed under.',
  none: 'Whether a master key opens the vault was not tried: there is none here, or nothing is sealed.',
} as const;
