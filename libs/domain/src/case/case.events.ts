import type { AreaCode, Authority, CountryCode, PartialDate, StatusCode } from '#reference';
import type { Event } from '../decider.js';

export type Sex = 'F' | 'M' | 'U';
export type Place = Readonly<{ country: CountryCode; area?: AreaCode }>;

/** Someone was met who is not registered with anybody. `office` is the office that keeps the file. */
export type MigrantEncountered = Event<
  'MigrantEncountered',
  {
    office: string;
    metOn: PartialDate;
    /** The area of the model country where the person was met, or the country, if that was abroad. */
    place: Place;
    placeFled?: Place;
    citizenship?: CountryCode;
    sex?: Sex;
    birthYear?: number;
  }
>;

/** An authority entered the person on its list. A second one, of another authority, repeats the facts of the file. */
export type MigrantRegistered = Event<
  'MigrantRegistered',
  {
    office: string;
    authority: Authority;
    status: StatusCode;
    legalBasis: string;
    citizenship: CountryCode;
    habitualResidence?: CountryCode;
    placeFled: Place;
    arrivedOn?: PartialDate;
    registeredOn: PartialDate;
    region: AreaCode;
    sex: Sex;
    birthYear?: number;
    /** Registered more than five calendar days after arrival, for certain (Law 204-I of 1997, art. 4). */
    late: boolean;
  }
>;

export type StatusChanged = Event<
  'StatusChanged',
  {
    from: StatusCode;
    to: StatusCode;
    legalBasis: string;
    issuer: Authority;
    effectiveOn: PartialDate;
    reasonCode?: string;
  }
>;

/** A fact of the file was wrong. Without `validFrom` it was wrong from the start. */
export type CaseCorrected = Event<
  'CaseCorrected',
  CaseCorrection & { validFrom?: PartialDate; reasonCode: string }
>;

export type CaseCorrection =
  | { field: 'citizenship'; from: CountryCode | null; to: CountryCode }
  | { field: 'habitualResidence'; from: CountryCode | null; to: CountryCode }
  | { field: 'placeFled'; from: Place | null; to: Place }
  | { field: 'sex'; from: Sex | null; to: Sex }
  | { field: 'birthYear'; from: number | null; to: number }
  | { field: 'region'; from: AreaCode; to: AreaCode }
  | { field: 'arrivedOn'; from: PartialDate | null; to: PartialDate }
  | { field: 'registeredOn'; from: PartialDate; to: PartialDate }
  | { field: 'authority'; from: Authority; to: Authority };

/** Sealed personal details were corrected; `fields` says which, never what. */
export type PersonDetailsCorrected = Event<
  'PersonDetailsCorrected',
  { fields: readonly ('names' | 'birth' | 'documents' | 'contacts' | 'note')[] }
>;

export type MigrantRelocated = Event<'MigrantRelocated', { region: AreaCode; relocatedOn: PartialDate }>;

/** The person came in on a flight that the agency tracks. */
export type MigrantArrived = Event<
  'MigrantArrived',
  { flight: string; passenger: string; airport: string; arrivedOn: PartialDate }
>;

/** The person left the country: permanently (emigration), for a time, by transfer, deportation or resettlement. */
export type MigrantDeparted = Event<
  'MigrantDeparted',
  {
    departedOn: PartialDate;
    kind: 'permanent' | 'temporary' | 'transfer' | 'deportation' | 'resettlement';
    destination?: CountryCode;
  }
>;

export type MigrantReturned = Event<'MigrantReturned', { returnedOn: PartialDate }>;

export type MigrantDied = Event<'MigrantDied', { diedOn: PartialDate }>;

export type ManifestJoined = Event<'ManifestJoined', { flight: string; passenger: string }>;

export type ManifestLeft = Event<
  'ManifestLeft',
  {
    flight: string;
    passenger: string;
    why: 'removed' | 'no-show' | 'offloaded' | 'left-elsewhere' | 'cancelled' | 'arrival-refused';
  }
>;

export type CaseEvent =
  | MigrantEncountered
  | MigrantRegistered
  | StatusChanged
  | CaseCorrected
  | PersonDetailsCorrected
  | MigrantRelocated
  | MigrantArrived
  | MigrantDeparted
  | MigrantReturned
  | MigrantDied
  | ManifestJoined
  | ManifestLeft;
