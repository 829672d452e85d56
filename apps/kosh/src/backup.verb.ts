import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from 'pg';
import { type Backup, backup, BadBackup, hasGrown, NoBackup, openBackup } from '#audit';
import { READ_MODELS } from '#projections';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { failureOf, JSON_OPTION } from './json.js';
import { progress } from './progress.js';

const EVERY_S = 30;
const EVERY_MAX_S = 60;

type Asked = { since?: string; follow?: true; every: number; json?: true };

/** `kosh backup` */
export function addBackup(program: Command): void {
  program
    .command('backup')
    .summary('write all that cannot be made again into a new folder')
    .description(
      'Writes the log, the vault (as ciphertext), idempotency keys, the access record and cursors, as of one ' +
        'moment, into files that only their owner can read, with a manifest and SHA256SUMS. Others may go on ' +
        'writing meanwhile. Read models are not in it: they follow from the log.\n\n' +
        'The master key is not in it. Keep it elsewhere: without it the names cannot be restored.\n\n' +
        'With --since only what was added is written, beside the backup that it goes on from; all of them ' +
        'together are then the backup. With --follow that is done again and again until interrupted: what a ' +
        `disaster can cost is then what was recorded in the last ${EVERY_S} s. Where <folder> is there already, it ` +
        'goes on from the last of its row.',
    )
    .argument('<folder>', 'a new folder; with --follow, the first of folder, folder.000001, folder.000002 …')
    .option('--since <backup>', 'the folder of the backup to go on from')
    .option('--follow', 'go on, adding what was recorded since')
    .option('--every <seconds>', `with --follow, how often to look; at most ${EVERY_MAX_S}`, seconds, EVERY_S)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh backup backups/monday\n  npx kosh backup backups/tuesday --since backups/monday' +
        '\n  npx kosh backup backups/week-48 --follow\n  sha256sum --check SHA256SUMS    (in the folder)',
    )
    .action(async (folder: string, { since, follow, every, json }: Asked, command: Command) => {
      if (follow && since !== undefined)
        command.error('error: --follow finds by itself what it goes on from.');
      await withDatabase('kosh_owner', async (pool) => {
        const signal = untilInterrupted();
        if (follow) await keepUp({ pool, folder, every, signal }, (one) => tell(one, json));
        else tell(await take(pool, folder, since, signal), json);
      });
    });
}

function seconds(text: string): number {
  const every = Number(text);
  if (Number.isInteger(every) && every >= 1 && every <= EVERY_MAX_S) return every;
  throw new InvalidArgumentError(`Give whole seconds from 1 to ${EVERY_MAX_S}.`);
}

async function take(
  pool: Pool,
  folder: string,
  since: string | undefined,
  signal: AbortSignal,
): Promise<Backup> {
  const bar = progress('rows');
  const onProgress = bar.update;
  return withDatabase('kosh_api', (auditor) =>
    backup({ pool, folder, since, digests: { pool: auditor, of: READ_MODELS }, onProgress, signal }),
  ).finally(bar.stop);
}

type Following = Readonly<{ pool: Pool; folder: string; every: number; signal: AbortSignal }>;

/** A whole backup where there is none, then what was added, whenever something was. Ends when interrupted. */
async function keepUp(
  { pool, folder, every, signal }: Following,
  onTaken: (taken: Backup) => void,
): Promise<void> {
  let last: Backup;
  if (existsSync(folder)) {
    last = await openBackup(await lastOfRow(folder));
  } else {
    last = await take(pool, folder, undefined, signal);
    onTaken(last);
  }
  while (!signal.aborted) {
    try {
      if (await hasGrown(pool, last)) {
        last = await backup({ pool, folder: nextOfRow(folder, last), since: last.folder });
        onTaken(last);
      }
    } catch (error) {
      // Nothing but a person can help against these; a database that is away for a moment comes back.
      if (error instanceof NoBackup || error instanceof BadBackup) throw error;
      console.error(`kosh: ${failureOf(error).message}. Trying again in ${every} s.`);
    }
    await delay(every * 1_000, undefined, { signal }).catch(() => undefined);
  }
}

async function lastOfRow(folder: string): Promise<string> {
  const names = await readdir(dirname(resolve(folder)));
  const added = names.filter((name) => name.startsWith(`${basename(folder)}.`) && /\.\d{6}$/.test(name));
  const last = added.toSorted().at(-1);
  return last === undefined ? folder : resolve(dirname(resolve(folder)), last);
}

function nextOfRow(folder: string, { folder: last }: Backup): string {
  const number = last === resolve(folder) ? 0 : Number(last.slice(-6));
  return `${resolve(folder)}.${String(number + 1).padStart(6, '0')}`;
}

/** One line each, so that whoever follows can read them as they come. */
function tell({ folder, manifest, sha256 }: Backup, json?: true): void {
  const { head, since, tables, history } = manifest;
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const added = tables.find(({ name }) => name === 'log.events')?.rows ?? 0;
  if (json) {
    console.log(
      JSON.stringify({ folder, position: head.position, added, bytes, headHash: head.hash, sha256 }),
    );
    return;
  }
  const what = since === null ? `${added} events` : `${added} events added to ${since.folder}`;
  console.log(
    `${folder}: ${what}, ${(bytes / 1e6).toFixed(1)} MB, up to position ${head.position} of epoch ${history.epoch}.\n` +
      `  the last event has hash ${head.hash}\n  the manifest has SHA-256   ${sha256}\n` +
      '  The master key is not in it: keep it elsewhere.',
  );
}
