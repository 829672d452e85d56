export * from './checkpoint-key.js';
export { type KeyPlaces } from './key-file.js';
export * from './local-tokens.js';
export * from './master-key.js';
export { UnsafeSecret } from './secret-file.js';
export * from './vault.js';
