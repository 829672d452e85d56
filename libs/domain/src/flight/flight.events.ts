import type { CountryCode } from '#reference';
import type { Event } from '../decider.js';

/** A line of the manifest. `case` is absent for someone known by a list name only (sealed under the passenger's id). */
export type Passenger = Readonly<{ passenger: string; case?: string }>;

/** Airports are IATA codes, instants RFC 3339 in UTC. The schedule is a plan, not a fact, and may lie ahead. */
export type FlightPlanned = Event<
  'FlightPlanned',
  {
    number: string;
    carrier: string;
    from: string;
    to: string;
    departureCountry: CountryCode;
    seats: number;
    departsAt: string;
    funding: 'state' | 'iom' | 'unhcr' | 'self';
    quotaYear?: number;
  }
>;

export type PassengerAdded = Event<'PassengerAdded', Passenger>;
export type PassengerRemoved = Event<'PassengerRemoved', Passenger>;

/** The list was fixed. Version 1 by request; every later change of the list makes the next one at once. */
export type ManifestFinalised = Event<'ManifestFinalised', { version: number; listed: number }>;

export type PassengerBoarded = Event<'PassengerBoarded', Passenger>;
export type PassengerNoShow = Event<'PassengerNoShow', Passenger & { reasonCode?: string }>;
export type PassengerOffloaded = Event<'PassengerOffloaded', Passenger & { reasonCode?: string }>;

export type FlightDeparted = Event<'FlightDeparted', { departedAt: string; onBoard: number }>;
export type FlightDiverted = Event<'FlightDiverted', { airport: string; landedAt: string; onBoard: number }>;
/** Left the flight for good at an airport that was not its destination. */
export type PassengerDisembarked = Event<'PassengerDisembarked', Passenger & { airport: string }>;
export type FlightArrived = Event<'FlightArrived', { airport: string; arrivedAt: string; onBoard: number }>;
export type FlightCancelled = Event<'FlightCancelled', { reasonCode: string }>;

/** The case of someone on board refused the arrival: an item that a person must look at. `code` is the refusal's. */
export type PassengerArrivalRefused = Event<
  'PassengerArrivalRefused',
  { passenger: string; case: string; code: string }
>;

export type FlightEvent =
  | FlightPlanned
  | PassengerAdded
  | PassengerRemoved
  | ManifestFinalised
  | PassengerBoarded
  | PassengerNoShow
  | PassengerOffloaded
  | FlightDeparted
  | FlightDiverted
  | PassengerDisembarked
  | FlightArrived
  | FlightCancelled
  | PassengerArrivalRefused;
