import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { type CaseCommand, caseFile, type CaseState, type KnownCase, Refused } from '#domain';
import { addDays } from '#reference';
import type { Given } from './given-log.js';

const PEOPLE = 3;
const TOLD = {
  office: 'Almaty',
  legalBasis: 'UNHCR-1950-STAT',
  issuer: 'UNHCR',
  today: '2000-12-31',
} as const;

/** The days that the histories, and the questions about them, are of. */
export const days = fc.integer({ min: 0, max: 3_650 }).map((count) => addDays('1990-06-01', count));
/** The same, not all known to the day. */
const dates = fc.tuple(days, fc.constantFrom(4, 7, 10, 10, 10)).map(([day, length]) => day.slice(0, length));

const FACTS = {
  citizenship: fc.constantFrom('AFG', 'TJK', 'RUS', 'IRN'),
  placeFled: fc.constantFrom({ country: 'AFG' }, { country: 'RUS' }, { country: 'RUS', area: 'RU-CE' }),
  region: fc.constantFrom('KZ-75', 'KZ-19', 'KZ-TALDYKORGAN'),
  sex: fc.constantFrom('F', 'M', 'U'),
  birthYear: fc.integer({ min: 1920, max: 1990 }),
} as const;
const status = fc.constantFrom('asylum-seeker', 'mandate-refugee', 'temporary-protection');

/** A command, made when it is known what the file holds. */
type Wish = (state: CaseState) => CaseCommand | undefined;

const encounter = fc
  .record({ metOn: dates, placeFled: FACTS.placeFled, sex: FACTS.sex })
  .map((told): Wish => () => ({
    type: 'RecordEncounter',
    data: { ...TOLD, place: { country: 'KAZ' }, ...told },
  }));

const registration = fc
  .record(
    { ...FACTS, status, arrivedOn: dates, registeredOn: dates },
    { requiredKeys: ['citizenship', 'placeFled', 'region', 'sex', 'status', 'registeredOn'] },
  )
  .map((told): Wish => ({ known }) => {
    const { status: given, registeredOn } = told;
    const entry = { ...TOLD, authority: 'UNHCR', status: given, registeredOn } as const;
    return known
      ? { type: 'AddRegistration', data: { ...entry, ...told } }
      : { type: 'RegisterMigrant', data: { ...entry, ...told } };
  });

const asForeigner = dates.map((registeredOn): Wish => () => ({
  type: 'AddRegistration',
  data: {
    ...TOLD,
    authority: 'MOI',
    status: 'registered-foreigner',
    legalBasis: 'KZ-1995-FOR',
    registeredOn,
  },
}));

const correction = fc
  .record(
    { ...FACTS, arrivedOn: dates, registeredOn: dates, nth: fc.nat(6), validFrom: dates },
    {
      requiredKeys: [
        'citizenship',
        'placeFled',
        'region',
        'sex',
        'birthYear',
        'arrivedOn',
        'registeredOn',
        'nth',
      ],
    },
  )
  .map(
    (told): Wish =>
      (state) =>
        state.known ? correct(state, told) : undefined,
  );

const statusChange = fc
  .record({ to: status, effectiveOn: dates })
  .map((told): Wish => () => ({ type: 'ChangeStatus', data: { ...TOLD, ...told } }));

const relocation = fc
  .record({ region: FACTS.region, relocatedOn: dates })
  .map((told): Wish => () => ({ type: 'Relocate', data: { ...TOLD, ...told } }));

const departure = dates.map((departedOn): Wish => () => ({
  type: 'RecordDeparture',
  data: { ...TOLD, departedOn, kind: 'permanent' },
}));

const homecoming = dates.map((returnedOn): Wish => () => ({
  type: 'RecordReturn',
  data: { ...TOLD, returnedOn },
}));

const death = dates.map((diedOn): Wish => () => ({ type: 'RecordDeath', data: { ...TOLD, diedOn } }));

const wishes: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 2, arbitrary: encounter },
  { weight: 4, arbitrary: registration },
  { weight: 2, arbitrary: asForeigner },
  { weight: 4, arbitrary: correction },
  { weight: 4, arbitrary: statusChange },
  { weight: 4, arbitrary: relocation },
  { weight: 4, arbitrary: departure },
  { weight: 4, arbitrary: homecoming },
  { weight: 1, arbitrary: death },
);

/** The events of a few people's cases in the order of recording, of which many tell of an earlier day. */
export const histories: fc.Arbitrary<readonly Given[]> = fc
  .array(fc.tuple(fc.nat(PEOPLE - 1), wishes), { minLength: 10, maxLength: 100, size: 'max' })
  .map((asked) => {
    const states = new Map<number, CaseState>();
    return asked.flatMap(([person, wish]) => {
      const state = states.get(person) ?? caseFile.initial;
      const events = accepted(wish(state), state);
      states.set(person, events.reduce(caseFile.evolve, state));
      return events.map((event) => ({ stream: `case-${uuidv5(String(person), uuidv5.URL)}`, event }));
    });
  });

function accepted(command: CaseCommand | undefined, state: CaseState) {
  try {
    return command ? caseFile.decide(command, state) : [];
  } catch (error) {
    if (error instanceof Refused) return [];
    throw error;
  }
}

type Corrected = {
  [Field in keyof typeof FACTS]: (typeof FACTS)[Field] extends fc.Arbitrary<infer T> ? T : never;
} & {
  arrivedOn: string;
  registeredOn: string;
  nth: number;
  validFrom?: string | undefined;
};

/** One of the facts of the file, as it should be instead. */
function correct(state: KnownCase, told: Corrected): CaseCommand | undefined {
  const { nth, validFrom } = told;
  const base = { reasonCode: 'clerical', today: TOLD.today };
  const dated = { ...base, ...(validFrom !== undefined && { validFrom }) };
  const region = state.regions.at(-1)?.value;
  const registeredOn = state.registrations.at(-1)?.on;
  const held = { citizenship: null, placeFled: null, sex: null, birthYear: null };
  switch (nth) {
    case 0:
      return {
        type: 'CorrectCase',
        data: {
          ...dated,
          field: 'citizenship',
          from: state.citizenship.at(-1)?.value ?? held.citizenship,
          to: told.citizenship,
        },
      };
    case 1:
      return {
        type: 'CorrectCase',
        data: {
          ...dated,
          field: 'placeFled',
          from: state.placeFled.at(-1)?.value ?? null,
          to: told.placeFled,
        },
      };
    case 2:
      return {
        type: 'CorrectCase',
        data: { ...dated, field: 'sex', from: state.sex.at(-1)?.value ?? null, to: told.sex },
      };
    case 3:
      return {
        type: 'CorrectCase',
        data: {
          ...base,
          field: 'birthYear',
          from: state.birthYear.at(-1)?.value ?? null,
          to: told.birthYear,
        },
      };
    case 4:
      return region === undefined
        ? undefined
        : { type: 'CorrectCase', data: { ...dated, field: 'region', from: region, to: told.region } };
    case 5:
      return {
        type: 'CorrectCase',
        data: { ...base, field: 'arrivedOn', from: state.arrival?.on ?? null, to: told.arrivedOn },
      };
    default:
      return registeredOn === undefined
        ? undefined
        : {
            type: 'CorrectCase',
            data: { ...base, field: 'registeredOn', from: registeredOn, to: told.registeredOn },
          };
  }
}
