import { v7 as uuidv7 } from 'uuid';
import { type Bad, raw } from './bad-requests.js';
import { AHMAD, JEDDAH_ALMATY, OVER_4000 } from './requests.js';

const many = (count: number, item: object) => Array.from({ length: count }, () => item);

/** A registration with one thing changed. */
const registering = (what: string, change: object, answer: string): Bad => [
  what,
  'POST /cases',
  { ...AHMAD, ...change },
  answer,
];
const named = (what: string, change: object, answer: string): Bad =>
  registering(what, { person: { names: [{ ...AHMAD.person.names[0], ...change }] } }, answer);
const REQUIRED = [
  'person',
  'sex',
  'citizenship',
  'placeFled',
  'registeredOn',
  'authority',
  'status',
  'legalBasis',
  'region',
];
const IN_1997 = { arrivedOn: '1997-01-09', registeredOn: '1997-01-10' };
const DOCUMENT = { type: 'tazkira', number: '1340-771', issuer: 'AFG' };

export const REGISTRATIONS: readonly Bad[] = [
  ...REQUIRED.map((field) => registering(`no ${field}`, { [field]: undefined }, `422 #/${field} required`)),
  registering('no country', { placeFled: {} }, '422 #/placeFled/country required'),
  registering(
    'a town',
    { placeFled: { country: 'AFG', town: 'Kunduz' } },
    '422 #/placeFled/town unknown-field',
  ),
  registering('Chechnya', { placeFled: { country: 'Chechnya' } }, '422 #/placeFled/country country-unknown'),
  registering('a country of two letters', { citizenship: 'AF' }, '422 #/citizenship country-unknown'),
  registering('a country in small letters', { citizenship: 'afg' }, '422 #/citizenship country-unknown'),
  registering('a number as country', { citizenship: 4 }, '422 #/citizenship country-unknown'),
  registering('an unknown area', { region: 'KZ-99' }, '422 #/region area-unknown'),
  registering('a place as text', { placeFled: 'AFG' }, '422 #/placeFled not-an-object'),
  registering('a place as a list', { placeFled: [] }, '422 #/placeFled not-an-object'),
  registering('a place as null', { placeFled: null }, '422 #/placeFled not-an-object'),
  registering('30 February', { registeredOn: '1998-02-30' }, '422 #/registeredOn date-impossible'),
  registering('month 13', { registeredOn: '1998-13' }, '422 #/registeredOn date-impossible'),
  registering('a date as people write it', { registeredOn: '26.06.1998' }, '422 #/registeredOn not-a-date'),
  registering(
    'a date with a time',
    { registeredOn: '1998-06-26T00:00:00Z' },
    '422 #/registeredOn not-a-date',
  ),
  registering('a date as a number', { registeredOn: 1998 }, '422 #/registeredOn not-a-date'),
  registering('an unknown law', { legalBasis: 'KZ-1998-XXX' }, '422 #/legalBasis legal-basis-unknown'),
  registering('an unknown status', { status: 'oralman' }, '422 #/status not-one-of'),
  registering('an unknown authority', { authority: 'FBI' }, '422 #/authority not-one-of'),
  registering('a sex in words', { sex: 'male' }, '422 #/sex not-one-of'),
  registering('a year of birth in words', { birthYear: '1961' }, '422 #/birthYear not-a-number'),
  registering('half a year of birth', { birthYear: 1961.5 }, '422 #/birthYear not-a-number'),
  registering('a null for what may be left out', { birthYear: null }, '422 #/birthYear not-a-number'),
  registering('a year of birth long ago', { birthYear: 1066 }, '422 #/birthYear out-of-range'),
  registering('nobody', { person: { names: [] } }, '422 #/person/names wrong-length'),
  registering('names as text', { person: { names: 'Ahmad' } }, '422 #/person/names not-a-list'),
  registering('a list of text', { person: { names: ['Ahmad'] } }, '422 #/person/names not-an-object'),
  named('a name that is none', { full: '   ' }, '422 #/person/names/0/full wrong-length'),
  named('a name as a number', { full: 7 }, '422 #/person/names/0/full not-text'),
  named('a name of 300', { full: 'x'.repeat(300) }, '422 #/person/names/0/full wrong-length'),
  named('a name with a NUL', { full: 'Ahmad\u0000' }, '422 #/person/names/0/full control-characters'),
  named('half a character', { full: 'Ahmad \ud800' }, '422 #/person/names/0/full control-characters'),
  named('an unknown script', { script: 'Grek' }, '422 #/person/names/0/script not-one-of'),
  registering(
    '21 documents',
    { person: { ...AHMAD.person, documents: many(21, DOCUMENT) } },
    '422 #/person/documents wrong-length',
  ),
  registering(
    'a birth on no day',
    { person: { ...AHMAD.person, birth: { date: '1961-02-29' } } },
    '422 #/person/birth/date date-impossible',
  ),
  registering(
    'a date before the calendar',
    { registeredOn: '1000-01-01' },
    '422 #/registeredOn date-impossible',
  ),
  registering(
    'two years of birth',
    { person: { ...AHMAD.person, birth: { date: '1962-03-21' } } },
    '409 birth-year-differs #/person/birth/date',
  ),
  registering(
    'a birth to come',
    { birthYear: undefined, person: { ...AHMAD.person, birth: { date: '2005' } } },
    '409 birth-year-implausible #/person/birth/date',
  ),
  registering('a date to come', { registeredOn: '2999-01-01' }, '409 date-in-future #/registeredOn'),
  registering(
    'arrival after registration',
    { arrivedOn: '1998-06-27' },
    '409 arrival-after-registration #/arrivedOn',
  ),
  registering('a law not in force', IN_1997, '409 framework-not-in-force #/legalBasis'),
  registering('a status not on offer', { status: 'convention-refugee' }, '409 status-not-offered #/status'),
  registering('an issuer not entitled', { authority: 'MOI' }, '409 issuer-not-entitled #/authority'),
  registering('a nationality shut out', { citizenship: 'TJK' }, '409 nationality-excluded #/legalBasis'),
  registering('a year of birth to come', { birthYear: 2005 }, '409 birth-year-implausible #/birthYear'),
  registering('a region abroad', { region: 'RU-CE' }, '409 area-not-in-country #/region'),
  registering(
    'an area of another country',
    { placeFled: { country: 'AFG', area: 'RU-CE' } },
    '409 area-not-in-country #/placeFled/area',
  ),
];

const IN_1999 = { diedOn: '1999' };
const AGAIN = { authority: 'AMD', status: 'asylum-seeker', legalBasis: 'KZ-1998-RSD', registeredOn: '1999' };
const DECISION = { to: 'refugee', legalBasis: 'KZ-1998-RSD', issuer: 'AMD', effectiveOn: '1999' };
const KUNDUZ = { country: 'AFG', town: 'Kunduz' };
const CAPITALS = '0192F0C4-7A10-7CC3-9E6B-2F1D5C3A8B01';
const correcting = (what: string, field: string, from: unknown, to: unknown, answer: string): Bad => [
  what,
  'POST /cases/:case/corrections',
  { field, from, to, reasonCode: 'other' },
  answer,
];

export const CHANGES: readonly Bad[] = [
  [
    'a place that is none',
    'POST /encounters',
    { metOn: '1997', place: { country: 'Kazakhstan' } },
    '422 #/place/country country-unknown',
  ],
  [
    'an encounter to come',
    'POST /encounters',
    { metOn: '2999', place: { country: 'KAZ' } },
    '409 date-in-future #/metOn',
  ],
  [
    'an encounter with two years of birth',
    'POST /encounters',
    {
      metOn: '1997',
      place: { country: 'KAZ' },
      birthYear: 1961,
      person: { ...AHMAD.person, birth: { date: '1962' } },
    },
    '409 birth-year-differs #/person/birth/date',
  ],
  ['registered already', 'POST /cases/:case/registrations', AGAIN, '409 already-registered-with #/authority'],
  ['a correction of nothing', 'POST /cases/:case/corrections', {}, '422 #/field required'],
  correcting('a correction of an unknown field', 'name', 'a', 'b', '422 #/field not-one-of'),
  correcting('a correction to the wrong kind', 'birthYear', 1961, 'AFG', '422 #/to not-a-number'),
  correcting('a correction from null', 'region', null, 'KZ-19', '422 #/from area-unknown'),
  correcting(
    'a correction to a name',
    'placeFled',
    { country: 'AFG' },
    { country: 'Kunduz' },
    '422 #/to country-unknown',
  ),
  correcting('a correction to a town', 'placeFled', { country: 'AFG' }, KUNDUZ, '422 #/to not-a-place'),
  correcting('a correction from what is not held', 'sex', 'F', 'U', '409 from-not-held #/from'),
  [
    'an unknown reason',
    'POST /estimates/:estimate/retraction',
    { reasonCode: 'because' },
    '422 #/reasonCode not-one-of',
  ],
  [
    'a departure before the arrival',
    'POST /cases/:case/departures',
    { departedOn: '1996', kind: 'permanent' },
    '409 would-contradict #/departedOn',
  ],
  ['a departure of no kind', 'POST /cases/:case/departures', { departedOn: '1999' }, '422 #/kind required'],
  [
    'a return of someone who is here',
    'POST /cases/:case/returns',
    { returnedOn: '1999' },
    '409 would-contradict #/returnedOn',
  ],
  [
    'a death before the arrival',
    'POST /cases/:case/deaths',
    { diedOn: '1990' },
    '409 would-contradict #/diedOn',
  ],
  [
    'a region that was not there',
    'POST /cases/:case/relocations',
    { region: 'KZ-33', relocatedOn: '1999' },
    '409 region-not-valid-on-date #/region',
  ],
  ['a person without names', 'PUT /cases/:case/person', {}, '422 #/names required'],
  [
    'a birth of another year than the file has',
    'PUT /cases/:case/person',
    { ...AHMAD.person, birth: { date: '1962-03-21' } },
    '409 birth-year-differs #/birth/date',
  ],
  ['a case that is not there', 'POST /cases/:absent/deaths', IN_1999, '404 not-found'],
  ['a case that is no id', 'POST /cases/17/deaths', IN_1999, '404 not-found'],
  ['a case in capital letters', `POST /cases/${CAPITALS}/deaths`, IN_1999, '404 not-found'],
  ['a decision by someone else', 'POST /cases/:case/status-changes', DECISION, '403 forbidden'],
];

const flying = (what: string, change: object, answer: string): Bad => [
  what,
  'POST /flights',
  { ...JEDDAH_ALMATY, ...change },
  answer,
];
const boarding = (what: string, path: string, body: unknown, answer: string): Bad => [
  what,
  `POST /flights/:flight/${path}`,
  body,
  answer,
];
const ANYONE = uuidv7();
const LANDED = { airport: 'ALA', arrivedAt: '1998-06-26T04:30:00Z', onBoard: 1 };
const STOPPED = { airport: 'TAS', landedAt: '1998-06-26T04:30:00Z' };

export const FLIGHTS: readonly Bad[] = [
  flying('an airport in words', { from: 'Jeddah' }, '422 #/from airport-unknown'),
  flying('an airport that nobody knows', { from: 'QQQ' }, '422 #/from airport-unknown'),
  flying('an airport nearly known', { to: 'ALK' }, '422 #/to airport-unknown'),
  flying('a moment without offset', { departsAt: '1998-06-26T04:30:00' }, '422 #/departsAt not-an-instant'),
  flying('a moment on 31 June', { departsAt: '1998-06-31T04:30:00Z' }, '422 #/departsAt not-an-instant'),
  flying('hour 25', { departsAt: '1998-06-26T25:00:00Z' }, '422 #/departsAt not-an-instant'),
  flying('offset 99', { departsAt: '1998-06-26T04:30:00+99:00' }, '422 #/departsAt not-an-instant'),
  flying('no seats', { seats: 0 }, '422 #/seats out-of-range'),
  flying('unknown funding', { funding: 'lottery' }, '422 #/funding not-one-of'),
  flying('a flight to where it starts', { to: 'JED' }, '409 same-airport #/to'),
  flying(
    'an airport of another country',
    { departureCountry: 'IRN' },
    '409 airport-not-in-country #/departureCountry',
  ),
  boarding('no passengers', 'passengers', { passengers: [] }, '422 #/passengers wrong-length'),
  boarding(
    '501 passengers',
    'passengers',
    { passengers: many(501, { listName: 'x' }) },
    '422 #/passengers wrong-length',
  ),
  boarding(
    'a passenger of neither kind',
    'passengers',
    { passengers: [{}] },
    '422 #/passengers/0 case-or-list-name',
  ),
  boarding(
    'a passenger of both kinds',
    'passengers',
    { passengers: [{ case: ANYONE, listName: 'x' }] },
    '422 #/passengers/0 case-or-list-name',
  ),
  boarding(
    'a passenger whose case is not there',
    'passengers',
    { passengers: [{ listName: 'x' }, { case: ANYONE }] },
    '409 case-unknown #/passengers/1/case',
  ),
  boarding(
    'more passengers than seats',
    'passengers',
    { passengers: many(185, { listName: 'x' }) },
    '409 seats-exceeded #/passengers/184',
  ),
  boarding('an empty manifest', 'manifest', {}, '409 empty-manifest'),
  boarding('an empty manifest, and a body of no bytes', 'manifest', raw(''), '409 empty-manifest'),
  boarding('boarding from a draft', 'boardings', { passengers: [ANYONE] }, '409 manifest-not-finalised'),
  boarding('a passenger that is no id', 'boardings', { passengers: ['Zia'] }, '422 #/passengers not-an-id'),
  boarding(
    'a passenger named twice',
    'boardings',
    { passengers: [ANYONE, ANYONE] },
    '422 #/passengers repeated-item',
  ),
  boarding(
    'a departure without a number',
    'departure',
    { departedAt: LANDED.arrivedAt },
    '422 #/onBoard required',
  ),
  boarding(
    'a diversion to nowhere',
    'diversion',
    { ...STOPPED, airport: 'QQQ', left: [] },
    '422 #/airport airport-unknown',
  ),
  boarding('an arrival before the departure', 'arrival', LANDED, '409 flight-not-departed'),
  boarding('a diversion without who left', 'diversion', STOPPED, '422 #/left required'),
  boarding('a cancellation without a reason', 'cancellation', {}, '422 #/reasonCode required'),
  [
    'a passenger who is not on the list',
    'DELETE /flights/:flight/passengers/:absent',
    undefined,
    '409 passenger-unknown',
  ],
  ['a flight that is not there', 'POST /flights/:absent/manifest', {}, '404 not-found'],
];

const estimating = (what: string, change: object, answer: string): Bad => [
  what,
  'POST /estimates',
  { ...OVER_4000, ...change },
  answer,
];
const EXACTLY_10 = { qualifier: 'exact', value: 10 };
const component = (country: string, value: number) => ({
  components: [{ placesFled: [{ country }], qualifier: 'exact', value }],
});

export const ESTIMATES: readonly Bad[] = [
  estimating('a negative number', { value: -1 }, '422 #/value out-of-range'),
  estimating('nothing as reported', { asReported: '' }, '422 #/asReported wrong-length'),
  estimating(
    'a component in Chechnya',
    component('Chechnya', 1),
    '422 #/components/0/placesFled/0/country country-unknown',
  ),
  estimating(
    '0 for what was not quantified',
    { qualifier: 'unquantified', value: 0 },
    '409 unquantified-has-value #/value',
  ),
  estimating('a qualifier without its number', { value: undefined }, '409 value-missing #/value'),
  estimating('half a range', { qualifier: 'range', value: undefined, low: 1 }, '409 range-incomplete #/high'),
  estimating(
    'a range upside down',
    { qualifier: 'range', value: undefined, low: 9, high: 1 },
    '409 range-reversed #/high',
  ),
  estimating(
    'a period upside down',
    { period: { from: '1997', to: '1994' } },
    '409 period-reversed #/period/to',
  ),
  estimating(
    'more in parts than in all',
    { ...EXACTLY_10, ...component('AFG', 11) },
    '409 components-exceed-total #/components/0',
  ),
  [
    'no such successor',
    'POST /estimates/:estimate/supersession',
    { by: ANYONE },
    '409 estimate-unknown #/by',
  ],
  [
    'itself as successor',
    'POST /estimates/:estimate/supersession',
    { by: ':estimate' },
    '409 superseded-by-itself #/by',
  ],
];
