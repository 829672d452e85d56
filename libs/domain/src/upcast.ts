import type { KoshEvent } from './events.js';

/** The newest shape of every event. A changed event is a new type, or an optional field and a step below. */
export const SCHEMA_VERSIONS: Readonly<Record<KoshEvent['type'], number>> = {
  MigrantEncountered: 1,
  MigrantRegistered: 1,
  StatusChanged: 1,
  CaseCorrected: 1,
  PersonDetailsCorrected: 1,
  MigrantRelocated: 1,
  MigrantArrived: 1,
  MigrantDeparted: 1,
  MigrantReturned: 1,
  MigrantDied: 1,
  ManifestJoined: 1,
  ManifestLeft: 1,
  FlightPlanned: 1,
  PassengerAdded: 1,
  PassengerRemoved: 1,
  ManifestFinalised: 1,
  PassengerBoarded: 1,
  PassengerNoShow: 1,
  PassengerOffloaded: 1,
  FlightDeparted: 1,
  FlightDiverted: 1,
  PassengerDisembarked: 1,
  FlightArrived: 1,
  FlightCancelled: 1,
  PassengerArrivalRefused: 1,
  EstimateRecorded: 1,
  EstimateSuperseded: 1,
  EstimateRetracted: 1,
};

/** An event of a newer Kosh. Whoever meets one must stop: to skip it would be to count wrongly. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';

  constructor(type: string, schemaVersion: number) {
    super(
      `This version of Kosh does not know the event ${type}, schema version ${schemaVersion}. ` +
        'Update this process before it goes on.',
    );
  }
}

/** A stored event in its newest shape. Throws `UnknownEvent`. */
export function upcast(type: string, schemaVersion: number, data: object): KoshEvent {
  const event = { type, data };
  if (!isNewest(event, schemaVersion)) throw new UnknownEvent(type, schemaVersion);
  return event;
}

const NEWEST = new Map<string, number>(Object.entries(SCHEMA_VERSIONS));

/** The log holds what `decide` made, written by `canonical` from this type: it is not checked again. */
function isNewest(event: { type: string; data: object }, schemaVersion: number): event is KoshEvent {
  return NEWEST.get(event.type) === schemaVersion;
}
