export { backup, type BackupOptions, hasGrown, NoBackup } from './backup/backup.js';
export { type Backup, BadBackup, type Known, type Manifest, openBackup } from './backup/manifest.js';
export {
  beginAnew,
  NotRestorable,
  restore,
  type RestoreOptions,
  type RestoredModel,
  type RestoreReport,
} from './backup/restore.js';
export * from './checkpoint-files.js';
export * from './dump.js';
export {
  type Answer,
  answer as answerOffline,
  type Asked,
  type Checkpoint,
  type ConsistencyProof,
  type Epoch,
  type FirstBad,
  type InclusionProof,
  Misuse,
  NotProven,
  type OfflineReport,
  openCheckpoint,
  parseKeys,
  printedCheckpoints,
  type PublicKey,
  range,
} from './offline/verify-offline.js';
export { type NotaryOptions, type NotaryState, runNotary, type Signed } from './notary.js';
export {
  NotAsSigned,
  NothingToProve,
  NotSignedYet,
  proveConsistency,
  proveInclusion,
  provenCheckpoint,
  provenCheckpoints,
} from './prove.js';
export { type Copy, type Findings, Records } from './records.js';
export * from './replay-tables.js';
export * from './replay.js';
export { Signer } from './signer.js';
export * from './verify.js';
export { type Watched } from './watch.js';
