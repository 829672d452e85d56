export * from './arrivals.js';
export * from './process.js';
