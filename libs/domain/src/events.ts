import type { CaseEvent } from './case/case.events.js';
import type { EstimateEvent } from './estimate/estimate.events.js';
import type { FlightEvent } from './flight/flight.events.js';

/** Everything that can stand in the log. */
export type KoshEvent = CaseEvent | FlightEvent | EstimateEvent;
