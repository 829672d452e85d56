export * from './decider.js';
export * from './events.js';
export * from './intent.js';
export * from './case/case.decider.js';
export * from './case/case.events.js';
export { type CaseFlags, flagsOf } from './case/case.flags.js';
export type { CaseState, KnownCase, Move, Standing } from './case/case.state.js';
export * from './case/timeline.js';
export * from './estimate/estimate.decider.js';
export * from './estimate/estimate.events.js';
export * from './estimate/gap.js';
export * from './flight/flight.decider.js';
export * from './flight/flight.events.js';
export {
  type ArrivedFlight,
  type FlightState,
  type FlightView,
  flightView,
  type ManifestLine,
  type PassengerOutcome,
} from './flight/flight.state.js';
export * from './flight/manifest-moves.js';
export * from './flight/manifest.js';
export * from './narrate.js';
export * from './upcast.js';
