import { join, resolve, sep } from 'node:path';
import { type Environment, isWholeWithin, mustBeRight } from '#running';
import type { KeyPlaces } from '#vault';

/** Who signs what the log is, and where that is kept. */
export type NotarySettings = Readonly<{
  /** Where checkpoints go: a place that the database's host cannot rewrite. */
  folder: string;
  key: KeyPlaces;
  /** Of the verification in the background; 0: none. */
  rowsPerSecond: number;
}>;

/** A million events are read in nine minutes, by a fiftieth of a core. */
const ROWS_PER_SECOND = 2_000;

/** What is wrong is added to `reasons`, each with its name and remedy. */
export function notarySettings(env: Environment, reasons: string[]): NotarySettings {
  const { KOSH_CHECKPOINT_DIR, KOSH_CHECKPOINT_KEY, KOSH_CHECKPOINT_KEY_FILE, KOSH_MODE } = env;
  const dataDir = env['KOSH_DATA_DIR'] ?? '.kosh';
  const key = { env: KOSH_CHECKPOINT_KEY, file: KOSH_CHECKPOINT_KEY_FILE, dataDir };
  const rowsPerSecond = Number(env['KOSH_VERIFY_ROWS_PER_SECOND'] ?? ROWS_PER_SECOND);
  if (!isWholeWithin(rowsPerSecond, 0, 1_000_000)) {
    reasons.push(
      'KOSH_VERIFY_ROWS_PER_SECOND is a whole number up to 1000000; 0: no verification in the background.',
    );
  }
  if (KOSH_MODE === 'production') reasons.push(...unsafe(key, KOSH_CHECKPOINT_DIR));
  const folder = KOSH_CHECKPOINT_DIR ?? join(dataDir, 'checkpoints');
  return { folder, key, rowsPerSecond };
}

/** For a process that has a notary and no relay. Throws `BadSettings` with every reason at once. */
export function notarySettingsFrom(env: Environment): NotarySettings {
  const reasons: string[] = [];
  const settings = notarySettings(env, reasons);
  mustBeRight(reasons);
  return settings;
}

function unsafe({ env, file, dataDir }: KeyPlaces, folder: string | undefined): string[] {
  const reasons: string[] = [];
  if (!env && !file) {
    reasons.push(
      'KOSH_CHECKPOINT_KEY or KOSH_CHECKPOINT_KEY_FILE is missing: in production the key that signs the log is ' +
        `not kept in ${dataDir}. Make one with: openssl rand -base64 32`,
    );
  }
  if (file !== undefined && resolve(file).startsWith(resolve(dataDir) + sep)) {
    reasons.push(`KOSH_CHECKPOINT_KEY_FILE lies in ${dataDir}: keep the key apart from the data.`);
  }
  if (!folder) {
    reasons.push(
      "KOSH_CHECKPOINT_DIR is missing: name a folder that whoever rules the database's host cannot write to.",
    );
  }
  return reasons;
}
