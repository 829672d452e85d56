export * from './build-info.js';
export * from './health.js';
export * from './known-settings.js';
export * from './run.js';
export * from './settings.js';
export * from './tables.js';
export * from './watchdog.js';
