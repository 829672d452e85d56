import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { describe, it } from '@jest/globals';
import { type Authority, lawInForce, type StatusCode } from '#reference';
import fc from 'fast-check';
import { Refused } from '../decider.js';
import { type CaseCommand, caseFile, type CorrectCase } from './case.decider.js';
import type { CaseEvent } from './case.events.js';
import type { CaseState } from './case.state.js';
import { stretchOn, timelineOf } from './timeline.js';
import { entersOn } from './track.js';

const today = '1999-12-31';

const digits = (n: number) => String(n).padStart(2, '0');
const day = fc
  .tuple(fc.constantFrom(1997, 1998, 1999), fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 15, 28))
  .map(([year, month, dayOfMonth]) => `${year}-${digits(month)}-${digits(dayOfMonth)}`);
/** Days, months and years, of which some lie ahead. */
const partial = fc.oneof(
  { arbitrary: day, weight: 3 },
  { arbitrary: day.map((text) => text.slice(0, 7)), weight: 2 },
  { arbitrary: fc.constantFrom('1997', '1998', '1999', '2000'), weight: 1 },
);

/** Who gives what under which law: mostly what the law allows. */
const standing = fc.constantFrom(
  ...standings('UNHCR', 'UNHCR-1950-STAT', 'asylum-seeker', 'mandate-refugee', 'temporary-protection'),
  ...standings('AMD', 'KZ-1998-RSD', 'asylum-seeker', 'refugee', 'rejected', 'claim-closed'),
  ...standings('AMD', 'KZ-1997-MIG', 'ethnic-returnee', 'guest-worker'),
  ...standings('AMD', 'KZ-1992-IMM', 'ethnic-returnee'),
  ...standings('AMD', 'KZ-1998-ACC', 'convention-refugee'),
  ...standings('MOI', 'KZ-1995-FOR', 'registered-foreigner'),
  ...standings('MOI', 'KZ-1991-CIT', 'citizen'),
  ...standings('AMD', 'NO-LAW', 'refugee'),
);
const country = fc.constantFrom('AFG', 'AFG', 'AFG', 'RUS', 'UKN');
const place = fc.constantFrom(
  { country: 'AFG' },
  { country: 'RUS', area: 'RU-CE' },
  { country: 'AFG', area: 'RU-CE' },
);
const region = fc.constantFrom('KZ-75', 'KZ-19', 'KZ-61', 'KZ-TALDYKORGAN', 'RU-CE');
const sex = fc.constantFrom('M', 'M', 'F', 'U');
const birthYear = fc.constantFrom(1961, 1970, 1998);
const passage = {
  flight: fc.constantFrom('f-1', 'f-2'),
  passenger: fc.constantFrom('p-1', 'p-2'),
};

/** What a careless office may ask, with dates of one kind. */
function commands(date: fc.Arbitrary<string>): fc.Arbitrary<CaseCommand> {
  const now = fc.constant(today);
  const facts = { citizenship: country, placeFled: place, region, sex };
  const details = { habitualResidence: country, birthYear, arrivedOn: date };
  const entry = fc
    .record({ standing, registeredOn: date })
    .map(({ standing: { issuer, ...rest }, registeredOn }) => ({
      ...rest,
      authority: issuer,
      registeredOn,
      today,
    }));
  const departure = { departedOn: date, kind: fc.constant('temporary'), today: now };
  return fc.oneof(
    told('RecordEncounter', fc.record({ office: fc.constant('almaty'), metOn: date, place, today: now })),
    told(
      'RegisterMigrant',
      joined(entry, fc.record({ office: fc.constant('almaty'), ...facts, ...details })),
    ),
    { arbitrary: told('AddRegistration', entry), weight: 2 },
    { arbitrary: told('AddRegistration', joined(entry, fc.record(facts))), weight: 2 },
    told('AddRegistration', joined(entry, fc.record({ ...facts, ...details }))),
    {
      arbitrary: told(
        'ChangeStatus',
        fc.record({ standing, effectiveOn: date }).map(({ standing: { status, ...rest }, effectiveOn }) => ({
          ...rest,
          to: status,
          effectiveOn,
          today,
        })),
      ),
      weight: 6,
    },
    { arbitrary: told('CorrectCase', corrections(date)), weight: 4 },
    told('CorrectPersonDetails', fc.record({ fields: fc.constantFrom([], ['names' as const]) })),
    { arbitrary: told('Relocate', fc.record({ region, relocatedOn: date, today: now })), weight: 3 },
    { arbitrary: told('RecordDeparture', fc.record(departure)), weight: 2 },
    { arbitrary: told('RecordDeparture', fc.record({ ...departure, returnedOn: date })), weight: 2 },
    { arbitrary: told('RecordReturn', fc.record({ returnedOn: date, today: now })), weight: 2 },
    told(
      'RecordArrival',
      fc.record({ ...passage, airport: fc.constant('ALA'), arrivedOn: date, today: now }),
    ),
    told('JoinManifest', fc.record(passage)),
    told('LeaveManifest', fc.record({ ...passage, why: fc.constantFrom('removed', 'arrival-refused') })),
    // Once: nothing much comes after it.
    { arbitrary: told('RecordDeath', fc.record({ diedOn: date, today: now })), weight: 1 },
  );
}

function corrections(date: fc.Arbitrary<string>): fc.Arbitrary<CorrectCase['data']> {
  const correction = <Field extends CorrectCase['data']['field'], To>(field: Field, to: fc.Arbitrary<To>) =>
    fc.record({ field: fc.constant(field), from: to, to });
  const what = fc.oneof(
    correction('citizenship', country),
    correction('placeFled', place),
    correction('sex', sex),
    correction('birthYear', birthYear),
    correction('region', region),
    correction('arrivedOn', date),
    correction('registeredOn', date),
    correction('authority', fc.constantFrom('AMD', 'MOI', 'UNHCR')),
  );
  const when = fc.oneof(
    { arbitrary: fc.constant({}), weight: 3 },
    date.map((validFrom) => ({ validFrom })),
  );
  return joined(joined(what, when), fc.constant({ reasonCode: 'document-seen', today }));
}

function standings<const Status extends readonly StatusCode[]>(
  issuer: Authority,
  legalBasis: string,
  ...statuses: Status
) {
  return statuses.map((status) => ({ issuer, legalBasis, status }));
}

function told<const Type extends string, Data>(type: Type, data: fc.Arbitrary<Data>) {
  return data.map((one) => ({ type, data: one }));
}

function joined<One, Other>(one: fc.Arbitrary<One>, other: fc.Arbitrary<Other>) {
  return fc.tuple(one, other).map(([these, those]) => ({ ...these, ...those }));
}

/** A case that was opened well, on one of two dates, and then anything. */
function histories(date: fc.Arbitrary<string>, on: string, before: string) {
  const registration = {
    office: 'almaty',
    authority: 'UNHCR',
    status: 'asylum-seeker',
    legalBasis: 'UNHCR-1950-STAT',
    citizenship: 'AFG',
    placeFled: { country: 'AFG' },
    registeredOn: on,
    region: 'KZ-75',
    sex: 'M',
    today,
  } as const;
  const opening = fc.constantFrom<CaseCommand[]>(
    { type: 'RegisterMigrant', data: registration },
    { type: 'RegisterMigrant', data: { ...registration, arrivedOn: before } },
    { type: 'RecordEncounter', data: { office: 'almaty', metOn: on, place: { country: 'KAZ' }, today } },
    { type: 'RecordEncounter', data: { office: 'almaty', metOn: on, place: { country: 'IRN' }, today } },
  );
  const others = fc.array(commands(date), { maxLength: 25, size: 'max' });
  return fc.tuple(opening, others).map(([first, rest]) => [first, ...rest]);
}

const anyDates = histories(partial, '1997', '1997-03');
const wholeDays = histories(day, '1997-05-15', '1997-03-01');

/** What an officer would send who has read the file: `from` is what it holds. */
function aimed(command: CaseCommand, state: CaseState): CaseCommand {
  if (command.type !== 'CorrectCase' || !state.known) return command;
  const { data } = command;
  const [registration] = state.registrations;
  switch (data.field) {
    case 'citizenship':
    case 'habitualResidence':
      return { type: 'CorrectCase', data: { ...data, from: state[data.field][0]?.value ?? null } };
    case 'placeFled':
      return { type: 'CorrectCase', data: { ...data, from: state.placeFled[0]?.value ?? null } };
    case 'sex':
      return { type: 'CorrectCase', data: { ...data, from: state.sex[0]?.value ?? null } };
    case 'birthYear':
      return { type: 'CorrectCase', data: { ...data, from: state.birthYear[0]?.value ?? null } };
    case 'region':
      return { type: 'CorrectCase', data: { ...data, from: state.regions[0]?.value ?? data.from } };
    case 'arrivedOn':
      return { type: 'CorrectCase', data: { ...data, from: state.arrival?.on ?? null } };
    case 'registeredOn':
      return { type: 'CorrectCase', data: { ...data, from: registration?.on ?? data.from } };
    case 'authority':
      return { type: 'CorrectCase', data: { ...data, from: registration?.value ?? data.from } };
  }
}

/** Plays the commands; `after` sees the case after each event. */
function play(
  asked: readonly CaseCommand[],
  after: (state: CaseState, past: readonly CaseEvent[]) => void = () => {},
): readonly CaseEvent[] {
  const past: CaseEvent[] = [];
  let state = caseFile.initial;
  for (const command of asked) {
    for (const event of answer(aimed(command, state), state)) {
      state = caseFile.evolve(state, event);
      past.push(event);
    }
    after(state, past);
  }
  return past;
}

function answer(command: CaseCommand, state: CaseState): readonly CaseEvent[] {
  try {
    return caseFile.decide(command, state);
  } catch (error) {
    if (error instanceof Refused) return [];
    throw error;
  }
}

/** Sorted, apart, never empty, no two neighbours alike; and the state survives being kept as JSON. */
function expectSound(state: CaseState): void {
  const stretches = timelineOf(state);
  const edges = stretches.flatMap(({ from, to }) => [from, to ?? '9999-12-31']);
  assert.deepEqual(edges, edges.toSorted());
  assert.deepEqual(
    stretches.filter(({ from, to }) => from === to),
    [],
  );
  const repeated = stretches.filter((stretch, at) => {
    const before = stretches[at - 1];
    return (
      isDeepStrictEqual({ ...before, from: stretch.from, to: stretch.to }, stretch) &&
      before?.to === stretch.from
    );
  });
  assert.deepEqual(repeated, []);
  for (const { registration, authorities } of stretches) {
    assert.deepEqual(authorities, [...new Set(authorities)].toSorted());
    assert.equal(authorities.length > 0, registration === 'registered');
  }
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
}

describe('whatever is asked of a case', () => {
  it('is recorded or refused, and leaves a sound timeline', () => {
    fc.assert(
      fc.property(anyDates, (asked) => {
        play(asked, expectSound);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the person present from arrival to death, but between leaving and returning', () => {
    fc.assert(
      fc.property(wholeDays, (asked) => {
        play(asked.filter(isUncorrected), (state, past) => {
          const days = [...past.map(caseFile.occurredOn), '1997-01-01', today].filter((on) => on !== null);
          for (const on of days) assert.equal(stretchOn(state, on) !== undefined, isPresent(past, on), on);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('replaces the status that it says, and gives nobody a status twice running', () => {
    fc.assert(
      fc.property(anyDates, (asked) => {
        play(asked, (state, past) => {
          const latest = past.at(-1);
          if (!state.known || latest?.type !== 'StatusChanged') return;
          const at = state.statuses.findIndex(({ version }) => version === past.length);
          const [before, after] = [state.statuses[at - 1], state.statuses[at + 1]];
          assert.equal(before?.value.status, latest.data.from);
          assert.notEqual(before?.value.status, latest.data.to);
          if (after?.type === 'StatusChanged') assert.notEqual(after.value.status, latest.data.to);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('puts nobody under a law on a day when it was not in force', () => {
    fc.assert(
      fc.property(anyDates, (asked) => {
        play(asked, (state) => {
          if (!state.known) return;
          let entered = '';
          for (const status of state.statuses) {
            entered = entersOn(status, entered);
            const { legalBasis } = status.value;
            assert.ok(lawInForce(legalBasis, entered), `${legalBasis} on ${entered}`);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the person registered with whoever entered him until that day', () => {
    fc.assert(
      fc.property(wholeDays, fc.array(day), (asked, days) => {
        play(asked.filter(isUncorrected), (state, past) => {
          const present = days.flatMap((on) => stretchOn(state, on) ?? []);
          const lists = present.map(({ authorities }) => authorities);
          assert.deepEqual(
            lists,
            present.map(({ from }) => authoritiesOn(past, from)),
          );
        });
      }),
    );
  });
});

describe('whatever stands in a stream', () => {
  it('folds to a sound timeline, be it in an order that decide would never allow', () => {
    const shuffled = fc
      .tuple(anyDates, anyDates)
      .map(([one, other]) => [...play(one), ...play(other)])
      .chain((events) => fc.shuffledSubarray(events, { minLength: events.length }));
    fc.assert(
      fc.property(shuffled, (events) => {
        const state = events.reduce<CaseState>((before, event) => {
          const after = caseFile.evolve(before, event);
          expectSound(after);
          return after;
        }, caseFile.initial);
        assert.equal(state.version, events.length);
      }),
    );
  });
});

/** Read off the events alone, where every date is a whole day. */
function isPresent(past: readonly CaseEvent[], on: string): boolean {
  const outs: string[] = [];
  const ins: string[] = [];
  let arrival: string | undefined;
  let first = '9999';
  let death = '9999';
  for (const { type, data } of past) {
    if (type === 'MigrantEncountered' && data.place.country === 'KAZ') first = data.metOn;
    if (type === 'MigrantRegistered') {
      arrival ??= data.arrivedOn;
      first = data.registeredOn < first ? data.registeredOn : first;
    }
    if (type === 'MigrantArrived') {
      const before = (days: readonly string[]) => days.filter((moved) => moved <= data.arrivedOn).length;
      const isAway = outs.length > ins.length && before(outs) > before(ins);
      if (arrival === undefined && !isAway) arrival = data.arrivedOn;
      else ins.push(data.arrivedOn);
    }
    if (type === 'MigrantDeparted') outs.push(data.departedOn);
    if (type === 'MigrantReturned') ins.push(data.returnedOn);
    if (type === 'MigrantDied') death = data.diedOn;
  }
  const until = (days: readonly string[]) => days.filter((moved) => moved <= on).length;
  return (arrival ?? first) <= on && until(outs) === until(ins) && on < death;
}

function authoritiesOn(past: readonly CaseEvent[], on: string): readonly string[] {
  return past
    .flatMap(({ type, data }) =>
      type === 'MigrantRegistered' && data.registeredOn <= on ? [data.authority] : [],
    )
    .toSorted();
}

function isUncorrected({ type }: CaseCommand): boolean {
  return type !== 'CorrectCase';
}
