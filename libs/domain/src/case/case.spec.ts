import { describe, expect, it } from '@jest/globals';
import type { StatusCode } from '#reference';
import { type Examples, specify } from '../specify.js';
import {
  type AddRegistration,
  type CaseCommand,
  caseFile,
  type ChangeStatus,
  type CorrectCase,
  type RecordEncounter,
  type RegisterMigrant,
  type Relocate,
} from './case.decider.js';
import type { CaseCorrection, CaseEvent, MigrantEncountered, MigrantRegistered } from './case.events.js';
import { flagsOf } from './case.flags.js';

const today = '1999-12-31';

const past: Examples<CaseEvent> = {
  MigrantEncountered: {
    type: 'MigrantEncountered',
    data: {
      office: 'almaty',
      metOn: '1997-05-10',
      place: { country: 'KAZ', area: 'KZ-75' },
      placeFled: { country: 'RUS', area: 'RU-CE' },
      citizenship: 'RUS',
      sex: 'F',
      birthYear: 1970,
    },
  },
  MigrantRegistered: {
    type: 'MigrantRegistered',
    data: {
      office: 'almaty',
      authority: 'AMD',
      status: 'asylum-seeker',
      legalBasis: 'KZ-1998-RSD',
      citizenship: 'AFG',
      habitualResidence: 'IRN',
      placeFled: { country: 'AFG' },
      arrivedOn: '1996-03-10',
      registeredOn: '1998-06-20',
      region: 'KZ-19',
      sex: 'M',
      birthYear: 1961,
      late: true,
    },
  },
  StatusChanged: {
    type: 'StatusChanged',
    data: {
      from: 'asylum-seeker',
      to: 'refugee',
      legalBasis: 'KZ-1998-RSD',
      issuer: 'AMD',
      effectiveOn: '1998-09-01',
      reasonCode: 'interview-held',
    },
  },
  CaseCorrected: {
    type: 'CaseCorrected',
    data: { field: 'citizenship', from: 'AFG', to: 'IRN', validFrom: '1999-02', reasonCode: 'document-seen' },
  },
  PersonDetailsCorrected: { type: 'PersonDetailsCorrected', data: { fields: ['names', 'birth'] } },
  MigrantRelocated: { type: 'MigrantRelocated', data: { region: 'KZ-75', relocatedOn: '1998-11' } },
  MigrantArrived: {
    type: 'MigrantArrived',
    data: { flight: 'f-1', passenger: 'p-1', airport: 'ALA', arrivedOn: '1998-06-26' },
  },
  MigrantDeparted: {
    type: 'MigrantDeparted',
    data: { departedOn: '1999-03-01', kind: 'resettlement', destination: 'CAN' },
  },
  MigrantReturned: { type: 'MigrantReturned', data: { returnedOn: '1999-08' } },
  MigrantDied: { type: 'MigrantDied', data: { diedOn: '1999-10-02' } },
  ManifestJoined: { type: 'ManifestJoined', data: { flight: 'f-1', passenger: 'p-1' } },
  ManifestLeft: { type: 'ManifestLeft', data: { flight: 'f-1', passenger: 'p-1', why: 'no-show' } },
};

const { late: _, ...entry } = past.MigrantRegistered.data;
const { given } = specify(caseFile);

const register = (change: Partial<RegisterMigrant['data']> = {}): RegisterMigrant => ({
  type: 'RegisterMigrant',
  data: { ...entry, today, ...change },
});
const registered = (change: Partial<MigrantRegistered['data']> = {}): MigrantRegistered => ({
  type: 'MigrantRegistered',
  data: { ...past.MigrantRegistered.data, ...change },
});
/** Registered while the arrival is unknown. */
const unarrived = (change: Partial<MigrantRegistered['data']> = {}): MigrantRegistered => {
  const { arrivedOn: _, ...data } = past.MigrantRegistered.data;
  return { type: 'MigrantRegistered', data: { ...data, late: false, ...change } };
};
const meet = (change: Partial<RecordEncounter['data']> = {}): RecordEncounter => ({
  type: 'RecordEncounter',
  data: { ...past.MigrantEncountered.data, today, ...change },
});
const met = (change: Partial<MigrantEncountered['data']> = {}): MigrantEncountered => ({
  type: 'MigrantEncountered',
  data: { ...past.MigrantEncountered.data, ...change },
});
const change = (data: Partial<ChangeStatus['data']> = {}): ChangeStatus => {
  const { from: _, ...rest } = past.StatusChanged.data;
  return { type: 'ChangeStatus', data: { ...rest, today, ...data } };
};
const add = (data: Partial<AddRegistration['data']> = {}): AddRegistration => ({
  type: 'AddRegistration',
  data: {
    authority: 'UNHCR',
    status: 'asylum-seeker',
    legalBasis: 'UNHCR-1950-STAT',
    registeredOn: '1998-07-01',
    today,
    ...data,
  },
});
const relocate = (region: string, relocatedOn: string): Relocate => ({
  type: 'Relocate',
  data: { region, relocatedOn, today },
});
const depart = (departedOn: string, returnedOn?: string) =>
  ({
    type: 'RecordDeparture',
    data: { departedOn, kind: 'temporary', ...(returnedOn !== undefined && { returnedOn }), today },
  }) as const;
const returns = (returnedOn: string) => ({ type: 'RecordReturn', data: { returnedOn, today } }) as const;
const dies = (diedOn: string) => ({ type: 'RecordDeath', data: { diedOn, today } }) as const;
const arrive = (arrivedOn: string, flight = 'f-1') =>
  ({
    type: 'RecordArrival',
    data: { flight, passenger: 'p-1', airport: 'ALA', arrivedOn, today },
  }) as const;
const left = (departedOn: string): CaseEvent => ({
  type: 'MigrantDeparted',
  data: { departedOn, kind: 'temporary' },
});
const back = (returnedOn: string): CaseEvent => ({ type: 'MigrantReturned', data: { returnedOn } });
const died = (diedOn: string): CaseEvent => ({ type: 'MigrantDied', data: { diedOn } });
const correct = (data: CaseCorrection & { validFrom?: string }): CorrectCase => ({
  type: 'CorrectCase',
  data: { ...data, reasonCode: 'document-seen', today },
});
const corrected = (data: CaseCorrection & { validFrom?: string }): CaseEvent => ({
  type: 'CaseCorrected',
  data: { ...data, reasonCode: 'document-seen' },
});

describe('meeting someone who is registered nowhere', () => {
  it('opens a case, of which little may be known', () => {
    given().when(meet()).records(past.MigrantEncountered);
    const { office, metOn, place } = past.MigrantEncountered.data;
    given()
      .when({ type: 'RecordEncounter', data: { office, metOn, place, today } })
      .records({ type: 'MigrantEncountered', data: { office, metOn, place } });
  });

  it('is refused for someone who has a case', () => {
    given(past.MigrantRegistered).when(meet()).isRefused('already-known');
  });

  it('is refused where the year of birth is not that of the date of birth', () => {
    const { birthYear: _, ...data } = meet().data;
    given()
      .when(meet({ birthYear: 1970, bornIn: 1971 }))
      .isRefused('birth-year-differs', { pointer: '/person/birth/date' });
    given()
      .when({ type: 'RecordEncounter', data: { ...data, bornIn: 1998 } })
      .isRefused('birth-year-implausible', { pointer: '/person/birth/date' });
  });

  it('is refused for a day to come, an area of another country and one that was no more', () => {
    given()
      .when(meet({ metOn: '2000' }))
      .isRefused('date-in-future', { pointer: '/metOn', facts: { today } });
    given()
      .when(meet({ placeFled: { country: 'TJK', area: 'RU-CE' } }))
      .isRefused(
        'area-not-in-country',
        { pointer: '/placeFled/area', facts: { country: 'RUS' } },
        /^RU-CE belongs to RUS, not to TJK\. Write country RUS, or leave the area out\./,
      );
    given()
      .when(meet({ placeFled: { country: 'TJK', area: 'XX-1' } }))
      .isRefused(
        'area-not-in-country',
        { pointer: '/placeFled/area' },
        /We know no area XX-1\. Name one of .*TJ-KT.*, or leave the area out\./,
      );
    given()
      .when(meet({ place: { country: 'FRA', area: 'XX-1' } }))
      .isRefused(
        'area-not-in-country',
        { pointer: '/place/area' },
        /Leave the area out: of FRA we know none/,
      );
    given()
      .when(meet({ metOn: '1998-05-10', place: { country: 'KAZ', area: 'KZ-TALDYKORGAN' } }))
      .isRefused('region-not-valid-on-date', { pointer: '/place/area', facts: { successor: 'KZ-19' } });
  });
});

describe('registering someone', () => {
  it('records all that was told, and that it was late', () => {
    given().when(register()).records(past.MigrantRegistered);
  });

  it('is late from the sixth calendar day after arrival, if that is certain', () => {
    const late = (arrivedOn: string, isLate: boolean) =>
      given()
        .when(register({ arrivedOn }))
        .records(registered({ arrivedOn, late: isLate }));
    late('1998-06-14', true);
    late('1998-06-15', false);
    late('1998-06', false);
    late('1998', false);
    late('1997', true);
  });

  it('is not late while the arrival is unknown', () => {
    const { arrivedOn: _, ...data } = register().data;
    given().when({ type: 'RegisterMigrant', data }).records(unarrived());
  });

  it('is refused for someone who has a case, registered or met', () => {
    given(past.MigrantRegistered).when(register()).isRefused('already-registered');
    given(past.MigrantEncountered).when(register()).isRefused('already-registered');
  });

  it('is refused before the arrival, if that is certain', () => {
    const refused = { pointer: '/arrivedOn' };
    given()
      .when(register({ arrivedOn: '1998-06-21' }))
      .isRefused(
        'arrival-after-registration',
        { ...refused, facts: { arrivedOn: '1998-06-21', registeredOn: '1998-06-20' } },
        /Check both dates\. Of someone who was registered first and flown in later leave arrivedOn out/,
      );
    given()
      .when(register({ arrivedOn: '1998-07' }))
      .isRefused('arrival-after-registration', refused);
    given()
      .when(register({ arrivedOn: '1998-06' }))
      .records(registered({ arrivedOn: '1998-06', late: false }));
  });

  it('is refused for days to come', () => {
    given()
      .when(register({ registeredOn: '2000-01-01' }))
      .isRefused('date-in-future', { pointer: '/registeredOn' });
    given()
      .when(register({ arrivedOn: '2000' }))
      .isRefused('date-in-future', { pointer: '/arrivedOn' });
  });

  it('is refused in an area of another country, and in one that was no more, naming what covers it', () => {
    given()
      .when(register({ region: 'RU-CE' }))
      .isRefused('area-not-in-country', { pointer: '/region' }, /was there on 1998-06-20: .*KZ-75/);
    given()
      .when(register({ region: 'KZ-TALDYKORGAN' }))
      .isRefused('region-not-valid-on-date', { pointer: '/region', facts: { successor: 'KZ-19' } });
    given()
      .when(register({ placeFled: { country: 'AFG', area: 'TJ-KT' } }))
      .isRefused('area-not-in-country', { pointer: '/placeFled/area' });
  });

  it('is refused for a year of birth after the arrival, or longer ago than anyone has lived', () => {
    const facts = { earliest: 1874, latest: 1996 };
    const refused = { pointer: '/birthYear', facts };
    given()
      .when(register({ birthYear: 1997 }))
      .isRefused('birth-year-implausible', refused);
    given()
      .when(register({ birthYear: 1873 }))
      .isRefused('birth-year-implausible', refused);
  });

  it('is refused where the year of birth is not that of the date of birth, which names both', () => {
    given()
      .when(register({ birthYear: 1961, bornIn: 1962 }))
      .isRefused(
        'birth-year-differs',
        { pointer: '/person/birth/date', facts: { birthYear: 1961, bornIn: 1962 } },
        /birthYear 1961, and person\.birth\.date is of 1962\. Check the paper/,
      );
    given()
      .when(register({ birthYear: 1961, bornIn: 1961 }))
      .records(past.MigrantRegistered);
  });

  it('is refused for a date of birth after the arrival, also where no year of birth is told', () => {
    const { birthYear: _, ...data } = register().data;
    given()
      .when({ type: 'RegisterMigrant', data: { ...data, bornIn: 1997 } })
      .isRefused('birth-year-implausible', { pointer: '/person/birth/date' });
  });

  it('keeps nothing but its own fields', () => {
    const stray = {
      ...register().data,
      bornIn: 1961,
      note: 'a stranger',
      placeFled: { country: 'AFG', note: 'a stranger' },
    };
    given().when({ type: 'RegisterMigrant', data: stray }).records(past.MigrantRegistered);
  });
});

describe('the law of the day (scenario A5)', () => {
  const recognise = (effectiveOn: string, legalBasis = 'KZ-1998-ACC') =>
    change({ to: legalBasis === 'KZ-1998-ACC' ? 'convention-refugee' : 'refugee', legalBasis, effectiveOn });

  it('knows no Convention refugee before the Convention was in force', () => {
    for (const day of ['1998-06-26', '1999-04-14']) {
      given(past.MigrantRegistered)
        .when(recognise(day))
        .isRefused('framework-not-in-force', {
          pointer: '/legalBasis',
          facts: { on: day, from: '1999-04-15', onOffer: [] },
        });
    }
    given(past.MigrantRegistered)
      .when(recognise('1999-04-15'))
      .records({
        type: 'StatusChanged',
        data: {
          ...past.StatusChanged.data,
          to: 'convention-refugee',
          legalBasis: 'KZ-1998-ACC',
          effectiveOn: '1999-04-15',
        },
      });
  });

  it('lets the Agency recognise a refugee from April 1998', () => {
    given(registered({ registeredOn: '1998-01-10', legalBasis: 'KZ-1997-MIG' }))
      .when(recognise('1998-03-31', 'KZ-1998-RSD'))
      .isRefused('framework-not-in-force', {
        facts: { on: '1998-03-31', from: '1998-04-01', to: '2010-01-01', onOffer: ['KZ-1997-MIG'] },
      });
    given(past.MigrantRegistered)
      .when(recognise('1998-06-26', 'KZ-1998-RSD'))
      .records({ type: 'StatusChanged', data: { ...past.StatusChanged.data, effectiveOn: '1998-06-26' } });
  });

  it('is judged by any day that a partial date may mean', () => {
    given(past.MigrantRegistered).when(recognise('1999-03')).isRefused('framework-not-in-force');
    given(past.MigrantRegistered)
      .when(recognise('1999-04'))
      .records({
        type: 'StatusChanged',
        data: {
          ...past.StatusChanged.data,
          to: 'convention-refugee',
          legalBasis: 'KZ-1998-ACC',
          effectiveOn: '1999-04',
        },
      });
  });

  it('is named when the basis is unknown, or offers something else', () => {
    given()
      .when(register({ legalBasis: 'KZ-1999-NONE' }))
      .isRefused('legal-basis-unknown', {
        pointer: '/legalBasis',
        facts: { onOffer: ['KZ-1997-MIG', 'KZ-1998-RSD'] },
      });
    given()
      .when(register({ status: 'citizen' }))
      .isRefused('status-not-offered', { pointer: '/status' });
    given(past.MigrantRegistered)
      .when(change({ to: 'temporary-protection' }))
      .isRefused('status-not-offered', {
        pointer: '/to',
        facts: { offered: ['asylum-seeker', 'refugee', 'rejected', 'claim-closed'], onOffer: [] },
      });
  });

  it('says who decides', () => {
    given()
      .when(register({ authority: 'MOI' }))
      .isRefused('issuer-not-entitled', { pointer: '/authority', facts: { issuers: ['AMD'], onOffer: [] } });
    given(past.MigrantRegistered)
      .when(change({ issuer: 'UNHCR' }))
      .isRefused('issuer-not-entitled', { pointer: '/issuer' });
  });

  it('says whose citizens are shut out, by the citizenship held on that day', () => {
    given()
      .when(register({ citizenship: 'TJK' }))
      .isRefused('nationality-excluded', {
        pointer: '/legalBasis',
        facts: { citizenship: 'TJK', onOffer: ['KZ-1997-MIG'] },
      });
    const becameRussian = corrected({
      field: 'citizenship',
      from: 'AFG',
      to: 'RUS',
      validFrom: '1998-10-01',
    });
    given(past.MigrantRegistered, becameRussian)
      .when(change({ effectiveOn: '1998-11-01' }))
      .isRefused('nationality-excluded');
    given(past.MigrantRegistered, becameRussian).when(change()).records(past.StatusChanged);
  });
});

describe('adding a registration', () => {
  const unhcr = registered({
    authority: 'UNHCR',
    legalBasis: 'UNHCR-1950-STAT',
    registeredOn: '1998-07-01',
  });

  it('with another authority repeats the facts of the file', () => {
    given(past.MigrantRegistered).when(add()).records(unhcr);
    given(past.MigrantRegistered)
      .when(add({ citizenship: 'AFG', placeFled: { country: 'AFG' }, region: 'KZ-19', sex: 'U' }))
      .records(unhcr);
  });

  it('of someone met before takes what is missing from the request', () => {
    given(past.MigrantEncountered)
      .when(add({ region: 'KZ-19', arrivedOn: '1997-05-01', habitualResidence: 'RUS' }))
      .records({
        type: 'MigrantRegistered',
        data: {
          office: 'almaty',
          authority: 'UNHCR',
          status: 'asylum-seeker',
          legalBasis: 'UNHCR-1950-STAT',
          citizenship: 'RUS',
          habitualResidence: 'RUS',
          placeFled: { country: 'RUS', area: 'RU-CE' },
          arrivedOn: '1997-05-01',
          registeredOn: '1998-07-01',
          region: 'KZ-19',
          sex: 'F',
          birthYear: 1970,
          late: true,
        },
      });
  });

  it('names a fact that nobody has told', () => {
    const { office, metOn } = past.MigrantEncountered.data;
    const stranger: CaseEvent = {
      type: 'MigrantEncountered',
      data: { office, metOn, place: { country: 'KAZ' } },
    };
    const facts: Partial<AddRegistration['data']> = {};
    const missing = (field: string) =>
      given(stranger)
        .when(add(facts))
        .isRefused('details-missing', { pointer: `/${field}` });
    missing('citizenship');
    Object.assign(facts, { citizenship: 'UKN' });
    missing('placeFled');
    Object.assign(facts, { placeFled: { country: 'AFG' } });
    missing('sex');
    Object.assign(facts, { sex: 'U' });
    missing('region');
  });

  it('may tell what was unknown', () => {
    given(met({ sex: 'U', citizenship: 'UKN', placeFled: { country: 'UKN' } }))
      .when(add({ sex: 'M', citizenship: 'AFG', placeFled: { country: 'AFG' } }))
      .records({
        type: 'MigrantRegistered',
        data: {
          office: 'almaty',
          authority: 'UNHCR',
          status: 'asylum-seeker',
          legalBasis: 'UNHCR-1950-STAT',
          citizenship: 'AFG',
          placeFled: { country: 'AFG' },
          registeredOn: '1998-07-01',
          region: 'KZ-75',
          sex: 'M',
          birthYear: 1970,
          late: false,
        },
      });
  });

  it('is refused for a second time with the same authority', () => {
    given(past.MigrantRegistered)
      .when(add({ authority: 'AMD', legalBasis: 'KZ-1998-RSD' }))
      .isRefused('already-registered-with', {
        pointer: '/authority',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
      });
  });

  it('is refused with facts that differ from the file, which a correction is for', () => {
    const differs = (facts: Partial<AddRegistration['data']>, pointer: string, held: string) =>
      given(past.MigrantRegistered)
        .when(add(facts))
        .isRefused('differs-from-file', { pointer, facts: { held } });
    differs({ citizenship: 'IRN' }, '/citizenship', 'AFG');
    differs({ habitualResidence: 'PAK' }, '/habitualResidence', 'IRN');
    differs({ placeFled: { country: 'IRN' } }, '/placeFled', '{"country":"AFG"}');
    differs({ sex: 'F' }, '/sex', 'M');
    differs({ birthYear: 1962 }, '/birthYear', '1961');
    differs({ arrivedOn: '1996' }, '/arrivedOn', '1996-03-10');
    differs({ region: 'KZ-75' }, '/region', 'KZ-19');
  });

  it('is refused with a date of birth of another year than the request or the file says', () => {
    const refused = (facts: Partial<AddRegistration['data']>, birthYear: number, says: RegExp) =>
      given(met())
        .when(add({ region: 'KZ-19', ...facts, bornIn: 1971 }))
        .isRefused('birth-year-differs', { facts: { birthYear, bornIn: 1971 } }, says);
    refused({}, 1970, /^The file has birthYear 1970.*correct its birthYear first/);
    refused({ birthYear: 1970 }, 1970, /^The request has birthYear 1970/);
  });

  it('goes on in the area that covers one which is no more', () => {
    const inTaldykorgan = registered({
      authority: 'UNHCR',
      legalBasis: 'UNHCR-1950-STAT',
      registeredOn: '1996-04-01',
      region: 'KZ-TALDYKORGAN',
    });
    given(inTaldykorgan)
      .when(add({ authority: 'AMD', legalBasis: 'KZ-1998-RSD', registeredOn: '1998-06-20' }))
      .records(past.MigrantRegistered);
  });

  it('brings a status that may follow the one held, or the same', () => {
    const mandate = { status: 'mandate-refugee', legalBasis: 'UNHCR-1950-STAT' } as const;
    given(past.MigrantRegistered)
      .when(add(mandate))
      .records(registered({ ...mandate, authority: 'UNHCR', registeredOn: '1998-07-01' }));
    const returnee = registered({ status: 'ethnic-returnee', legalBasis: 'KZ-1997-MIG' });
    given(returnee)
      .when(add(mandate))
      .isRefused('status-not-allowed', {
        pointer: '/status',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
        facts: { from: 'ethnic-returnee', allowed: ['registered-foreigner', 'citizen'] },
      });
    // Also when it is entered late, and comes before what is there.
    given(returnee)
      .when(add({ ...mandate, registeredOn: '1997-07-01' }))
      .records(registered({ ...mandate, authority: 'UNHCR', registeredOn: '1997-07-01' }));
    given(registered({ status: 'refugee' }))
      .when(
        add({ authority: 'MOI', status: 'citizen', legalBasis: 'KZ-1991-CIT', registeredOn: '1997-07-01' }),
      )
      .isRefused('status-not-allowed', {
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
      });
  });

  it('does not come before the arrival, or before a meeting here that would come before the arrival', () => {
    given(past.MigrantRegistered)
      .when(add({ registeredOn: '1996-03-09' }))
      .isRefused('arrival-after-registration', {
        pointer: '/registeredOn',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }],
      });
    given(unarrived())
      .when(add({ arrivedOn: '1998-06-21' }))
      .isRefused('arrival-after-registration', {
        pointer: '/arrivedOn',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
      });
    given(past.MigrantEncountered)
      .when(add({ region: 'KZ-19', arrivedOn: '1997-05-11' }))
      .isRefused('would-contradict', {
        pointer: '/arrivedOn',
        contradicts: [{ version: 1, type: 'MigrantEncountered', on: '1997-05-10' }],
      });
    given(past.MigrantRegistered)
      .when(add({ registeredOn: '2000' }))
      .isRefused('date-in-future', { pointer: '/registeredOn' });
  });

  it('may lie before the flight that brought the person', () => {
    given(unarrived(), past.MigrantArrived)
      .when(add({ registeredOn: '1998-06-22' }))
      .records(
        registered({
          authority: 'UNHCR',
          legalBasis: 'UNHCR-1950-STAT',
          arrivedOn: '1998-06-26',
          registeredOn: '1998-06-22',
          late: false,
        }),
      );
  });
});

describe('changing a status', () => {
  it('records the status that it replaces', () => {
    given(past.MigrantRegistered).when(change()).records(past.StatusChanged);
  });

  it('records nothing when that very decision is there', () => {
    given(past.MigrantRegistered, past.StatusChanged).when(change()).recordsNothing();
  });

  it('is refused for the status held already, and where no path leads', () => {
    given(past.MigrantRegistered, past.StatusChanged)
      .when(change({ effectiveOn: '1998-09-02' }))
      .isRefused('status-not-allowed', {
        pointer: '/to',
        contradicts: [{ version: 2, type: 'StatusChanged', on: '1998-09-01' }],
      });
    given(past.MigrantRegistered, past.StatusChanged)
      .when(change({ to: 'rejected', effectiveOn: '1998-09-02' }))
      .isRefused('status-not-allowed', {
        pointer: '/to',
        facts: {
          from: 'refugee',
          allowed: [
            'convention-refugee',
            'mandate-refugee',
            'ethnic-returnee',
            'registered-foreigner',
            'citizen',
          ],
        },
      });
  });

  it('is refused for a status held already, whichever of the two days is known better', () => {
    const recognised = (effectiveOn: string): CaseEvent => ({
      type: 'StatusChanged',
      data: { ...past.StatusChanged.data, effectiveOn },
    });
    const refused = (held: string, asked: string) =>
      given(past.MigrantRegistered, recognised(held))
        .when(change({ effectiveOn: asked }))
        .isRefused(
          'status-not-allowed',
          { pointer: '/to', contradicts: [{ version: 2, type: 'StatusChanged', on: held }] },
          /^The person is refugee by event 2 .* already.*record first what lay between/,
        );
    refused('1998', '1998-09-01');
    refused('1998-09', '1998-09-01');
    refused('1998-09-01', '1998');
    refused('1998', '1998-09');
    refused('1998', '1999-03-01');
    refused('1998-09-01', '1998-08-01');
  });

  it('may come before a registration that brought the status along', () => {
    const inMoscow = registered({ status: 'refugee', registeredOn: '1999-03-01' });
    const unhcr = registered({
      authority: 'UNHCR',
      legalBasis: 'UNHCR-1950-STAT',
      registeredOn: '1998-01-10',
    });
    given(unhcr, inMoscow)
      .when(change({ effectiveOn: '1998' }))
      .records({
        type: 'StatusChanged',
        data: { ...past.StatusChanged.data, effectiveOn: '1998' },
      });
  });

  it('of an earlier day fits between the decisions before and after it', () => {
    const closed: CaseEvent = {
      type: 'StatusChanged',
      data: {
        from: 'asylum-seeker',
        to: 'claim-closed',
        legalBasis: 'KZ-1998-RSD',
        issuer: 'AMD',
        effectiveOn: '1999-01-10',
      },
    };
    given(past.MigrantRegistered, closed)
      .when(change({ to: 'rejected' }))
      .records({ type: 'StatusChanged', data: { ...past.StatusChanged.data, to: 'rejected' } });
    given(past.MigrantRegistered, closed)
      .when(change())
      .isRefused('status-not-allowed', {
        pointer: '/to',
        contradicts: [{ version: 2, type: 'StatusChanged', on: '1999-01-10' }],
      });
  });

  it('whose day is not known takes a place that the other decisions leave', () => {
    const rejected: CaseEvent = {
      type: 'StatusChanged',
      data: { ...past.StatusChanged.data, to: 'rejected' },
    };
    // An appeal won, later in 1998.
    given(past.MigrantRegistered, rejected)
      .when(change({ effectiveOn: '1998' }))
      .records({
        type: 'StatusChanged',
        data: { ...past.StatusChanged.data, from: 'rejected', effectiveOn: '1998' },
      });
    // Nobody is rejected after being recognised, so it was before.
    const recognised: CaseEvent = {
      type: 'StatusChanged',
      data: {
        ...past.StatusChanged.data,
        to: 'mandate-refugee',
        legalBasis: 'UNHCR-1950-STAT',
        issuer: 'UNHCR',
      },
    };
    given(past.MigrantRegistered, recognised)
      .when(change({ to: 'rejected', effectiveOn: '1998' }))
      .records({
        type: 'StatusChanged',
        data: { ...past.StatusChanged.data, to: 'rejected', effectiveOn: '1998' },
      });
  });

  it('must be dated better where it could stand in two places', () => {
    const foreigner = registered({
      authority: 'MOI',
      status: 'registered-foreigner',
      legalBasis: 'KZ-1995-FOR',
      registeredOn: '1998-01-10',
    });
    const decided = (from: StatusCode, to: StatusCode, effectiveOn: string): CaseEvent => ({
      type: 'StatusChanged',
      data: { from, to, legalBasis: 'KZ-1997-MIG', issuer: 'AMD', effectiveOn },
    });
    const history = [
      foreigner,
      decided('registered-foreigner', 'asylum-seeker', '1998-03-01'),
      decided('asylum-seeker', 'registered-foreigner', '1998-05-01'),
      decided('registered-foreigner', 'political-asylum', '1999-01-01'),
    ];
    const work = (effectiveOn: string) =>
      change({ to: 'guest-worker', legalBasis: 'KZ-1990-EMP', effectiveOn });
    given(...history)
      .when(work('1998'))
      .isRefused('status-not-allowed', { pointer: '/to' });
    given(...history)
      .when(work('1998-02'))
      .records({
        type: 'StatusChanged',
        data: {
          ...past.StatusChanged.data,
          from: 'registered-foreigner',
          to: 'guest-worker',
          legalBasis: 'KZ-1990-EMP',
          effectiveOn: '1998-02',
        },
      });
  });

  it('comes after the first registration', () => {
    given().when(change()).isRefused('not-registered');
    given(past.MigrantEncountered)
      .when(change())
      .isRefused('not-registered', { pointer: '/effectiveOn' }, /Register the person first, then decide/);
    given(past.MigrantRegistered)
      .when(change({ effectiveOn: '1998-06-19' }))
      .isRefused(
        'not-registered',
        {
          pointer: '/effectiveOn',
          contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
          facts: { registeredOn: '1998-06-20' },
        },
        /the first registration is of 1998-06-20\. Check effectiveOn/,
      );
  });

  it('was made on a day of the law that it rests on, where its own day is not known', () => {
    const foreigner = {
      authority: 'MOI',
      status: 'registered-foreigner',
      legalBasis: 'KZ-1995-FOR',
    } as const;
    const returnee = change({
      to: 'ethnic-returnee',
      legalBasis: 'KZ-1992-IMM',
      effectiveOn: '1997',
    });
    given(unarrived({ ...foreigner, registeredOn: '1997-12-20' }))
      .when(returnee)
      .isRefused(
        'not-registered',
        { pointer: '/effectiveOn' },
        /^From 1997-01-01 to 1997-12-13, while that law/,
      );
    given(past.MigrantRegistered, died('1999-02'))
      .when(change({ legalBasis: 'KZ-1998-ACC', to: 'convention-refugee', effectiveOn: '1999' }))
      .isRefused('would-contradict', {
        pointer: '/effectiveOn',
        contradicts: [{ version: 2, type: 'MigrantDied', on: '1999-02' }],
      });
    // The citizenship is that of a day on which the law was in force.
    const unhcr = unarrived({
      authority: 'UNHCR',
      legalBasis: 'UNHCR-1950-STAT',
      registeredOn: '1998-01-10',
    });
    given(unhcr, corrected({ field: 'citizenship', from: 'AFG', to: 'RUS', validFrom: '1998-03' }))
      .when(change({ effectiveOn: '1998' }))
      .isRefused('nationality-excluded');
  });

  it('comes before death', () => {
    given(past.MigrantRegistered, died('1998-08-31'))
      .when(change())
      .isRefused('would-contradict', {
        pointer: '/effectiveOn',
        contradicts: [{ version: 2, type: 'MigrantDied', on: '1998-08-31' }],
      });
    given(past.MigrantRegistered, died('1998')).when(change()).records(past.StatusChanged);
  });

  it('is not made for a day to come', () => {
    given(past.MigrantRegistered)
      .when(change({ effectiveOn: '2000-01-01' }))
      .isRefused('date-in-future', { pointer: '/effectiveOn' });
  });
});

describe('moving within the country', () => {
  it('records the new region, also before the registration (scenario A16)', () => {
    given(past.MigrantRegistered).when(relocate('KZ-75', '1998-11')).records(past.MigrantRelocated);
    given(past.MigrantRegistered)
      .when(relocate('KZ-TALDYKORGAN', '1996-03-10'))
      .records({ type: 'MigrantRelocated', data: { region: 'KZ-TALDYKORGAN', relocatedOn: '1996-03-10' } });
  });

  it('may be to an area that came into being later in that year', () => {
    given(past.MigrantRegistered)
      .when({ type: 'Relocate', data: { region: 'KZ-33', relocatedOn: '2022', today: '2022-12-31' } })
      .records({ type: 'MigrantRelocated', data: { region: 'KZ-33', relocatedOn: '2022' } });
  });

  it('records nothing for someone who lives there', () => {
    given(past.MigrantRegistered).when(relocate('KZ-19', '1998-11')).recordsNothing();
    given(past.MigrantRegistered, past.MigrantRelocated)
      .when(relocate('KZ-75', '1998-12-01'))
      .recordsNothing();
  });

  it('is refused while the person is abroad, unless a day is left at home', () => {
    const gone = { contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1998-09-01' }] };
    given(past.MigrantRegistered, left('1998-09-01'))
      .when(relocate('KZ-75', '1998-11'))
      .isRefused(
        'would-contradict',
        { pointer: '/relocatedOn', ...gone },
        /on 1998-09-01 \(event 2\) and has not returned since, so cannot have moved within the country/,
      );
    given(past.MigrantRegistered, left('1998-09-01'), back('1998-12-01'))
      .when(relocate('KZ-75', '1998-11'))
      .isRefused('would-contradict', gone, /and returned on 1998-12-01 \(event 3\), so cannot/);
    for (const on of ['1998-08-31', '1998-09', '1998']) {
      given(past.MigrantRegistered, left('1998-09-01'))
        .when(relocate('KZ-75', on))
        .records({ type: 'MigrantRelocated', data: { region: 'KZ-75', relocatedOn: on } });
    }
    given(past.MigrantRegistered, left('1998-09'), back('1998-11'))
      .when(relocate('KZ-75', '1998-11'))
      .records(past.MigrantRelocated);
    given(past.MigrantRegistered, past.MigrantRelocated)
      .when(depart('1998-09', '1999-01'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 2, type: 'MigrantRelocated', on: '1998-11' }],
      });
  });

  it('is refused before the arrival, after death, for days to come and for areas that were not there', () => {
    given(past.MigrantRegistered)
      .when(relocate('KZ-75', '1996-03-09'))
      .isRefused('would-contradict', {
        pointer: '/relocatedOn',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }],
      });
    given(past.MigrantRegistered, died('1998-10'))
      .when(relocate('KZ-75', '1998-11'))
      .isRefused('would-contradict', { contradicts: [{ version: 2, type: 'MigrantDied', on: '1998-10' }] });
    given(past.MigrantRegistered)
      .when(relocate('KZ-75', '2000'))
      .isRefused('date-in-future', { pointer: '/relocatedOn' });
    given(past.MigrantRegistered)
      .when(relocate('KZ-33', '1998-11'))
      .isRefused('region-not-valid-on-date', { pointer: '/region', facts: { successor: 'KZ-19' } });
  });
});

describe('leaving the country and coming back', () => {
  it('records a departure, a return and a whole trip', () => {
    given(past.MigrantRegistered).when(depart('1999-03-01')).records(left('1999-03-01'));
    given(past.MigrantRegistered, left('1999-03')).when(returns('1999-08')).records(back('1999-08'));
    given(past.MigrantRegistered)
      .when(depart('1997-01', '1997-03'))
      .records(left('1997-01'), back('1997-03'));
  });

  it('keeps where the person went, unless it is home', () => {
    const departure = { ...past.MigrantDeparted.data, today };
    given(past.MigrantRegistered)
      .when({ type: 'RecordDeparture', data: departure })
      .records(past.MigrantDeparted);
    given(past.MigrantRegistered)
      .when({ type: 'RecordDeparture', data: { ...departure, destination: 'KAZ' } })
      .isRefused('destination-at-home', { pointer: '/destination' });
  });

  // Unlike a status, a move may come again within the year or month that a date leaves open.
  it('records nothing for a move of a day that is there, but another in the same year', () => {
    const history = [past.MigrantRegistered, left('1999-03-01'), back('1999-08-01')];
    given(...history)
      .when(depart('1999-03-01'))
      .recordsNothing();
    given(...history)
      .when(returns('1999-08-01'))
      .recordsNothing();
    given(...history)
      .when(depart('1999-03-01', '1999-08-01'))
      .recordsNothing();
    given(past.MigrantRegistered, left('1999'), back('1999')).when(depart('1999')).records(left('1999'));
  });

  it('records nothing for the same words about the last move or a trip, however little they say', () => {
    given(past.MigrantRegistered, left('1998-11')).when(depart('1998-11')).recordsNothing();
    given(past.MigrantRegistered, left('1998-11'), died('1999')).when(depart('1998-11')).recordsNothing();
    given(past.MigrantRegistered, left('1998'), back('1999')).when(returns('1999')).recordsNothing();
    const history = [past.MigrantRegistered, left('1998'), back('1998')];
    given(...history, left('1999-03'))
      .when(depart('1998', '1998'))
      .recordsNothing();
    given(...history)
      .when(depart('1998', '1998-12'))
      .records(left('1998'), back('1998-12'));
  });

  it('says in plain words why it cannot have been', () => {
    const refused = (history: CaseEvent[], command: CaseCommand, says: RegExp) =>
      given(...history)
        .when(command)
        .isRefused('would-contradict', {}, says);
    const here = past.MigrantRegistered;
    refused(
      [unarrived()],
      returns('1999'),
      /^The person has not departed, so cannot have returned in 1999\./,
    );
    refused(
      [here, left('1999-03-01')],
      returns('1999-02'),
      /^The person departed on 1999-03-01 \(event 2\), so cannot have returned before, in 1999-02\./,
    );
    refused(
      [here, left('1998'), back('1998-12-01')],
      returns('1999'),
      /^The person returned on 1998-12-01 \(event 3\) and has not departed since\./,
    );
    refused(
      [here, left('1998')],
      depart('1999'),
      /^The person departed in 1998 \(event 2\) and has not returned since\. Record the return first\./,
    );
    refused(
      [here],
      depart('1996-02'),
      /^The person was not here yet in 1996-02: the arrival on 1996-03-10 \(event 1\) came first\./,
    );
    refused([unarrived()], depart('1998-05'), /: the registration on 1998-06-20 \(event 1\) came first\./);
    refused([here, died('1998')], depart('1999'), /^This contradicts the death in 1998 \(event 2\)\./);
  });

  it('is refused before the arrival, with the event it contradicts (scenario A16)', () => {
    const contradicts = [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }];
    const refused = { pointer: '/departedOn', contradicts };
    given(past.MigrantRegistered).when(depart('1996-03-09')).isRefused('would-contradict', refused);
    given(past.MigrantRegistered).when(depart('1995', '1996-02')).isRefused('would-contradict', refused);
    given(past.MigrantRegistered).when(depart('1996')).records(left('1996'));
  });

  it('is refused while the arrival is unknown before the first meeting or registration', () => {
    given(met(), unarrived())
      .when(depart('1997-05-09'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 1, type: 'MigrantEncountered', on: '1997-05-10' }],
      });
    given(unarrived())
      .when(depart('1998-06-19'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
      });
  });

  it('is refused for someone who was never here', () => {
    given(met({ place: { country: 'IRN' } }))
      .when(depart('1998'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 1, type: 'MigrantEncountered', on: '1997-05-10' }],
      });
  });

  it('is refused twice in a row', () => {
    given(past.MigrantRegistered, left('1997'))
      .when(depart('1999-03-01'))
      .isRefused('would-contradict', { contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1997' }] });
    given(past.MigrantRegistered, left('1997'), back('1998'))
      .when(returns('1999-03-01'))
      .isRefused('would-contradict', {
        pointer: '/returnedOn',
        contradicts: [{ version: 3, type: 'MigrantReturned', on: '1998' }],
      });
    given(past.MigrantRegistered)
      .when(returns('1999-03-01'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }],
      });
  });

  it('of an earlier day needs the return too, and fits between the other moves', () => {
    const history = [past.MigrantRegistered, left('1998-09'), back('1998-12')];
    given(...history)
      .when(depart('1997-01-01'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1998-09' }],
      });
    given(...history)
      .when(depart('1997-01-01', '1997-02'))
      .records(left('1997-01-01'), back('1997-02'));
    given(...history)
      .when(depart('1998-08', '1998-10-01'))
      .isRefused('would-contradict');
    given(...history)
      .when(depart('1998', '1998'))
      .records(left('1998'), back('1998'));
  });

  it('is refused a second time where the date of the first is only known by the year', () => {
    given(past.MigrantRegistered, left('1998'))
      .when(depart('1998-09-01'))
      .isRefused('would-contradict', { contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1998' }] });
    given(past.MigrantRegistered, left('1997'), back('1998'))
      .when(returns('1998-09-01'))
      .isRefused('would-contradict', { contradicts: [{ version: 3, type: 'MigrantReturned', on: '1998' }] });
    given(past.MigrantRegistered, died('1998'))
      .when(dies('1998-09-01'))
      .isRefused('would-contradict', { contradicts: [{ version: 2, type: 'MigrantDied', on: '1998' }] });
    given(past.MigrantRegistered, {
      type: 'MigrantRelocated',
      data: { region: 'KZ-75', relocatedOn: '1998' },
    })
      .when(relocate('KZ-75', '1998-09-01'))
      .recordsNothing();
  });

  it('finds days for all that is only known by the year', () => {
    // Away from 1997 to February 1997, and from March to May: the open departure was the first.
    given(past.MigrantRegistered, left('1997-03'), back('1997-05'), left('1997'))
      .when(returns('1997-02'))
      .records(back('1997-02'));
  });

  it('is refused where the return lies before the departure, and for days to come', () => {
    given(past.MigrantRegistered)
      .when(depart('1998-09', '1998-08'))
      .isRefused('return-before-departure', { pointer: '/returnedOn' });
    given(past.MigrantRegistered)
      .when(depart('2000'))
      .isRefused('date-in-future', { pointer: '/departedOn' });
    given(past.MigrantRegistered)
      .when(depart('1999', '2000'))
      .isRefused('date-in-future', { pointer: '/returnedOn' });
    given(past.MigrantRegistered, left('1999'))
      .when(returns('2000'))
      .isRefused('date-in-future', { pointer: '/returnedOn' });
  });
});

describe('a death', () => {
  it('is recorded once, at home or abroad', () => {
    given(past.MigrantRegistered).when(dies('1999-10-02')).records(past.MigrantDied);
    given(past.MigrantRegistered, left('1999-03')).when(dies('1999-10-02')).records(past.MigrantDied);
    given(past.MigrantRegistered, past.MigrantDied).when(dies('1999-10-02')).recordsNothing();
    given(past.MigrantRegistered, past.MigrantDied)
      .when(dies('1999-10-03'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 2, type: 'MigrantDied', on: '1999-10-02' }],
      });
  });

  it('is refused before anything else that the person lived to see', () => {
    given(past.MigrantRegistered, past.StatusChanged, left('1999-03'))
      .when(dies('1998-06-01'))
      .isRefused('would-contradict', {
        pointer: '/diedOn',
        contradicts: [
          { version: 1, type: 'MigrantRegistered', on: '1998-06-20' },
          { version: 2, type: 'StatusChanged', on: '1998-09-01' },
          { version: 3, type: 'MigrantDeparted', on: '1999-03' },
        ],
      });
    given(past.MigrantRegistered).when(dies('2000')).isRefused('date-in-future', { pointer: '/diedOn' });
  });

  it('ends everything', () => {
    const contradicts = [{ version: 2, type: 'MigrantDied', on: '1998-08' }];
    const history = [past.MigrantRegistered, died('1998-08')];
    given(...history)
      .when(depart('1998-09'))
      .isRefused('would-contradict', { contradicts });
    given(...history)
      .when(add({ registeredOn: '1998-09' }))
      .isRefused('would-contradict', { contradicts });
    given(...history)
      .when(arrive('1998-09'))
      .isRefused('would-contradict', { contradicts });
    given(...history)
      .when({ type: 'JoinManifest', data: past.ManifestJoined.data })
      .isRefused('not-alive', { pointer: '/case', contradicts });
  });
});

describe('an arrival by a flight', () => {
  it('sets the arrival that was unknown: the registration may lie before it', () => {
    given(unarrived()).when(arrive('1998-06-26')).records(past.MigrantArrived);
    given(met({ place: { country: 'IRN' } }))
      .when(arrive('1998-06-26'))
      .records(past.MigrantArrived);
  });

  it('is a return for someone who had left', () => {
    given(past.MigrantRegistered, left('1998-06-21')).when(arrive('1998-06-26')).records(past.MigrantArrived);
    given(past.MigrantRegistered, left('1998-06-21'), past.MigrantArrived)
      .when(depart('1998-07'))
      .records(left('1998-07'));
    given(unarrived(), left('1998-06-21'), past.MigrantArrived)
      .when(depart('1998-07'))
      .records(left('1998-07'));
  });

  it('records nothing a second time for that flight', () => {
    given(unarrived(), past.MigrantArrived).when(arrive('1998-06-26')).recordsNothing();
  });

  it('is refused for someone who was here', () => {
    given(past.MigrantRegistered)
      .when(arrive('1998-06-26'))
      .isRefused('would-contradict', {
        pointer: '/arrivedOn',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }],
      });
    given(met())
      .when(arrive('1998-06-26'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 1, type: 'MigrantEncountered', on: '1997-05-10' }],
      });
    given(unarrived(), past.MigrantArrived)
      .when(arrive('1998-07-26', 'f-2'))
      .isRefused('would-contradict', {
        contradicts: [{ version: 2, type: 'MigrantArrived', on: '1998-06-26' }],
      });
  });

  it('is refused for a day to come', () => {
    given(unarrived()).when(arrive('2000')).isRefused('date-in-future', { pointer: '/arrivedOn' });
  });

  it('frees the case for another flight', () => {
    const other = { type: 'ManifestJoined', data: { flight: 'f-2', passenger: 'p-9' } } as const;
    given(unarrived(), past.ManifestJoined, past.MigrantArrived)
      .when({ type: 'JoinManifest', data: other.data })
      .records(other);
    given(unarrived(), other, past.MigrantArrived)
      .when({ type: 'JoinManifest', data: other.data })
      .recordsNothing();
  });
});

describe('a file', () => {
  const flags = (...events: CaseEvent[]) => {
    const state = events.reduce(caseFile.evolve, caseFile.initial);
    return state.known ? flagsOf(state) : undefined;
  };
  const landed = (arrivedOn: string): CaseEvent => ({
    type: 'MigrantArrived',
    data: { ...past.MigrantArrived.data, arrivedOn },
  });

  it('is flagged where the first registration was late, by whatever the arrival came to be known', () => {
    const late = { late: true, registeredBeforeArrival: false };
    const told = corrected({ field: 'arrivedOn', from: null, to: '1998-06-14' });
    expect(flags(past.MigrantRegistered)).toEqual(late);
    expect(flags(unarrived(), landed('1998-06-14'))).toEqual(late);
    expect(flags(unarrived(), told)).toEqual(late);
    expect(flags(met({ place: { country: 'IRN' } }), landed('1998-06-14'), unarrived())).toEqual(late);
  });

  it('is flagged where someone was registered first and flown in later', () => {
    const before = { late: false, registeredBeforeArrival: true };
    expect(flags(unarrived(), landed('1998-06-26'))).toEqual(before);
    expect(flags(met({ place: { country: 'IRN' } }), unarrived(), landed('1998-06-21'))).toEqual(before);
  });

  it('is not flagged for what is not certain, not known or in time', () => {
    const none = { late: false, registeredBeforeArrival: false };
    const withArrival = (on: string) => corrected({ field: 'arrivedOn', from: null, to: on });
    expect(flags(unarrived())).toEqual(none);
    expect(flags(past.MigrantEncountered, landed('1998-06-26'))).toEqual(none);
    expect(flags(unarrived(), landed('1998-06-20'))).toEqual(none);
    expect(flags(unarrived(), landed('1998-06-15'))).toEqual(none);
    expect(flags(unarrived(), withArrival('1998'))).toEqual(none);
    expect(flags(unarrived({ registeredOn: '1998-06' }), landed('1998-06-26'))).toEqual(none);
  });
});

describe('the manifest of a flight', () => {
  const join = { type: 'JoinManifest', data: { flight: 'f-1', passenger: 'p-1' } } as const;
  const leave = { type: 'LeaveManifest', data: { flight: 'f-1', passenger: 'p-1', why: 'no-show' } } as const;

  it('takes a person on, once', () => {
    given(past.MigrantRegistered).when(join).records(past.ManifestJoined);
    given(past.MigrantRegistered, past.ManifestJoined).when(join).recordsNothing();
  });

  it('is refused to someone on another one, or on it as another passenger', () => {
    given(past.MigrantRegistered, past.ManifestJoined)
      .when({ type: 'JoinManifest', data: { flight: 'f-2', passenger: 'p-2' } })
      .isRefused('on-another-manifest', { pointer: '/case', facts: { flight: 'f-1', passenger: 'p-1' } });
    given(past.MigrantRegistered, past.ManifestJoined)
      .when({ type: 'JoinManifest', data: { flight: 'f-1', passenger: 'p-2' } })
      .isRefused('on-another-manifest', { pointer: '/case' });
  });

  it('lets a person go, who may join again', () => {
    given(past.MigrantRegistered, past.ManifestJoined).when(leave).records(past.ManifestLeft);
    given(past.MigrantRegistered, past.ManifestJoined, past.ManifestLeft)
      .when(join)
      .records(past.ManifestJoined);
  });

  it('has nothing to let go where the person is not on it', () => {
    given(past.MigrantRegistered).when(leave).recordsNothing();
    given(past.MigrantRegistered, past.ManifestJoined)
      .when({ type: 'LeaveManifest', data: { ...leave.data, flight: 'f-2' } })
      .recordsNothing();
    given(past.MigrantRegistered, past.ManifestJoined)
      .when({ type: 'LeaveManifest', data: { ...leave.data, passenger: 'p-2' } })
      .recordsNothing();
  });

  it('is not for a case that does not exist', () => {
    given().when(join).isRefused('case-unknown', { pointer: '/case' });
  });
});

describe('correcting a case', () => {
  const file = past.MigrantRegistered;

  it('records what was held and what is right', () => {
    given(file)
      .when(correct({ field: 'citizenship', from: 'AFG', to: 'IRN', validFrom: '1999-02' }))
      .records(past.CaseCorrected);
    given(met())
      .when(correct({ field: 'habitualResidence', from: null, to: 'RUS' }))
      .records(corrected({ field: 'habitualResidence', from: null, to: 'RUS' }));
    given(file)
      .when(correct({ field: 'placeFled', from: { country: 'AFG' }, to: { country: 'IRN' } }))
      .records(corrected({ field: 'placeFled', from: { country: 'AFG' }, to: { country: 'IRN' } }));
    given(file)
      .when(correct({ field: 'sex', from: 'M', to: 'F' }))
      .records(corrected({ field: 'sex', from: 'M', to: 'F' }));
    given(file)
      .when(correct({ field: 'birthYear', from: 1961, to: 1916 }))
      .records(corrected({ field: 'birthYear', from: 1961, to: 1916 }));
  });

  it('records nothing where nothing is wrong', () => {
    given(file)
      .when(correct({ field: 'sex', from: 'M', to: 'M' }))
      .recordsNothing();
  });

  it('is refused when the file does not hold `from`, and says what it holds', () => {
    const refused = (data: CaseCorrection & { validFrom?: string }, ...held: string[]) =>
      given(file, past.StatusChanged)
        .when(correct(data))
        .isRefused('from-not-held', { pointer: '/from', facts: { held } });
    refused({ field: 'citizenship', from: 'IRN', to: 'PAK' }, 'AFG');
    refused({ field: 'citizenship', from: null, to: 'PAK' }, 'AFG');
    refused(
      { field: 'placeFled', from: { country: 'AFG', area: 'AF-KDZ' }, to: { country: 'IRN' } },
      '{"country":"AFG"}',
    );
    refused({ field: 'sex', from: 'F', to: 'M' }, 'M');
    refused({ field: 'birthYear', from: 1960, to: 1962 }, '1961');
    refused({ field: 'region', from: 'KZ-75', to: 'KZ-71' }, 'KZ-19');
    refused({ field: 'region', from: 'KZ-19', to: 'KZ-71', validFrom: '1998-06-19' });
    refused({ field: 'arrivedOn', from: '1996', to: '1995' }, '1996-03-10');
    refused({ field: 'registeredOn', from: '1998', to: '1997' }, '1998-06-20');
    refused({ field: 'authority', from: 'MOI', to: 'UNHCR' }, 'AMD');
    const moved = corrected({ field: 'citizenship', from: 'AFG', to: 'IRN', validFrom: '1999-02' });
    given(file, moved)
      .when(correct({ field: 'citizenship', from: 'AFG', to: 'PAK', validFrom: '1999-03-01' }))
      .isRefused('from-not-held', { facts: { held: ['IRN'] } });
  });

  it('with a day is for what can change: not for a birth, an arrival or a registration', () => {
    const refused = { pointer: '/validFrom' };
    const validFrom = '1998-07-01';
    given(file)
      .when(correct({ field: 'birthYear', from: 1961, to: 1960, validFrom }))
      .isRefused('not-dated', refused);
    given(file)
      .when(correct({ field: 'arrivedOn', from: '1996-03-10', to: '1996', validFrom }))
      .isRefused('not-dated', refused);
    given(file)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1998', validFrom }))
      .isRefused('not-dated', refused);
    given(file)
      .when(correct({ field: 'authority', from: 'AMD', to: 'MOI', validFrom }))
      .isRefused('not-dated', refused);
    given(file)
      .when(correct({ field: 'sex', from: 'M', to: 'F', validFrom: '2000' }))
      .isRefused('date-in-future', refused);
  });

  it('keeps to the map and to the length of a life', () => {
    given(file)
      .when(correct({ field: 'placeFled', from: { country: 'AFG' }, to: { country: 'AFG', area: 'RU-CE' } }))
      .isRefused('area-not-in-country', { pointer: '/to/area' });
    given(file)
      .when(correct({ field: 'region', from: 'KZ-19', to: 'KZ-TALDYKORGAN' }))
      .isRefused('region-not-valid-on-date', { pointer: '/to', facts: { successor: 'KZ-19' } });
    given(file)
      .when(correct({ field: 'birthYear', from: 1961, to: 1997 }))
      .isRefused('birth-year-implausible', { pointer: '/to' });
  });

  it('keeps the order of arrival, registration and what followed', () => {
    given(file)
      .when(correct({ field: 'arrivedOn', from: '1996-03-10', to: '1998-06-21' }))
      .isRefused('arrival-after-registration', {
        pointer: '/to',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1998-06-20' }],
      });
    given(file)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1996-03-09' }))
      .isRefused('arrival-after-registration', {
        pointer: '/to',
        contradicts: [{ version: 1, type: 'MigrantRegistered', on: '1996-03-10' }],
      });
    given(file, left('1997'), back('1998-01'))
      .when(correct({ field: 'arrivedOn', from: '1996-03-10', to: '1998-02' }))
      .isRefused('would-contradict', {
        pointer: '/to',
        contradicts: [
          { version: 2, type: 'MigrantDeparted', on: '1997' },
          { version: 3, type: 'MigrantReturned', on: '1998-01' },
        ],
      });
    given(unarrived(), left('1998-07'))
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1998-08-01' }))
      .isRefused('would-contradict', {
        contradicts: [{ version: 2, type: 'MigrantDeparted', on: '1998-07' }],
      });
    given(file, past.StatusChanged)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1998-09-02' }))
      .isRefused('would-contradict', {
        pointer: '/to',
        contradicts: [{ version: 2, type: 'StatusChanged', on: '1998-09-01' }],
      });
    given(file)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '2000' }))
      .isRefused('date-in-future', { pointer: '/to' });
    given(file)
      .when(correct({ field: 'arrivedOn', from: '1996-03-10', to: '2000' }))
      .isRefused('date-in-future', { pointer: '/to' });
  });

  it('lets the arrival by a flight stay behind the registration', () => {
    given(unarrived(), past.MigrantArrived)
      .when(correct({ field: 'arrivedOn', from: '1998-06-26', to: '1998-06-27' }))
      .records(corrected({ field: 'arrivedOn', from: '1998-06-26', to: '1998-06-27' }));
    given(unarrived(), past.MigrantArrived)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1998-06-21' }))
      .records(corrected({ field: 'registeredOn', from: '1998-06-20', to: '1998-06-21' }));
  });

  it('judges a registration by the law and the map of its new date, and by its new authority', () => {
    given(file)
      .when(correct({ field: 'registeredOn', from: '1998-06-20', to: '1998-03-31' }))
      .isRefused('framework-not-in-force', { pointer: '/to' });
    given(
      registered({
        legalBasis: 'UNHCR-1950-STAT',
        authority: 'UNHCR',
        registeredOn: '1997-01-10',
        region: 'KZ-TALDYKORGAN',
      }),
    )
      .when(correct({ field: 'registeredOn', from: '1997-01-10', to: '1998-01-10' }))
      .isRefused('region-not-valid-on-date', { pointer: '/to' });
    given(file)
      .when(correct({ field: 'authority', from: 'AMD', to: 'MOI' }))
      .isRefused('issuer-not-entitled', { pointer: '/to' });
    given(registered({ legalBasis: 'KZ-2009-REF', registeredOn: '2010-06-20' }))
      .when({
        type: 'CorrectCase',
        data: { field: 'authority', from: 'AMD', to: 'MOI', reasonCode: 'misread', today: '2011-01-01' },
      })
      .records({
        type: 'CaseCorrected',
        data: { field: 'authority', from: 'AMD', to: 'MOI', reasonCode: 'misread' },
      });
  });

  it('does not put a person on one list twice', () => {
    const unhcr = registered({
      authority: 'UNHCR',
      legalBasis: 'UNHCR-1950-STAT',
      registeredOn: '1998-07-01',
    });
    given(file, unhcr)
      .when(correct({ field: 'authority', from: 'AMD', to: 'UNHCR' }))
      .isRefused('already-registered-with', {
        pointer: '/to',
        contradicts: [{ version: 2, type: 'MigrantRegistered', on: '1998-07-01' }],
      });
  });

  it('puts the statuses that a corrected registration brings where they may stand', () => {
    const unhcr = registered({
      authority: 'UNHCR',
      status: 'mandate-refugee',
      legalBasis: 'UNHCR-1950-STAT',
      registeredOn: '1997-07-01',
    });
    // The Agency's asylum-seeker would become a mandate refugee, and then recognised: as good as before.
    given(unhcr, file, past.StatusChanged)
      .when(correct({ field: 'registeredOn', from: '1997-07-01', to: '1998-07-01' }))
      .records(corrected({ field: 'registeredOn', from: '1997-07-01', to: '1998-07-01' }));
    const closed: CaseEvent = {
      type: 'StatusChanged',
      data: {
        from: 'asylum-seeker',
        to: 'claim-closed',
        legalBasis: 'KZ-1998-RSD',
        issuer: 'AMD',
        effectiveOn: '1998-09-01',
      },
    };
    given(unhcr, file, closed)
      .when(correct({ field: 'registeredOn', from: '1997-07-01', to: '1998-07-01' }))
      .isRefused('status-not-allowed', { pointer: '/to' });
  });
});

describe('correcting personal details', () => {
  it('keeps to the year of birth that the file holds, which is corrected first', () => {
    const details = { type: 'CorrectPersonDetails', data: { fields: ['birth'], bornIn: 1962 } } as const;
    const year = { field: 'birthYear', from: 1961, to: 1962 } as const;
    const recorded = { type: 'PersonDetailsCorrected', data: { fields: ['birth'] } } as const;
    given(past.MigrantRegistered)
      .when(details)
      .isRefused(
        'birth-year-differs',
        { pointer: '/birth/date', facts: { birthYear: 1961, bornIn: 1962 } },
        /^The file has birthYear 1961, and birth\.date is of 1962\..*correct its birthYear first/,
      );
    given(past.MigrantRegistered).when(correct(year)).records(corrected(year));
    given(past.MigrantRegistered, corrected(year)).when(details).records(recorded);
    const { birthYear: _, ...data } = past.MigrantRegistered.data;
    given({ type: 'MigrantRegistered', data }).when(details).records(recorded);
    given(past.MigrantRegistered)
      .when({ type: 'CorrectPersonDetails', data: { fields: ['names'], bornIn: 1962 } })
      .records({ type: 'PersonDetailsCorrected', data: { fields: ['names'] } });
  });

  it('says which, and never what', () => {
    given(past.MigrantRegistered)
      .when({ type: 'CorrectPersonDetails', data: { fields: ['names', 'birth'] } })
      .records(past.PersonDetailsCorrected);
    given(past.MigrantRegistered)
      .when({ type: 'CorrectPersonDetails', data: { fields: [] } })
      .recordsNothing();
  });
});

describe('a case', () => {
  it('is kept by the office that opened it', () => {
    const state = [met({ office: 'atyrau' }), registered({ office: 'almaty' })].reduce(
      caseFile.evolve,
      caseFile.initial,
    );
    expect(caseFile.office?.(state)).toBe('atyrau');
    expect(caseFile.office?.(caseFile.initial)).toBeUndefined();
  });

  it('knows the day on which each event became true, where there is one', () => {
    const days = Object.values(past).map((event) => [event.type, caseFile.occurredOn(event)]);
    expect(Object.fromEntries(days)).toEqual({
      MigrantEncountered: '1997-05-10',
      MigrantRegistered: '1998-06-20',
      StatusChanged: '1998-09-01',
      CaseCorrected: '1999-02',
      PersonDetailsCorrected: null,
      MigrantRelocated: '1998-11',
      MigrantArrived: '1998-06-26',
      MigrantDeparted: '1999-03-01',
      MigrantReturned: '1999-08',
      MigrantDied: '1999-10-02',
      ManifestJoined: null,
      ManifestLeft: null,
    });
    expect(caseFile.occurredOn(corrected({ field: 'sex', from: 'M', to: 'F' }))).toBeNull();
  });

  it('is there only once someone was met or registered', () => {
    given().when(add()).isRefused('case-unknown');
    given(past.StatusChanged).when(relocate('KZ-75', '1998')).isRefused('case-unknown');
  });
});

it.each(Object.values(past))('keeps the stored shape of $type', (event) => {
  expect(event).toMatchSnapshot();
});
