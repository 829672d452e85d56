export { backup, type BackupOptions, hasGrown, NoBackup } from './backup/backup.js';
export { type Backup, BadBackup, type Known, type Manifest, openBackup } from './backup/manifest.js';
export {
  beginAnew,
  type DigestCheck,
  NotRestorable,
  restore,
  type RestoreOptions,
  type RestoreReport,
} from './backup/restore.js';
export type { FirstBad } from './chain-check.js';
export * from './verify.js';
export * from './replay.js';
export * from './replay-tables.js';
