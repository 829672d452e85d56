import { isDeepStrictEqual } from 'node:util';
import { addDays, type Day, firstDay, lastDay, type PartialDate, successorOn } from '#reference';
import { type Command, Refused } from '../decider.js';
import type { CaseEvent, MigrantRegistered } from './case.events.js';
import { mustFit } from './case.fit.js';
import {
  mustAgreeOnBirth,
  mustArriveFirst,
  mustBePast,
  mustBePlace,
  mustBePlausible,
  mustBeRegion,
} from './case.rules.js';
import { type CaseState, type KnownCase, placeOf, UNKNOWN } from './case.state.js';
import { mustBeLawful, mustBring } from './status.rules.js';
import { decidedOn, firstOf, heldOn, named } from './track.js';

type Entry = Omit<MigrantRegistered['data'], 'late'>;
type Registration = Pick<Entry, 'authority' | 'status' | 'legalBasis' | 'registeredOn'>;
type Facts = Omit<Entry, keyof Registration | 'office'>;

/** The year of the date of birth, where one is told with the command: the date itself goes into the vault. */
export type Born = Readonly<{ bornIn?: number }>;

export type RegisterMigrant = Command<'RegisterMigrant', Entry & Born & { today: Day }>;

/** Of someone met before, or on another authority's list. Facts that are left out are taken from the file. */
export type AddRegistration = Command<
  'AddRegistration',
  Registration & Partial<Facts> & Born & { today: Day }
>;

/** The first entry of the file: a person whom nobody of the agency had met. */
export function registerMigrant(data: RegisterMigrant['data'], state: CaseState): readonly CaseEvent[] {
  const { arrivedOn, registeredOn, today } = data;
  if (state.known) {
    throw new Refused('already-registered', 'This person has a case already: add a registration to it.');
  }
  mustBePast(registeredOn, today, '/registeredOn');
  mustBePast(arrivedOn, today, '/arrivedOn');
  if (arrivedOn !== undefined) mustArriveFirst(arrivedOn, registeredOn, '/arrivedOn');
  mustAgreeOnBirth({ birthYear: data.birthYear, bornIn: data.bornIn }, 'The request', BIRTH_DATE);
  return [registration(data)];
}

/** It repeats the facts of the file, completes what the file did not know, and changes nothing. */
export function addRegistration(data: AddRegistration['data'], state: KnownCase): readonly CaseEvent[] {
  const { authority, status, legalBasis, registeredOn, today } = data;
  const { arrival, office, registrations, statuses } = state;
  const former = registrations.find(({ value }) => value === authority);
  if (former) {
    const detail =
      `The person is registered with ${authority} already, since ${former.on}. ` +
      'Name the authority that registers now, or correct that registration.';
    const contradicts = [named(former)];
    throw new Refused('already-registered-with', detail, { pointer: '/authority', contradicts });
  }
  mustBePast(registeredOn, today, '/registeredOn');
  mustBePast(data.arrivedOn, today, '/arrivedOn');
  const facts = completed(data, state);
  const pointer = arrival || data.arrivedOn === undefined ? '/registeredOn' : '/arrivedOn';
  // Someone whom a flight brought may have been registered for it.
  if (facts.arrivedOn !== undefined && arrival?.value !== 'flight') {
    const [first] = registrations;
    mustArriveFirst(facts.arrivedOn, registeredOn, pointer, arrival);
    if (first) mustArriveFirst(facts.arrivedOn, first.on, pointer, first);
  }
  const { bornIn } = data;
  const says = data.birthYear === undefined ? 'The file' : 'The request';
  mustAgreeOnBirth({ birthYear: facts.birthYear, bornIn }, says, BIRTH_DATE);
  const event = registration({ office, authority, status, legalBasis, registeredOn, ...facts, bornIn });
  mustBring(statuses, status, decidedOn(legalBasis, registeredOn));
  return mustFit(state, [event], pointer);
}

const BIRTH_DATE = '/person/birth/date';

type Unsaid = 'habitualResidence' | 'arrivedOn' | 'birthYear' | 'bornIn';
type Said<All> = Omit<All, Unsaid> & { readonly [Field in Unsaid & keyof All]?: All[Field] | undefined };

/** The entry, if area, region, year of birth and law allow it; marked late if it certainly is. */
function registration(entry: Said<Entry & Born>): MigrantRegistered {
  const { office, authority, status, legalBasis, registeredOn, region, citizenship, placeFled, sex } = entry;
  const { habitualResidence, arrivedOn, birthYear, bornIn } = entry;
  mustBePlace(placeFled, '/placeFled');
  mustBeRegion(region, registeredOn, '/region');
  mustBePlausible(birthYear, [registeredOn, arrivedOn], '/birthYear');
  mustBePlausible(bornIn, [registeredOn, arrivedOn], BIRTH_DATE);
  mustBeLawful({ status, legalBasis, issuer: authority, on: registeredOn, citizenship }, IN_REGISTRATION);
  return {
    type: 'MigrantRegistered',
    data: {
      office,
      authority,
      status,
      legalBasis,
      citizenship,
      ...(habitualResidence !== undefined && { habitualResidence }),
      placeFled: placeOf(placeFled),
      ...(arrivedOn !== undefined && { arrivedOn }),
      registeredOn,
      region,
      sex,
      ...(birthYear !== undefined && { birthYear }),
      late: arrivedOn !== undefined && isLate(arrivedOn, registeredOn),
    },
  };
}

const IN_REGISTRATION = { status: '/status', legalBasis: '/legalBasis', issuer: '/authority' };

/** Law 204-I of 1997, art. 4: within five calendar days. */
const DAYS_TO_REGISTER = 5;

/** Whether a registration came too late after the arrival, whichever days the two dates mean. */
export function isLate(arrivedOn: PartialDate, registeredOn: PartialDate): boolean {
  return addDays(lastDay(arrivedOn), DAYS_TO_REGISTER) < firstDay(registeredOn);
}

/** The facts of the file on the day of the registration, with what the command adds to them. */
function completed(data: AddRegistration['data'], state: KnownCase): Said<Facts> {
  const day = firstOf(decidedOn(data.legalBasis, data.registeredOn));
  const { arrival, registrations, regions } = state;
  const held = heldOn(regions, day) ?? regions[0]?.value;
  // A region that is no more goes on in the one that covers it.
  const region = held === undefined ? undefined : successorOn(held, day);
  const placeFled = data.placeFled && placeOf(data.placeFled);
  return {
    citizenship: needed('citizenship', data.citizenship, heldOn(state.citizenship, day), UNKNOWN.citizenship),
    habitualResidence: agreed(
      'habitualResidence',
      data.habitualResidence,
      heldOn(state.habitualResidence, day),
      UNKNOWN.habitualResidence,
    ),
    placeFled: needed('placeFled', placeFled, heldOn(state.placeFled, day), UNKNOWN.placeFled),
    sex: needed('sex', data.sex, heldOn(state.sex, day), UNKNOWN.sex),
    birthYear: agreed('birthYear', data.birthYear, heldOn(state.birthYear, day)),
    arrivedOn: agreed('arrivedOn', data.arrivedOn, arrival?.on),
    // Where someone was met need not be where he lives.
    region: needed('region', data.region ?? region, registrations.length > 0 ? region : undefined),
  };
}

/** What the file holds, or what is given while it holds nothing. Throws `differs-from-file`. */
function agreed<Value>(
  field: string,
  given: Value | undefined,
  held: Value | undefined,
  unknown?: Value,
): Value | undefined {
  const isTold = (value: Value | undefined) => value !== undefined && !isDeepStrictEqual(value, unknown);
  if (!isTold(held)) return given ?? held;
  if (!isTold(given) || isDeepStrictEqual(given, held)) return held;
  const shown = typeof held === 'string' ? held : JSON.stringify(held);
  const detail = `The file says ${shown}. Leave ${field} out, and correct the file first if that is wrong.`;
  throw new Refused('differs-from-file', detail, { pointer: `/${field}`, facts: { held: shown } });
}

/** What `agreed` finds. Throws `details-missing` if that is nothing. */
function needed<Value>(...[field, ...values]: Parameters<typeof agreed<Value>>): Value {
  const value = agreed(field, ...values);
  if (value !== undefined) return value;
  const detail = `The file does not say the ${field}: give it with the registration.`;
  throw new Refused('details-missing', detail, { pointer: `/${field}` });
}
