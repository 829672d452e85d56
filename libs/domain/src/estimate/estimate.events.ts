import { type AreaCode, type PartialDate, POPULATIONS } from '#reference';
import type { Place } from '../case/case.events.js';
import type { Event } from '../decider.js';

export const MEASURES = ['stock', 'inflow', 'outflow'] as const;
export type Measure = (typeof MEASURES)[number];

export const QUALIFIERS = [
  'exact',
  'about',
  'at-least',
  'more-than',
  'at-most',
  'range',
  'most-of',
  'unquantified',
] as const;
export type Qualifier = (typeof QUALIFIERS)[number];

/** `diaspora`: people abroad who may come. Nobody is registered in it, so nothing is compared with it. */
export const ESTIMATED_POPULATIONS = [...POPULATIONS, 'diaspora'] as const;
export type EstimatedPopulation = (typeof ESTIMATED_POPULATIONS)[number];

export const UNITS = ['persons', 'families', 'cases'] as const;
export type Unit = (typeof UNITS)[number];

/** A figure as its publisher gave it. `value` is null where none was given; a range has `low` and `high`. */
export type Figure = Readonly<{ qualifier: Qualifier; value?: number; low?: number; high?: number }>;

/** A part of an estimate, for one place fled or for several jointly (never to be split). */
export type Component = Figure & Readonly<{ placesFled: readonly Place[] }>;

/** An estimate as it was said, with its source. Never added to a count. `asReported` quotes the publication. */
export type EstimateRecorded = Event<
  'EstimateRecorded',
  Figure & {
    population: EstimatedPopulation;
    measure: Measure;
    period: Readonly<{ from: PartialDate; to: PartialDate }>;
    area?: AreaCode;
    placeFled?: Place;
    unit: Unit;
    publisher: string;
    citedSource?: string;
    publishedOn?: PartialDate;
    asReported: string;
    components?: readonly Component[];
  }
>;

export type EstimateSuperseded = Event<'EstimateSuperseded', { by: string }>;
export type EstimateRetracted = Event<'EstimateRetracted', { reasonCode: string }>;

export type EstimateEvent = EstimateRecorded | EstimateSuperseded | EstimateRetracted;
