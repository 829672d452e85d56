import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { connect, head } from '#event-store';
import { type Stack, startStack } from '../../../test/support/stack.js';
import { AHMAD, JEDDAH_ALMATY, OVER_4000 } from './requests.js';

type Problem = { code: string; detail: string; status: number; errors: { pointer: string; code: string }[] };
type Bad = readonly [
  what: string,
  request: string,
  body: unknown,
  answer: string,
  fault?: string | undefined,
  headers?: Readonly<Record<string, string | undefined>>,
];

let stack: Stack;
let pool: ReturnType<typeof connect>;
const ids = { case: '', flight: '', estimate: '', absent: uuidv7() };

beforeAll(async () => {
  stack = await startStack();
  pool = connect(stack.databaseUrl, 'kosh_api');
  const all = await stack.as(['registrar', 'flight-coordinator', 'analyst']);
  ids.case = (await all.did('/cases', AHMAD)).id;
  ids.flight = (await all.did('/flights', JEDDAH_ALMATY)).id;
  ids.estimate = (await all.did('/estimates', OVER_4000)).id;
});
afterAll(async () => {
  await pool?.end();
  await stack?.close();
});

const cases = (change: object): object => ({ ...AHMAD, ...change });
const without = (field: keyof typeof AHMAD): object =>
  Object.fromEntries(Object.entries(AHMAD).filter(([name]) => name !== field));
const flights = (change: object): object => ({ ...JEDDAH_ALMATY, ...change });
const estimates = (change: object): object => ({ ...OVER_4000, ...change });
const person = (change: object): object =>
  cases({ person: { names: [{ ...AHMAD.person.names[0], ...change }] } });
const raw = (text: string) => ({ raw: text });
const INVALID = '422 validation-failed';
const nested = (depth: number) => raw('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));

const BODIES: readonly Bad[] = [
  ['nothing at all', 'POST /cases', raw(''), '400 malformed-json'],
  ['half an object', 'POST /cases', raw('{"sex":'), '400 malformed-json'],
  ['a stray comma', 'POST /cases', raw('{"sex":"M",}'), '400 malformed-json'],
  ['XML', 'POST /cases', raw('<case/>'), '400 malformed-json'],
  [
    'broken UTF-8',
    'POST /cases',
    { bytes: [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d] },
    '400 malformed-json',
  ],
  ['null', 'POST /cases', raw('null'), INVALID, '# not-an-object'],
  ['a list', 'POST /cases', raw('[]'), INVALID, '# not-an-object'],
  ['a number', 'POST /cases', raw('42'), INVALID, '# not-an-object'],
  ['an empty object', 'POST /cases', {}, INVALID, '#/person required'],
  ['__proto__', 'POST /cases', raw('{"__proto__":{"admin":true}}'), INVALID, '#/__proto__ unknown-field'],
  [
    'constructor',
    'POST /cases',
    raw('{"constructor":{"prototype":{}}}'),
    INVALID,
    '#/constructor unknown-field',
  ],
  ['hasOwnProperty', 'POST /cases', cases({ hasOwnProperty: 1 }), INVALID, '#/hasOwnProperty unknown-field'],
  ['40 levels', 'POST /cases', nested(40), INVALID, '# too-deep'],
  ['30,000 levels', 'POST /cases', nested(30_000), INVALID, '# too-deep'],
  ['more than 256 KiB', 'POST /cases', cases({ note: 'x'.repeat(300_000) }), '413 payload-too-large'],
  ['text', 'POST /cases', AHMAD, '415 unsupported-media-type', undefined, { 'content-type': 'text/plain' }],
  [
    'a form',
    'POST /cases',
    raw('a=1'),
    '415 unsupported-media-type',
    undefined,
    {
      'content-type': 'application/x-www-form-urlencoded',
    },
  ],
  [
    'no type',
    'POST /cases',
    { bytes: [0x7b, 0x7d] },
    '415 unsupported-media-type',
    undefined,
    {
      'content-type': 'application/octet-stream',
    },
  ],
  ['an unknown field', 'POST /cases', cases({ nickname: 'Zia' }), INVALID, '#/nickname unknown-field'],
  [
    'an unknown nested field',
    'POST /cases',
    cases({ placeFled: { country: 'AFG', town: 'Kunduz' } }),
    INVALID,
    '#/placeFled/town unknown-field',
  ],
  ['an office of its own', 'POST /cases', cases({ office: 'Astana' }), INVALID, '#/office unknown-field'],
  ['an id of its own', 'POST /cases', cases({ id: uuidv7() }), INVALID, '#/id unknown-field'],
  [
    'a body where none belongs',
    'POST /flights/:flight/manifest',
    { version: 7 },
    INVALID,
    '#/version unknown-field',
  ],
];

const HEADERS: readonly Bad[] = [
  [
    'no key',
    'POST /cases',
    AHMAD,
    '400 idempotency-key-missing',
    undefined,
    { 'idempotency-key': undefined },
  ],
  ['an empty key', 'POST /cases', AHMAD, '400 idempotency-key-missing', undefined, { 'idempotency-key': '' }],
  ['an empty quoted key', 'POST /cases', AHMAD, '400 bad-header', undefined, { 'idempotency-key': '""' }],
  ['a key with a space', 'POST /cases', AHMAD, '400 bad-header', undefined, { 'idempotency-key': 'a b' }],
  ['a key in Latin-1', 'POST /cases', AHMAD, '400 bad-header', undefined, { 'idempotency-key': 'clé' }],
  ['a key of 256', 'POST /cases', AHMAD, '400 bad-header', undefined, { 'idempotency-key': 'k'.repeat(256) }],
  [
    'If-Match in words',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '400 bad-header',
    undefined,
    { 'if-match': 'latest' },
  ],
  [
    'If-Match *',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '400 bad-header',
    undefined,
    { 'if-match': '*' },
  ],
  [
    'If-Match 0',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '400 bad-header',
    undefined,
    { 'if-match': '"0"' },
  ],
  [
    'a weak If-Match',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '400 bad-header',
    undefined,
    { 'if-match': 'W/"1"' },
  ],
  [
    'half a quoted If-Match',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '400 bad-header',
    undefined,
    { 'if-match': '"1' },
  ],
  [
    'a stale If-Match',
    'POST /cases/:case/deaths',
    { diedOn: '1999' },
    '412 stale-version',
    undefined,
    { 'if-match': '"7"' },
  ],
  ['no token', 'POST /cases', AHMAD, '401 unauthenticated', undefined, { authorization: undefined }],
  [
    'a token that is none',
    'POST /cases',
    AHMAD,
    '401 unauthenticated',
    undefined,
    { authorization: 'Bearer x' },
  ],
  ['another scheme', 'POST /cases', AHMAD, '401 unauthenticated', undefined, { authorization: 'Basic eDp5' }],
];

const REGISTRATIONS: readonly Bad[] = [
  ...(Object.keys(AHMAD) as (keyof typeof AHMAD)[])
    .filter((field) => field !== 'birthYear' && field !== 'arrivedOn')
    .map((field): Bad => [`no ${field}`, 'POST /cases', without(field), INVALID, `#/${field} required`]),
  ['no country', 'POST /cases', cases({ placeFled: {} }), INVALID, '#/placeFled/country required'],
  [
    'Chechnya as a country',
    'POST /cases',
    cases({ placeFled: { country: 'Chechnya' } }),
    INVALID,
    '#/placeFled/country country-unknown',
  ],
  [
    'a country of two letters',
    'POST /cases',
    cases({ citizenship: 'AF' }),
    INVALID,
    '#/citizenship country-unknown',
  ],
  [
    'a country in small letters',
    'POST /cases',
    cases({ citizenship: 'afg' }),
    INVALID,
    '#/citizenship country-unknown',
  ],
  ['a number as country', 'POST /cases', cases({ citizenship: 4 }), INVALID, '#/citizenship country-unknown'],
  ['an unknown area', 'POST /cases', cases({ region: 'KZ-99' }), INVALID, '#/region area-unknown'],
  [
    'an area of another country',
    'POST /cases',
    cases({ placeFled: { country: 'AFG', area: 'RU-CE' } }),
    '409 area-not-in-country',
    '#/placeFled/area area-not-in-country',
  ],
  [
    'a region abroad',
    'POST /cases',
    cases({ region: 'RU-CE' }),
    '409 area-not-in-country',
    '#/region area-not-in-country',
  ],
  ['a place as text', 'POST /cases', cases({ placeFled: 'AFG' }), INVALID, '#/placeFled not-an-object'],
  ['a place as a list', 'POST /cases', cases({ placeFled: [] }), INVALID, '#/placeFled not-an-object'],
  ['a place as null', 'POST /cases', cases({ placeFled: null }), INVALID, '#/placeFled not-an-object'],
  [
    '30 February',
    'POST /cases',
    cases({ registeredOn: '1998-02-30' }),
    INVALID,
    '#/registeredOn date-impossible',
  ],
  ['month 13', 'POST /cases', cases({ registeredOn: '1998-13' }), INVALID, '#/registeredOn date-impossible'],
  [
    'a date as people write it',
    'POST /cases',
    cases({ registeredOn: '26.06.1998' }),
    INVALID,
    '#/registeredOn not-a-date',
  ],
  [
    'a date with a time',
    'POST /cases',
    cases({ registeredOn: '1998-06-26T00:00:00Z' }),
    INVALID,
    '#/registeredOn not-a-date',
  ],
  ['a date as a number', 'POST /cases', cases({ registeredOn: 1998 }), INVALID, '#/registeredOn not-a-date'],
  [
    'a date to come',
    'POST /cases',
    cases({ registeredOn: '2999-01-01' }),
    '409 date-in-future',
    '#/registeredOn date-in-future',
  ],
  [
    'arrival after registration',
    'POST /cases',
    cases({ arrivedOn: '1998-06-27' }),
    '409 arrival-after-registration',
  ],
  [
    'an unknown law',
    'POST /cases',
    cases({ legalBasis: 'KZ-1998-XXX' }),
    INVALID,
    '#/legalBasis legal-basis-unknown',
  ],
  [
    'a law not in force',
    'POST /cases',
    cases({ registeredOn: '1997-01-10', arrivedOn: '1997-01-09' }),
    '409 framework-not-in-force',
    '#/legalBasis framework-not-in-force',
  ],
  [
    'a status not on offer',
    'POST /cases',
    cases({ status: 'convention-refugee' }),
    '409 status-not-offered',
    '#/status status-not-offered',
  ],
  [
    'an issuer not entitled',
    'POST /cases',
    cases({ authority: 'MOI' }),
    '409 issuer-not-entitled',
    '#/authority issuer-not-entitled',
  ],
  ['a nationality shut out', 'POST /cases', cases({ citizenship: 'TJK' }), '409 nationality-excluded'],
  ['an unknown status', 'POST /cases', cases({ status: 'oralman' }), INVALID, '#/status not-one-of'],
  ['an unknown authority', 'POST /cases', cases({ authority: 'FBI' }), INVALID, '#/authority not-one-of'],
  ['a sex in words', 'POST /cases', cases({ sex: 'male' }), INVALID, '#/sex not-one-of'],
  [
    'a year of birth in words',
    'POST /cases',
    cases({ birthYear: '1961' }),
    INVALID,
    '#/birthYear not-a-number',
  ],
  ['half a year of birth', 'POST /cases', cases({ birthYear: 1961.5 }), INVALID, '#/birthYear not-a-number'],
  [
    'an endless year of birth',
    'POST /cases',
    raw(JSON.stringify(AHMAD).replace('1961', '1e999')),
    INVALID,
    '#/birthYear not-a-number',
  ],
  [
    'a year of birth long ago',
    'POST /cases',
    cases({ birthYear: 1066 }),
    INVALID,
    '#/birthYear out-of-range',
  ],
  [
    'a year of birth to come',
    'POST /cases',
    cases({ birthYear: 2005 }),
    '409 birth-year-implausible',
    '#/birthYear birth-year-implausible',
  ],
  [
    'a null where a field may be left out',
    'POST /cases',
    cases({ birthYear: null }),
    INVALID,
    '#/birthYear not-a-number',
  ],
  ['nobody', 'POST /cases', cases({ person: { names: [] } }), INVALID, '#/person/names wrong-length'],
  [
    'a name that is none',
    'POST /cases',
    person({ full: '   ' }),
    INVALID,
    '#/person/names/0/full wrong-length',
  ],
  ['a name as a number', 'POST /cases', person({ full: 7 }), INVALID, '#/person/names/0/full not-text'],
  [
    'a name of 300',
    'POST /cases',
    person({ full: 'x'.repeat(300) }),
    INVALID,
    '#/person/names/0/full wrong-length',
  ],
  [
    'a name with a NUL',
    'POST /cases',
    person({ full: 'Ahmad\u0000' }),
    INVALID,
    '#/person/names/0/full control-characters',
  ],
  [
    'half a character',
    'POST /cases',
    person({ full: 'Ahmad \ud800' }),
    INVALID,
    '#/person/names/0/full control-characters',
  ],
  [
    'an unknown script',
    'POST /cases',
    person({ script: 'Grek' }),
    INVALID,
    '#/person/names/0/script not-one-of',
  ],
  [
    'names as text',
    'POST /cases',
    cases({ person: { names: 'Ahmad' } }),
    INVALID,
    '#/person/names not-a-list',
  ],
  [
    'names as a list of text',
    'POST /cases',
    cases({ person: { names: ['Ahmad'] } }),
    INVALID,
    '#/person/names not-an-object',
  ],
  [
    '21 documents',
    'POST /cases',
    cases({
      person: {
        ...AHMAD.person,
        documents: Array.from({ length: 21 }, () => ({ type: 'a', number: '1', issuer: 'b' })),
      },
    }),
    INVALID,
    '#/person/documents wrong-length',
  ],
  [
    'a birth that cannot be',
    'POST /cases',
    cases({ person: { ...AHMAD.person, birth: { date: '1961-02-29' } } }),
    INVALID,
    '#/person/birth/date date-impossible',
  ],
];

const CHANGES: readonly Bad[] = [
  [
    'a place that is no place',
    'POST /encounters',
    { metOn: '1997', place: { country: 'Kazakhstan' } },
    INVALID,
    '#/place/country country-unknown',
  ],
  [
    'an encounter to come',
    'POST /encounters',
    { metOn: '2999', place: { country: 'KAZ' } },
    '409 date-in-future',
    '#/metOn date-in-future',
  ],
  [
    'registered with them already',
    'POST /cases/:case/registrations',
    { authority: 'AMD', status: 'asylum-seeker', legalBasis: 'KZ-1998-RSD', registeredOn: '1999' },
    '409 already-registered-with',
    '#/authority already-registered-with',
  ],
  ['a correction of nothing', 'POST /cases/:case/corrections', {}, INVALID, '#/field required'],
  [
    'a correction of an unknown field',
    'POST /cases/:case/corrections',
    { field: 'name', from: 'a', to: 'b', reasonCode: 'other' },
    INVALID,
    '#/field not-one-of',
  ],
  [
    'a correction to the wrong kind',
    'POST /cases/:case/corrections',
    { field: 'birthYear', from: 1961, to: 'AFG', reasonCode: 'other' },
    INVALID,
    '#/to not-a-number',
  ],
  [
    'a correction from null',
    'POST /cases/:case/corrections',
    { field: 'region', from: null, to: 'KZ-19', reasonCode: 'other' },
    INVALID,
    '#/from area-unknown',
  ],
  [
    'a correction to Chechnya',
    'POST /cases/:case/corrections',
    { field: 'placeFled', from: { country: 'AFG' }, to: { country: 'Chechnya' }, reasonCode: 'other' },
    INVALID,
    '#/to country-unknown',
  ],
  [
    'a correction to a town',
    'POST /cases/:case/corrections',
    {
      field: 'placeFled',
      from: { country: 'AFG' },
      to: { country: 'AFG', town: 'Kunduz' },
      reasonCode: 'other',
    },
    INVALID,
    '#/to not-a-place',
  ],
  [
    'a correction from what is not held',
    'POST /cases/:case/corrections',
    { field: 'sex', from: 'F', to: 'U', reasonCode: 'other' },
    '409 from-not-held',
    '#/from from-not-held',
  ],
  [
    'an unknown reason',
    'POST /cases/:case/corrections',
    { field: 'sex', from: 'M', to: 'F', reasonCode: 'because' },
    INVALID,
    '#/reasonCode not-one-of',
  ],
  [
    'a departure before the arrival',
    'POST /cases/:case/departures',
    { departedOn: '1996', kind: 'permanent' },
    '409 would-contradict',
    '#/departedOn would-contradict',
  ],
  [
    'a departure without its kind',
    'POST /cases/:case/departures',
    { departedOn: '1999' },
    INVALID,
    '#/kind required',
  ],
  [
    'a return of someone who is here',
    'POST /cases/:case/returns',
    { returnedOn: '1999' },
    '409 would-contradict',
  ],
  ['a death before the arrival', 'POST /cases/:case/deaths', { diedOn: '1990' }, '409 would-contradict'],
  [
    'a move to a region that was not there',
    'POST /cases/:case/relocations',
    { region: 'KZ-33', relocatedOn: '1999' },
    '409 region-not-valid-on-date',
    '#/region region-not-valid-on-date',
  ],
  ['a person without names', 'PUT /cases/:case/person', {}, INVALID, '#/names required'],
  ['a case that is not there', 'POST /cases/:absent/deaths', { diedOn: '1999' }, '404 not-found'],
  ['a case that is no id', 'POST /cases/17/deaths', { diedOn: '1999' }, '404 not-found'],
  [
    'a case in capital letters',
    'POST /cases/0192F0C4-7A10-7CC3-9E6B-2F1D5C3A8B01/deaths',
    { diedOn: '1999' },
    '404 not-found',
  ],
  [
    'a status by someone whose role it is not',
    'POST /cases/:case/status-changes',
    { to: 'refugee', legalBasis: 'KZ-1998-RSD', issuer: 'AMD', effectiveOn: '1999' },
    '403 forbidden',
  ],
];

const FLIGHTS: readonly Bad[] = [
  ['an airport in words', 'POST /flights', flights({ from: 'Jeddah' }), INVALID, '#/from airport-unknown'],
  [
    'a flight to where it starts',
    'POST /flights',
    flights({ to: 'JED' }),
    '409 same-airport',
    '#/to same-airport',
  ],
  [
    'an airport of another country',
    'POST /flights',
    flights({ departureCountry: 'IRN' }),
    '409 airport-not-in-country',
  ],
  [
    'a moment without offset',
    'POST /flights',
    flights({ departsAt: '1998-06-26T04:30:00' }),
    INVALID,
    '#/departsAt not-an-instant',
  ],
  [
    'a moment on 31 June',
    'POST /flights',
    flights({ departsAt: '1998-06-31T04:30:00Z' }),
    INVALID,
    '#/departsAt not-an-instant',
  ],
  [
    'hour 25',
    'POST /flights',
    flights({ departsAt: '1998-06-26T25:00:00Z' }),
    INVALID,
    '#/departsAt not-an-instant',
  ],
  ['no seats', 'POST /flights', flights({ seats: 0 }), INVALID, '#/seats out-of-range'],
  ['negative seats', 'POST /flights', flights({ seats: -1 }), INVALID, '#/seats out-of-range'],
  ['unknown funding', 'POST /flights', flights({ funding: 'lottery' }), INVALID, '#/funding not-one-of'],
  [
    'no passengers',
    'POST /flights/:flight/passengers',
    { passengers: [] },
    INVALID,
    '#/passengers wrong-length',
  ],
  [
    '501 passengers',
    'POST /flights/:flight/passengers',
    { passengers: Array.from({ length: 501 }, () => ({ listName: 'x' })) },
    INVALID,
    '#/passengers wrong-length',
  ],
  [
    'a passenger of neither kind',
    'POST /flights/:flight/passengers',
    { passengers: [{}] },
    INVALID,
    '#/passengers/0 case-or-list-name',
  ],
  [
    'a passenger of both kinds',
    'POST /flights/:flight/passengers',
    { passengers: [{ case: uuidv7(), listName: 'x' }] },
    INVALID,
    '#/passengers/0 case-or-list-name',
  ],
  [
    'a passenger whose case is not there',
    'POST /flights/:flight/passengers',
    { passengers: [{ listName: 'x' }, { case: uuidv7() }] },
    '409 case-unknown',
    '#/passengers/1/case case-unknown',
  ],
  [
    'more passengers than seats',
    'POST /flights/:flight/passengers',
    { passengers: Array.from({ length: 185 }, () => ({ listName: 'x' })) },
    '409 seats-exceeded',
    '#/passengers/184 seats-exceeded',
  ],
  ['an empty manifest', 'POST /flights/:flight/manifest', {}, '409 empty-manifest'],
  [
    'boarding before the list is fixed',
    'POST /flights/:flight/boardings',
    { passengers: [uuidv7()] },
    '409 manifest-not-finalised',
  ],
  [
    'a passenger that is no id',
    'POST /flights/:flight/boardings',
    { passengers: ['Zia'] },
    INVALID,
    '#/passengers not-an-id',
  ],
  [
    'a passenger named twice',
    'POST /flights/:flight/boardings',
    { passengers: [ids.absent, ids.absent] },
    INVALID,
    '#/passengers repeated-item',
  ],
  [
    'a departure without a number',
    'POST /flights/:flight/departure',
    { departedAt: '1998-06-26T04:30:00Z' },
    INVALID,
    '#/onBoard required',
  ],
  [
    'an arrival before the departure',
    'POST /flights/:flight/arrival',
    { airport: 'ALA', arrivedAt: '1998-06-26T04:30:00Z', onBoard: 1 },
    '409 flight-not-departed',
  ],
  [
    'a diversion without those who left',
    'POST /flights/:flight/diversion',
    { airport: 'TAS', landedAt: '1998-06-26T04:30:00Z' },
    INVALID,
    '#/left required',
  ],
  [
    'a cancellation without a reason',
    'POST /flights/:flight/cancellation',
    {},
    INVALID,
    '#/reasonCode required',
  ],
  [
    'a passenger who is not on the list',
    'DELETE /flights/:flight/passengers/:absent',
    undefined,
    '409 passenger-unknown',
  ],
  ['a flight that is not there', 'POST /flights/:absent/manifest', {}, '404 not-found'],
];

const ESTIMATES: readonly Bad[] = [
  [
    '0 for what was not quantified',
    'POST /estimates',
    estimates({ qualifier: 'unquantified', value: 0 }),
    '409 unquantified-has-value',
    '#/value unquantified-has-value',
  ],
  [
    'a qualifier without its number',
    'POST /estimates',
    { ...OVER_4000, value: undefined },
    '409 value-missing',
    '#/value value-missing',
  ],
  ['a negative number', 'POST /estimates', estimates({ value: -1 }), INVALID, '#/value out-of-range'],
  [
    'half a range',
    'POST /estimates',
    estimates({ qualifier: 'range', value: undefined, low: 1 }),
    '409 range-incomplete',
  ],
  [
    'a range upside down',
    'POST /estimates',
    estimates({ qualifier: 'range', value: undefined, low: 9, high: 1 }),
    '409 range-reversed',
  ],
  [
    'a period upside down',
    'POST /estimates',
    estimates({ period: { from: '1997', to: '1994' } }),
    '409 period-reversed',
    '#/period/to period-reversed',
  ],
  [
    'components above the total',
    'POST /estimates',
    estimates({
      qualifier: 'exact',
      value: 10,
      components: [{ placesFled: [{ country: 'AFG' }], qualifier: 'exact', value: 11 }],
    }),
    '409 components-exceed-total',
  ],
  [
    'a component in Chechnya',
    'POST /estimates',
    estimates({ components: [{ placesFled: [{ country: 'Chechnya' }], qualifier: 'about', value: 1 }] }),
    INVALID,
    '#/components/0/placesFled/0/country country-unknown',
  ],
  [
    'nothing as reported',
    'POST /estimates',
    estimates({ asReported: '' }),
    INVALID,
    '#/asReported wrong-length',
  ],
  [
    'a successor that is not there',
    'POST /estimates/:estimate/supersession',
    { by: uuidv7() },
    '409 estimate-unknown',
    '#/by estimate-unknown',
  ],
  [
    'itself as successor',
    'POST /estimates/:estimate/supersession',
    { by: ':estimate' },
    '409 superseded-by-itself',
    '#/by superseded-by-itself',
  ],
];

const READS: readonly Bad[] = [
  ['an unknown parameter', 'GET /cases?name=Ahmad', undefined, INVALID, '?name unknown-field'],
  [
    'a parameter twice',
    'GET /cases?status=refugee&status=rejected',
    undefined,
    INVALID,
    '?status not-one-of',
  ],
  ['a page of 201', 'GET /cases?limit=201', undefined, INVALID, '?limit not-a-number'],
  ['a page of none', 'GET /cases?limit=0', undefined, INVALID, '?limit not-a-number'],
  ['a cursor that is none', 'GET /cases?after=1%27%20or%201=1', undefined, INVALID, '?after not-an-id'],
  [
    'a filter that is no country',
    'GET /cases?placeFled=Chechnya',
    undefined,
    INVALID,
    '?placeFled country-unknown',
  ],
  [
    'a day that is none',
    'GET /reports/population?validOn=1998-02-30',
    undefined,
    INVALID,
    '?validOn date-impossible',
  ],
  ['half a day', 'GET /reports/population?validOn=1998', undefined, INVALID, '?validOn not-a-date'],
  [
    'a day to come',
    'GET /reports/population?validOn=2999-01-01',
    undefined,
    INVALID,
    '?validOn date-in-future',
  ],
  ['an unknown dimension', 'GET /reports/population?by=name', undefined, INVALID, '?by not-one-of'],
  ['a dimension twice', 'GET /reports/population?by=sex,sex', undefined, INVALID, '?by not-one-of'],
  ['no dimension', 'GET /reports/population?by=', undefined, INVALID, '?by not-one-of'],
  [
    'an unknown population',
    'GET /reports/registration-gap?population=people',
    undefined,
    INVALID,
    '?population not-one-of',
  ],
  [
    'a moment that is none',
    'GET /reports/population?knownAt=yesterday',
    undefined,
    INVALID,
    '?knownAt not-a-moment',
  ],
  ['a position to come', 'GET /reports/population?knownAt=999999', undefined, '422 known-at-not-settled'],
  [
    'a moment to come',
    'GET /cases/:case?knownAt=2999-01-01T00:00:00Z',
    undefined,
    '422 known-at-not-settled',
  ],
  ['a negative position', 'GET /reports/population?knownAt=-1', undefined, INVALID, '?knownAt not-a-moment'],
  ['a wait for no position', 'GET /flights?atLeast=soon', undefined, INVALID, '?atLeast not-a-number'],
  ['a period without its end', 'GET /reports/flights?from=1998-01-01', undefined, INVALID, '?to required'],
  [
    'a period upside down',
    'GET /reports/flights?from=1998-02-01&to=1998-01-01',
    undefined,
    INVALID,
    '?to period-reversed',
  ],
  [
    'a version that is none',
    'GET /flights/:flight/manifest?version=two',
    undefined,
    INVALID,
    '?version not-a-number',
  ],
  ['a version that is not there', 'GET /flights/:flight/manifest?version=7', undefined, '404 not-found'],
  ['a case that is not there', 'GET /cases/:absent', undefined, '404 not-found'],
  ['a path out of the house', 'GET /cases/..%2f..%2fetc%2fpasswd', undefined, '404 not-found'],
  ['a broken escape', 'GET /cases/%E0%A4%A', undefined, '400 bad-request'],
  ['an id of 10,000', `GET /cases/${'a'.repeat(10_000)}`, undefined, '414 uri-too-long'],
  ['no route', 'GET /households', undefined, '404 not-found'],
  ['another method', 'DELETE /cases/:case', undefined, '404 not-found'],
  ['PATCH', 'PATCH /cases/:case', {}, '404 not-found'],
  ['the log, by someone whose role it is not', 'GET /audit/events', undefined, '403 forbidden'],
];

describe.each([
  ['bodies', BODIES],
  ['headers', HEADERS],
  ['registrations', REGISTRATIONS],
  ['changes of a case', CHANGES],
  ['flights', FLIGHTS],
  ['estimates', ESTIMATES],
  ['reads', READS],
])('malformed requests, %s', (_, table) => {
  it.each(table)(
    '%s is a clear problem, and nothing is written',
    async (...[, request, body, answer, fault, headers]: Bad) => {
      const { position: before } = await head(pool);
      const { status, problem, type } = await send(request, body, headers);
      expect(`${status} ${problem.code}`).toBe(answer);
      expect(type).toBe('application/problem+json');
      expect(problem).toMatchObject({
        status,
        type: `/problems/${problem.code}`,
        instance: expect.stringMatching(/^urn:uuid:/),
      });
      expect(problem.detail).toMatch(/\w/);
      if (fault) expect(problem.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toContain(fault);
      expect((await head(pool)).position).toBe(before);
    },
  );
});

describe('a problem', () => {
  it('suggests Russia with the area of Chechnya to whoever writes "Chechnya" for a country', async () => {
    const { problem } = await send('POST /cases', cases({ citizenship: 'Chechnya' }), {});
    expect(problem.detail).toMatch(/RUS.*RU-CE/);
  });

  it('names every fault at once', async () => {
    const { problem } = await send(
      'POST /cases',
      cases({ sex: 'x', citizenship: 'x', registeredOn: 'x' }),
      {},
    );
    expect(problem.errors.map(({ pointer }) => pointer).toSorted()).toEqual([
      '#/citizenship',
      '#/registeredOn',
      '#/sex',
    ]);
  });
});

async function send(request: string, body: unknown, headers: Bad[5] = {}) {
  const [method = '', path = ''] = request.split(' ');
  const named = (text: string) =>
    text.replaceAll(/:(case|flight|estimate|absent)\b/g, (_, name: keyof typeof ids) => ids[name]);
  const token = (await stack.as(['registrar', 'flight-coordinator', 'analyst'])).token;
  const all: Readonly<Record<string, string | undefined>> = {
    authorization: `Bearer ${token}`,
    'idempotency-key': uuidv7(),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  const response = await fetch(`${stack.url}/v1${named(path)}`, {
    method,
    headers: Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])) as [
      string,
      string,
    ][],
    ...(body !== undefined && { body: bytesOf(body, named) }),
  });
  const problem = (await response.json()) as Problem;
  return { status: response.status, problem, type: response.headers.get('content-type')?.split(';')[0] };
}

function bytesOf(body: unknown, named: (text: string) => string): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'object' && body !== null) {
    if ('raw' in body) return String(body.raw);
    if ('bytes' in body) return Uint8Array.from(body.bytes as number[]);
  }
  return named(JSON.stringify(body));
}
