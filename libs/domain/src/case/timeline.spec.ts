import { describe, expect, it } from '@jest/globals';
import { caseFile } from './case.decider.js';
import type { CaseCorrection, CaseEvent, MigrantEncountered, MigrantRegistered } from './case.events.js';
import { stretchOn, timelineOf } from './timeline.js';

/** A woman from Grozny, met in Shymkent in May 1997 and registered by UNHCR in Almaty in June 1998. */
const met = (change: Partial<MigrantEncountered['data']> = {}): CaseEvent => ({
  type: 'MigrantEncountered',
  data: { office: 'shymkent', metOn: '1997-05-10', place: { country: 'KAZ', area: 'KZ-61' }, ...change },
});
const registered = (change: Partial<MigrantRegistered['data']> = {}): CaseEvent => ({
  type: 'MigrantRegistered',
  data: {
    office: 'almaty',
    authority: 'UNHCR',
    status: 'mandate-refugee',
    legalBasis: 'UNHCR-1950-STAT',
    citizenship: 'RUS',
    placeFled: { country: 'RUS', area: 'RU-CE' },
    registeredOn: '1998-06-20',
    region: 'KZ-75',
    sex: 'F',
    birthYear: 1970,
    late: false,
    ...change,
  },
});
const arrivedOn = (day: string) => registered({ arrivedOn: day });
const left = (departedOn: string): CaseEvent => ({
  type: 'MigrantDeparted',
  data: { departedOn, kind: 'temporary' },
});
const back = (returnedOn: string): CaseEvent => ({ type: 'MigrantReturned', data: { returnedOn } });
const died = (diedOn: string): CaseEvent => ({ type: 'MigrantDied', data: { diedOn } });
const flew = (arrivedOn: string): CaseEvent => ({
  type: 'MigrantArrived',
  data: { flight: 'f-1', passenger: 'p-1', airport: 'ALA', arrivedOn },
});
const moved = (region: string, relocatedOn: string): CaseEvent => ({
  type: 'MigrantRelocated',
  data: { region, relocatedOn },
});
const changed = (
  from: 'mandate-refugee' | 'asylum-seeker',
  to: 'asylum-seeker' | 'refugee' | 'citizen',
  effectiveOn: string,
): CaseEvent => ({
  type: 'StatusChanged',
  data: { from, to, legalBasis: 'KZ-1997-MIG', issuer: 'AMD', effectiveOn },
});
const corrected = (data: CaseCorrection & { validFrom?: string }): CaseEvent => ({
  type: 'CaseCorrected',
  data: { ...data, reasonCode: 'document-seen' },
});

const timeline = (...events: CaseEvent[]) => timelineOf(events.reduce(caseFile.evolve, caseFile.initial));
/** The days of presence: `from/to`, where `..` is open. */
const days = (...events: CaseEvent[]) => timeline(...events).map(({ from, to }) => `${from}/${to ?? '..'}`);
/** What one field was, and from which day. */
const course = <Field extends keyof ReturnType<typeof timeline>[number]>(
  field: Field,
  ...events: CaseEvent[]
) => timeline(...events).map((stretch) => [stretch.from, stretch[field]]);

describe('the timeline of a case', () => {
  it('says what held of a person on every day of presence', () => {
    expect(timeline(met(), registered())).toEqual([
      {
        from: '1997-05-10',
        to: '1998-06-20',
        registration: 'encountered',
        authorities: [],
        status: 'prospective-asylum-seeker',
        citizenship: 'RUS',
        placeFled: { country: 'RUS', area: 'RU-CE' },
        region: 'KZ-61',
        sex: 'F',
        birthYear: 1970,
      },
      {
        from: '1998-06-20',
        to: null,
        registration: 'registered',
        authorities: ['UNHCR'],
        status: 'mandate-refugee',
        citizenship: 'RUS',
        placeFled: { country: 'RUS', area: 'RU-CE' },
        region: 'KZ-75',
        sex: 'F',
        birthYear: 1970,
      },
    ]);
  });

  it('says that nothing is known of someone who was only met', () => {
    expect(timeline(met({ place: { country: 'KAZ' } }))).toEqual([
      {
        from: '1997-05-10',
        to: null,
        registration: 'encountered',
        authorities: [],
        status: 'prospective-asylum-seeker',
        citizenship: 'UKN',
        placeFled: { country: 'UKN' },
        region: null,
        sex: 'U',
        birthYear: null,
      },
    ]);
  });

  it('is empty before anything happened, and for someone who was only met abroad', () => {
    expect(timeline()).toEqual([]);
    expect(timeline(left('1997'), back('1998'))).toEqual([]);
    expect(timeline(met({ place: { country: 'IRN' } }))).toEqual([]);
    expect(days(met({ place: { country: 'IRN' } }), flew('1998-06-26'))).toEqual(['1998-06-26/..']);
  });

  it('answers for one day', () => {
    const state = [met(), registered(), left('1998-09-01')].reduce(caseFile.evolve, caseFile.initial);
    expect(stretchOn(state, '1997-05-09')).toBeUndefined();
    expect(stretchOn(state, '1998-06-19')?.registration).toBe('encountered');
    expect(stretchOn(state, '1998-06-20')?.registration).toBe('registered');
    expect(stretchOn(state, '1998-08-31')?.to).toBe('1998-09-01');
    expect(stretchOn(state, '1998-09-01')).toBeUndefined();
  });
});

describe('presence', () => {
  it('begins with the arrival, or with the first meeting or registration while that is unknown', () => {
    expect(days(arrivedOn('1996-03-10'))).toEqual(['1996-03-10/1998-06-20', '1998-06-20/..']);
    expect(days(registered())).toEqual(['1998-06-20/..']);
    expect(days(met(), registered())).toEqual(['1997-05-10/1998-06-20', '1998-06-20/..']);
    expect(days(registered(), corrected({ field: 'arrivedOn', from: null, to: '1998-06-18' }))).toEqual([
      '1998-06-18/1998-06-20',
      '1998-06-20/..',
    ]);
  });

  it('begins with the flight for someone who was registered for it', () => {
    expect(days(registered(), flew('1998-06-26'))).toEqual(['1998-06-26/..']);
  });

  it('ends with a departure or death, and begins again with a return, be it by a flight', () => {
    expect(days(registered(), left('1998-09-01'))).toEqual(['1998-06-20/1998-09-01']);
    expect(days(registered(), left('1998-09-01'), back('1999-01-01'))).toEqual([
      '1998-06-20/1998-09-01',
      '1999-01-01/..',
    ]);
    expect(days(registered(), left('1998-09-01'), flew('1999-01-01'), died('1999-02-01'))).toEqual([
      '1998-06-20/1998-09-01',
      '1999-01-01/1999-02-01',
    ]);
    expect(days(registered(), left('1998-09-01'), died('1999-02-01'))).toEqual(['1998-06-20/1998-09-01']);
  });

  it('has room for a trip of an earlier day', () => {
    const history = [registered(), left('1999-03-01'), back('1999-04-01')];
    expect(days(...history, left('1998-09-01'), back('1998-10-01'))).toEqual([
      '1998-06-20/1998-09-01',
      '1998-10-01/1999-03-01',
      '1999-04-01/..',
    ]);
  });

  it('does not go on after death, whatever a stream says', () => {
    expect(days(registered(), died('1998-09-01'), back('1998-10-01'))).toEqual(['1998-06-20/1998-09-01']);
  });

  it('is never of no days', () => {
    expect(days(registered(), left('1998-06-20'), back('1998-06-20'), died('1998-06-20'))).toEqual([]);
  });
});

describe('a date of which the day is unknown', () => {
  it('is the first day that it may mean, but never before what it must follow', () => {
    expect(days(registered({ arrivedOn: '1996' }), left('1998'), back('1998-03'))).toEqual([
      '1996-01-01/1998-01-01',
      '1998-03-01/1998-06-20',
      '1998-06-20/..',
    ]);
    expect(days(registered(), left('1998'), back('1998-09'))).toEqual(['1998-09-01/..']);
    expect(course('status', registered(), changed('mandate-refugee', 'citizen', '1998'))).toEqual([
      ['1998-06-20', 'citizen'],
    ]);
    expect(course('registration', met(), registered({ registeredOn: '1997' }))).toEqual([
      ['1997-05-10', 'registered'],
    ]);
  });

  it('gives way when other dates leave it no day there', () => {
    const here = arrivedOn('1996-03-10');
    const trip = [left('1997-03'), back('1997-05')];
    // Whoever leaves in 1997 for an unknown time leaves after the trip, and has not returned.
    expect(days(here, ...trip, left('1997'))).toEqual(['1996-03-10/1997-03-01']);
    // Back in February, it was before the trip.
    expect(days(here, ...trip, left('1997'), back('1997-02'))).toEqual([
      '1996-03-10/1997-01-01',
      '1997-02-01/1997-03-01',
      '1997-05-01/1998-06-20',
      '1998-06-20/..',
    ]);
  });

  it('is taken as later than what was recorded before it, where it may be', () => {
    expect(course('region', registered(), moved('KZ-61', '1998'))).toEqual([['1998-06-20', 'KZ-61']]);
    expect(course('region', registered(), moved('KZ-61', '1998-05'))).toEqual([['1998-06-20', 'KZ-75']]);
  });
});

describe('a decision of which the day is unknown', () => {
  const under = (legalBasis: string, registeredOn: string, change: Partial<MigrantRegistered['data']> = {}) =>
    registered({ authority: 'AMD', status: 'convention-refugee', legalBasis, registeredOn, ...change });
  const recognised = (legalBasis: string, effectiveOn: string): CaseEvent => ({
    type: 'StatusChanged',
    data: { from: 'mandate-refugee', to: 'convention-refugee', legalBasis, issuer: 'AMD', effectiveOn },
  });

  it('was taken no earlier than the first day of its law: so was the registration that rests on it', () => {
    const entry = under('KZ-1998-ACC', '1999');
    expect(timeline(entry)).toMatchObject([{ from: '1999-04-15', to: null, status: 'convention-refugee' }]);
    const here = under('KZ-1998-ACC', '1999', { arrivedOn: '1998-11-02' });
    expect(timeline(here)).toMatchObject([
      { from: '1998-11-02', to: '1999-04-15', registration: 'none', status: 'prospective-asylum-seeker' },
      { from: '1999-04-15', to: null, registration: 'registered', authorities: ['AMD'] },
    ]);
    expect(course('status', registered(), recognised('KZ-1998-ACC', '1999'))).toEqual([
      ['1998-06-20', 'mandate-refugee'],
      ['1999-04-15', 'convention-refugee'],
    ]);
  });

  it('keeps to the law when the date is corrected', () => {
    const entry = under('KZ-1998-ACC', '2000-02-01', { arrivedOn: '1998-11-02' });
    expect(
      course('status', entry, corrected({ field: 'registeredOn', from: '2000-02-01', to: '1999' })),
    ).toEqual([
      ['1998-11-02', 'prospective-asylum-seeker'],
      ['1999-04-15', 'convention-refugee'],
    ]);
  });
});

describe('status', () => {
  it('before the first registration is what the person was then, unregistered', () => {
    expect(course('status', arrivedOn('1998-06-01'))).toEqual([
      ['1998-06-01', 'prospective-asylum-seeker'],
      ['1998-06-20', 'mandate-refugee'],
    ]);
    const returnee = registered({ status: 'ethnic-returnee', arrivedOn: '1998-06-01' });
    expect(course('status', returnee)).toEqual([
      ['1998-06-01', 'ethnic-returnee'],
      ['1998-06-20', 'ethnic-returnee'],
    ]);
    expect(course('registration', returnee)).toEqual([
      ['1998-06-01', 'none'],
      ['1998-06-20', 'registered'],
    ]);
  });

  it('changes on the day of the decision, in whatever order the decisions were entered', () => {
    const asylum = registered({ authority: 'AMD', status: 'asylum-seeker', legalBasis: 'KZ-1998-RSD' });
    const expected = [
      ['1998-06-20', 'asylum-seeker'],
      ['1998-09-01', 'refugee'],
      ['1999-05-01', 'citizen'],
    ];
    const refuge = changed('asylum-seeker', 'refugee', '1998-09-01');
    const citizen = changed('asylum-seeker', 'citizen', '1999-05-01');
    expect(course('status', asylum, refuge, citizen)).toEqual(expected);
    expect(course('status', asylum, citizen, refuge)).toEqual(expected);
  });
});

describe('registration', () => {
  it('is with everyone who has the person on a list', () => {
    const agency = registered({ authority: 'AMD', registeredOn: '1998-07-01' });
    const ministry = registered({ authority: 'MOI', registeredOn: '1998-07-15' });
    expect(course('authorities', registered(), ministry, agency)).toEqual([
      ['1998-06-20', ['UNHCR']],
      ['1998-07-01', ['AMD', 'UNHCR']],
      ['1998-07-15', ['AMD', 'MOI', 'UNHCR']],
    ]);
  });

  it('takes its day, its status and its region along when it is corrected', () => {
    const fix = corrected({ field: 'registeredOn', from: '1998-06-20', to: '1998-02-01' });
    expect(days(met(), registered(), fix)).toEqual(['1997-05-10/1998-02-01', '1998-02-01/..']);
    expect(course('status', met(), registered(), fix).at(-1)).toEqual(['1998-02-01', 'mandate-refugee']);
    expect(course('region', met(), registered(), fix).at(-1)).toEqual(['1998-02-01', 'KZ-75']);
    const again = corrected({ field: 'registeredOn', from: '1998-02-01', to: '1998-03' });
    expect(course('region', met(), registered(), fix, again).at(-1)).toEqual(['1998-03-01', 'KZ-75']);
  });

  it('is with the right authority once that is corrected', () => {
    const fix = corrected({ field: 'authority', from: 'UNHCR', to: 'AMD' });
    expect(course('authorities', registered(), fix)).toEqual([['1998-06-20', ['AMD']]]);
  });
});

describe('residence', () => {
  it('before the registration is where the person was first known to live (scenario A16)', () => {
    const almaty = registered({ region: 'KZ-19', arrivedOn: '1996-03-10' });
    expect(course('region', almaty)).toEqual([
      ['1996-03-10', 'KZ-19'],
      ['1998-06-20', 'KZ-19'],
    ]);
    expect(course('region', almaty, moved('KZ-TALDYKORGAN', '1996-03-10'))).toEqual([
      ['1996-03-10', 'KZ-TALDYKORGAN'],
      ['1998-06-20', 'KZ-19'],
    ]);
  });

  it('follows the moves, in whatever order they were entered', () => {
    const expected = [
      ['1998-06-20', 'KZ-75'],
      ['1998-09-01', 'KZ-61'],
      ['1999-01-01', 'KZ-35'],
    ];
    expect(course('region', registered(), moved('KZ-61', '1998-09'), moved('KZ-35', '1999'))).toEqual(
      expected,
    );
    expect(course('region', registered(), moved('KZ-35', '1999'), moved('KZ-61', '1998-09'))).toEqual(
      expected,
    );
  });

  it('is not moved by a second registration, which repeats it', () => {
    const second = registered({ authority: 'AMD', registeredOn: '1998-09-01' });
    expect(course('region', registered(), second, moved('KZ-61', '1998-08-01')).slice(1)).toEqual([
      ['1998-08-01', 'KZ-61'],
      ['1998-09-01', 'KZ-61'],
    ]);
  });
});

describe('a correction', () => {
  it('without a day was always so', () => {
    const fix = corrected({ field: 'citizenship', from: 'RUS', to: 'TJK' });
    expect(course('citizenship', met(), registered(), fix)).toEqual([
      ['1997-05-10', 'TJK'],
      ['1998-06-20', 'TJK'],
    ]);
    const place = { country: 'TJK', area: 'TJ-KT' };
    expect(
      course(
        'placeFled',
        registered(),
        corrected({ field: 'placeFled', from: { country: 'RUS', area: 'RU-CE' }, to: place }),
      ),
    ).toEqual([['1998-06-20', place]]);
    expect(course('sex', met(), corrected({ field: 'sex', from: null, to: 'F' }))).toEqual([
      ['1997-05-10', 'F'],
    ]);
    expect(course('birthYear', met(), corrected({ field: 'birthYear', from: null, to: 1970 }))).toEqual([
      ['1997-05-10', 1970],
    ]);
    expect(
      course('birthYear', registered(), corrected({ field: 'birthYear', from: 1970, to: 1907 })),
    ).toEqual([['1998-06-20', 1907]]);
    expect(
      course('region', met(), registered(), corrected({ field: 'region', from: 'KZ-61', to: 'KZ-79' }))[0],
    ).toEqual(['1997-05-10', 'KZ-79']);
  });

  it('with a day is so from then on, until the next value that was recorded', () => {
    expect(
      course(
        'citizenship',
        registered(),
        corrected({ field: 'citizenship', from: 'RUS', to: 'KAZ', validFrom: '1999-05' }),
      ),
    ).toEqual([
      ['1998-06-20', 'RUS'],
      ['1999-05-01', 'KAZ'],
    ]);
    const fix = corrected({ field: 'region', from: 'KZ-75', to: 'KZ-19', validFrom: '1998-07-01' });
    expect(course('region', registered(), moved('KZ-61', '1998-09'), fix)).toEqual([
      ['1998-06-20', 'KZ-75'],
      ['1998-07-01', 'KZ-19'],
      ['1998-09-01', 'KZ-61'],
    ]);
  });

  it('of the area that was fled begins a new stretch', () => {
    const from = { country: 'RUS', area: 'RU-CE' };
    const to = { country: 'RUS', area: 'RU-IN' };
    const fix = corrected({ field: 'placeFled', from, to, validFrom: '1998-07-01' });
    expect(course('placeFled', registered(), fix)).toEqual([
      ['1998-06-20', from],
      ['1998-07-01', to],
    ]);
  });

  it('of one value leaves the others alone', () => {
    const history = [registered(), corrected({ field: 'sex', from: 'F', to: 'M', validFrom: '1999-01-01' })];
    expect(course('sex', ...history, corrected({ field: 'sex', from: 'M', to: 'U' }))).toEqual([
      ['1998-06-20', 'F'],
      ['1999-01-01', 'U'],
    ]);
  });
});

it('does not change with what has no bearing on it', () => {
  const before = timeline(registered());
  const others: CaseEvent[] = [
    { type: 'PersonDetailsCorrected', data: { fields: ['names'] } },
    { type: 'ManifestJoined', data: { flight: 'f-1', passenger: 'p-1' } },
    { type: 'ManifestLeft', data: { flight: 'f-1', passenger: 'p-1', why: 'removed' } },
    corrected({ field: 'habitualResidence', from: null, to: 'IRN' }),
  ];
  expect(timeline(registered(), ...others)).toEqual(before);
});
