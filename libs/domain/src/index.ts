export * from './decider.js';
export * from './events.js';
export * from './intent.js';
export * from './case/case.events.js';
export * from './estimate/estimate.events.js';
export * from './flight/flight.events.js';
export * from './upcast.js';
