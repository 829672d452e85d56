import { cases } from './cases.js';
import { estimates } from './estimates.js';
import { flights } from './flights.js';
import { population } from './population.js';
import type { Projection } from './projection.js';

/** Every read model. A new one is made by adding it here; a changed one, by `kosh rebuild`. */
export const READ_MODELS: readonly Projection[] = [population, cases, flights, estimates];

export { type Beside, dropBeside, NoReplay, replayBeside } from './beside.js';
export { type CaseFilters, cases, type CaseSummary, listCases } from './cases.js';
export {
  type Difference,
  difference,
  type RowDifference,
  type RowText,
  type TableDifference,
} from './difference.js';
export { type Digest, digest, replayDigest } from './digest.js';
export { type EstimateFilters, estimates, listEstimates, type RegisteredEstimate } from './estimates.js';
export { FoldFailed } from './fold-failed.js';
export { type FillProgress } from './fill.js';
export { type FlightQuery, flightReport, type FlightReport } from './flight-report.js';
export {
  type FlightBoard,
  flightById,
  type FlightDetails,
  type FlightFilters,
  flights,
  listFlights,
} from './flights.js';
export {
  type AsKnown,
  KnownAtInvalid,
  KnownAtNotSettled,
  positionOf,
  resolveKnownAt,
  StillBehind,
  waitFor,
} from './known-at.js';
export { givingWay, type Pace } from './pace.js';
export { type Page, PAGE_MAX, type PageRequest } from './page.js';
export { listParked, type Parked, PARKED_MAX, parkedStreams, release, type Released } from './parked.js';
export { population } from './population.js';
export {
  AGE_BANDS,
  type Dimension,
  DIMENSIONS,
  type PopulationQuery,
  populationReport,
  type PopulationReport,
  type PopulationRow,
} from './population-report.js';
export type { Projection } from './projection.js';
export { rebuild, type RebuildOptions } from './rebuild.js';
export { type EstimateGap, type GapQuery, type GapReport, registrationGap } from './registration-gap.js';
export { type Progress, runProjection, type RunOptions } from './run.js';
export { runProcess, type RunProcessOptions } from './run-process.js';
export { firstWrongSubtotal, keepSubtotals, type SubtotalOptions } from './subtotals.js';
export { inTurn, type Turn } from './turn.js';
