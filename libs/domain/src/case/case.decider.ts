import { type Day, firstDay, HOME, isDay, lastDay, type PartialDate } from '#reference';
import { type Command, type Decider, Refused } from '../decider.js';
import { citizenshipOn, type CorrectCase, correctCase } from './case.corrections.js';
import type {
  CaseEvent,
  ManifestJoined,
  ManifestLeft,
  MigrantArrived,
  MigrantDeparted,
  MigrantDied,
  MigrantEncountered,
  MigrantRelocated,
  MigrantReturned,
  PersonDetailsCorrected,
  StatusChanged,
} from './case.events.js';
import { evolveCase } from './case.evolve.js';
import { mustFit } from './case.fit.js';
import {
  type AddRegistration,
  addRegistration,
  type Born,
  type RegisterMigrant,
  registerMigrant,
} from './case.registrations.js';
import { mustAgreeOnBirth, mustBePast, mustBePlace, mustBePlausible, mustBeRegion } from './case.rules.js';
import { type CaseState, type KnownCase, type Move, placeOf } from './case.state.js';
import { mustBeLawful, mustReplace } from './status.rules.js';
import { decidedOn, named, places } from './track.js';

export type { AddRegistration, CorrectCase, RegisterMigrant };

/** The agency's day, so that the future can be refused. */
type Today = { today: Day };

export type RecordEncounter = Command<'RecordEncounter', MigrantEncountered['data'] & Born & Today>;
export type ChangeStatus = Command<'ChangeStatus', Omit<StatusChanged['data'], 'from'> & Today>;
export type CorrectPersonDetails = Command<'CorrectPersonDetails', PersonDetailsCorrected['data'] & Born>;
export type Relocate = Command<'Relocate', MigrantRelocated['data'] & Today>;
/** With `returnedOn` it is a whole trip, which may lie between moves that are recorded already. */
export type RecordDeparture = Command<
  'RecordDeparture',
  MigrantDeparted['data'] & { returnedOn?: PartialDate } & Today
>;
export type RecordReturn = Command<'RecordReturn', MigrantReturned['data'] & Today>;
export type RecordDeath = Command<'RecordDeath', MigrantDied['data'] & Today>;
export type RecordArrival = Command<'RecordArrival', MigrantArrived['data'] & Today>;
export type JoinManifest = Command<'JoinManifest', ManifestJoined['data']>;
export type LeaveManifest = Command<'LeaveManifest', ManifestLeft['data']>;

export type CaseCommand =
  | RecordEncounter
  | RegisterMigrant
  | AddRegistration
  | ChangeStatus
  | CorrectCase
  | CorrectPersonDetails
  | Relocate
  | RecordDeparture
  | RecordReturn
  | RecordDeath
  | RecordArrival
  | JoinManifest
  | LeaveManifest;

/** One person's file (`case` alone is a reserved word). */
export const caseFile: Decider<CaseState, CaseCommand, CaseEvent> = {
  category: 'case',
  opens: ['RecordEncounter', 'RegisterMigrant'],
  initial: { known: false, version: 0 },

  decide(command, state) {
    if (command.type === 'RecordEncounter') return recordEncounter(command.data, state);
    if (command.type === 'RegisterMigrant') return registerMigrant(command.data, state);
    if (!state.known) {
      if (command.type === 'ChangeStatus') {
        throw new Refused('not-registered', 'There is no file. Register the person first.');
      }
      throw new Refused('case-unknown', 'There is no such case. Check the id.', { pointer: '/case' });
    }
    switch (command.type) {
      case 'AddRegistration':
        return addRegistration(command.data, state);
      case 'ChangeStatus':
        return changeStatus(command.data, state);
      case 'CorrectCase':
        return correctCase(command.data, state);
      case 'CorrectPersonDetails':
        return correctPersonDetails(command.data, state);
      case 'Relocate':
        return relocate(command.data, state);
      case 'RecordDeparture':
        return recordDeparture(command.data, state);
      case 'RecordReturn':
        return recordReturn(command.data, state);
      case 'RecordDeath':
        return recordDeath(command.data, state);
      case 'RecordArrival':
        return recordArrival(command.data, state);
      case 'JoinManifest':
        return joinManifest(command.data, state);
      case 'LeaveManifest':
        return leaveManifest(command.data, state);
    }
  },

  evolve: evolveCase,

  occurredOn({ type, data }) {
    switch (type) {
      case 'MigrantEncountered':
        return data.metOn;
      case 'MigrantRegistered':
        return data.registeredOn;
      case 'StatusChanged':
        return data.effectiveOn;
      case 'CaseCorrected':
        return data.validFrom ?? null;
      case 'MigrantRelocated':
        return data.relocatedOn;
      case 'MigrantArrived':
        return data.arrivedOn;
      case 'MigrantDeparted':
        return data.departedOn;
      case 'MigrantReturned':
        return data.returnedOn;
      case 'MigrantDied':
        return data.diedOn;
      case 'PersonDetailsCorrected':
      case 'ManifestJoined':
      case 'ManifestLeft':
        return null;
    }
  },

  office: (state) => (state.known ? state.office : undefined),
};

function recordEncounter(data: RecordEncounter['data'], state: CaseState): readonly CaseEvent[] {
  if (state.known) throw new Refused('already-known', 'This person has a case already: work with that.');
  const { office, metOn, place, placeFled, citizenship, sex, birthYear, bornIn, today } = data;
  mustBePast(metOn, today, '/metOn');
  mustBePlace(place, '/place');
  if (place.country === HOME && place.area !== undefined) mustBeRegion(place.area, metOn, '/place/area');
  mustBePlace(placeFled, '/placeFled');
  mustBePlausible(birthYear, [metOn], '/birthYear');
  mustAgreeOnBirth({ birthYear, bornIn }, 'The request', '/person/birth/date');
  mustBePlausible(bornIn, [metOn], '/person/birth/date');
  return [
    {
      type: 'MigrantEncountered',
      data: {
        office,
        metOn,
        place: placeOf(place),
        ...(placeFled && { placeFled: placeOf(placeFled) }),
        ...(citizenship !== undefined && { citizenship }),
        ...(sex !== undefined && { sex }),
        ...(birthYear !== undefined && { birthYear }),
      },
    },
  ];
}

function changeStatus(data: ChangeStatus['data'], state: KnownCase): readonly CaseEvent[] {
  const { to, legalBasis, issuer, effectiveOn, reasonCode, today } = data;
  const { statuses } = state;
  mustBePast(effectiveOn, today, '/effectiveOn');
  const isRecorded = statuses.some(
    ({ value, on }) =>
      on === effectiveOn && value.status === to && value.legalBasis === legalBasis && value.issuer === issuer,
  );
  if (isRecorded) return [];
  const date = decidedOn(legalBasis, effectiveOn);
  const from = mustReplace(statuses, to, date);
  const citizenship = citizenshipOn(state, date);
  mustBeLawful({ status: to, legalBasis, issuer, on: effectiveOn, citizenship }, IN_STATUS_CHANGE);
  const change: StatusChanged = {
    type: 'StatusChanged',
    data: { from, to, legalBasis, issuer, effectiveOn, ...(reasonCode !== undefined && { reasonCode }) },
  };
  return mustFit(state, [change], '/effectiveOn');
}

const IN_STATUS_CHANGE = { status: '/to', legalBasis: '/legalBasis', issuer: '/issuer' };

/**
 * The year in the file leads, and a corrected date of birth follows it: else neither could be corrected
 * first. Whoever corrects a name is not asked about a date that was sealed before.
 */
function correctPersonDetails(
  { fields, bornIn }: CorrectPersonDetails['data'],
  { birthYear: [held] }: KnownCase,
): readonly CaseEvent[] {
  if (fields.length === 0) return [];
  if (fields.includes('birth'))
    mustAgreeOnBirth({ birthYear: held?.value, bornIn }, 'The file', '/birth/date');
  return [{ type: 'PersonDetailsCorrected', data: { fields } }];
}

function relocate({ region, relocatedOn, today }: Relocate['data'], state: KnownCase): readonly CaseEvent[] {
  mustBePast(relocatedOn, today, '/relocatedOn');
  mustBeRegion(region, relocatedOn, '/region');
  const [at] = places(state.regions, { on: relocatedOn });
  if (state.regions[at - 1]?.value === region) return [];
  return mustFit(state, [{ type: 'MigrantRelocated', data: { region, relocatedOn } }], '/relocatedOn');
}

function recordDeparture(data: RecordDeparture['data'], state: KnownCase): readonly CaseEvent[] {
  const { departedOn, kind, destination, returnedOn, today } = data;
  mustBePast(departedOn, today, '/departedOn');
  mustBePast(returnedOn, today, '/returnedOn');
  if (destination === HOME) {
    const detail = `${HOME} is not abroad. Name another country, or record a relocation.`;
    throw new Refused('destination-at-home', detail, { pointer: '/destination' });
  }
  const departed: MigrantDeparted = {
    type: 'MigrantDeparted',
    data: { departedOn, kind, ...(destination !== undefined && { destination }) },
  };
  if (returnedOn === undefined) {
    return isRecorded(state, 'departed', departedOn) ? [] : mustFit(state, [departed], '/departedOn');
  }
  if (firstDay(departedOn) > lastDay(returnedOn)) {
    const detail = `A return on ${returnedOn} lies before the departure on ${departedOn}. Check both dates.`;
    throw new Refused('return-before-departure', detail, { pointer: '/returnedOn' });
  }
  if (isTripRecorded(state, departedOn, returnedOn)) return [];
  return mustFit(state, [departed, { type: 'MigrantReturned', data: { returnedOn } }], '/departedOn');
}

function recordReturn({ returnedOn, today }: RecordReturn['data'], state: KnownCase): readonly CaseEvent[] {
  mustBePast(returnedOn, today, '/returnedOn');
  if (isRecorded(state, 'returned', returnedOn)) return [];
  return mustFit(state, [{ type: 'MigrantReturned', data: { returnedOn } }], '/returnedOn');
}

function recordDeath({ diedOn, today }: RecordDeath['data'], state: KnownCase): readonly CaseEvent[] {
  mustBePast(diedOn, today, '/diedOn');
  if (state.moves.some(({ value, on }) => value === 'died' && on === diedOn)) return [];
  return mustFit(state, [{ type: 'MigrantDied', data: { diedOn } }], '/diedOn');
}

/** The same move on the same whole day. Of a year or a month there may be another, unless it is the last. */
function isRecorded({ moves }: KnownCase, what: Move['value'], on: PartialDate): boolean {
  const left = moves.filter(({ value }) => value !== 'died');
  const candidates = isDay(on) ? left : left.slice(-1);
  return candidates.some((move) => move.value === what && move.on === on);
}

/** The same trip, in the same words. Another one in the year or month is told by a date that differs. */
function isTripRecorded({ moves }: KnownCase, departedOn: PartialDate, returnedOn: PartialDate): boolean {
  return moves.some((move, at) => {
    const next = moves[at + 1];
    const isOut = move.value === 'departed' && move.on === departedOn;
    return isOut && next?.value === 'returned' && next.on === returnedOn;
  });
}

function recordArrival(data: RecordArrival['data'], state: KnownCase): readonly CaseEvent[] {
  const { flight, passenger, airport, arrivedOn, today } = data;
  if (state.flights.includes(flight)) return [];
  mustBePast(arrivedOn, today, '/arrivedOn');
  const arrived: MigrantArrived = { type: 'MigrantArrived', data: { flight, passenger, airport, arrivedOn } };
  return mustFit(state, [arrived], '/arrivedOn');
}

function joinManifest({ flight, passenger }: JoinManifest['data'], state: KnownCase): readonly CaseEvent[] {
  const { manifest } = state;
  const death = state.moves.find(({ value }) => value === 'died');
  if (death) {
    const detail = `The person died on ${death.on} (event ${death.version}). Check which case it is.`;
    throw new Refused('not-alive', detail, { pointer: '/case', contradicts: [named(death)] });
  }
  if (manifest?.flight === flight && manifest.passenger === passenger) return [];
  if (manifest) {
    const detail = `The person is on the manifest of flight ${manifest.flight}. Take the person off it.`;
    const facts = { flight: manifest.flight, passenger: manifest.passenger };
    throw new Refused('on-another-manifest', detail, { pointer: '/case', facts });
  }
  return [{ type: 'ManifestJoined', data: { flight, passenger } }];
}

function leaveManifest(data: LeaveManifest['data'], { manifest }: KnownCase): readonly CaseEvent[] {
  const { flight, passenger, why } = data;
  if (manifest?.flight !== flight || manifest.passenger !== passenger) return [];
  return [{ type: 'ManifestLeft', data: { flight, passenger, why } }];
}
