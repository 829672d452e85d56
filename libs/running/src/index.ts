export * from './health.js';
export * from './run.js';
export * from './settings.js';
