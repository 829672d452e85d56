export * from './checkpoint-files.js';
export * from './dump.js';
export {
  type Answer,
  answer as answerOffline,
  type Asked,
  type Checkpoint,
  type ConsistencyProof,
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
export * from './replay.js';
export { Signer } from './signer.js';
export * from './verify.js';
export { type Watched } from './watch.js';
