import type { AreaCode, Authority, CountryCode, StatusCode } from '#reference';
import type { Place, Sex } from './case.events.js';
import type { Fact, Held, Track } from './track.js';

/** What stands for a detail of the person that nobody has told. */
export const UNKNOWN = {
  citizenship: 'UKN',
  habitualResidence: 'UKN',
  placeFled: { country: 'UKN' },
  sex: 'U',
} as const;

/** A place with nothing beside its fields. */
export function placeOf({ country, area }: Place): Place {
  return area === undefined ? { country } : { country, area };
}

/** A status with what it rests on: the instrument of law, and who gave it. */
export type Standing = Readonly<{ status: StatusCode; legalBasis: string; issuer: Authority }>;

/** A step out of the country or back into it, or the last. */
export type Move = Fact<'departed' | 'returned' | 'died'>;

/** What the events have told about a person, each date with the event that gives it. Plain JSON. */
export type KnownCase = Readonly<{
  known: true;
  /** How many events were folded. */
  version: number;
  office: string;
  /** When and where the person was met, unregistered. */
  met: Fact<Place> | null;
  /** The first arrival, and how it is known. */
  arrival: Fact<'told' | 'flight'> | null;
  registrations: Track<Fact<Authority>>;
  /** The first is that of the first registration. */
  statuses: Track<Fact<Standing>>;
  regions: Track<Fact<AreaCode>>;
  citizenship: Track<Held<CountryCode>>;
  habitualResidence: Track<Held<CountryCode>>;
  placeFled: Track<Held<Place>>;
  sex: Track<Held<Sex>>;
  birthYear: Track<Held<number>>;
  /** Out and in by turns; death is last. */
  moves: readonly Move[];
  /** Flights that the person came in on. */
  flights: readonly string[];
  /** The open manifest that the person is on. */
  manifest: Readonly<{ flight: string; passenger: string }> | null;
}>;

export type CaseState = Readonly<{ known: false; version: number }> | KnownCase;
