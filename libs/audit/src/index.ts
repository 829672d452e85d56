export type { FirstBad } from './chain-check.js';
export * from './verify.js';
export * from './replay.js';
