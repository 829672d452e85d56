import { v7 as uuidv7 } from 'uuid';
import { AHMAD } from './requests.js';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong; the request, with `:case` and so on for ids; its body; what is answered, as `409 code
 * pointer` or, for a fault of a field, `422 pointer code`; headers other than usual.
 */
export type Bad = readonly [what: string, request: string, body: unknown, answer: string, headers?: Headers];

/** A body that is no JSON of ours: its text, or its bytes. */
export const raw = (text: string) => ({ raw: text });
const bytes = (...values: number[]) => ({ bytes: values });
const nested = (depth: number) => raw(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

const REGISTER = 'POST /cases';
const TOO_LARGE = { note: 'x'.repeat(300_000) };

export const BODIES: readonly Bad[] = [
  ['nothing at all', REGISTER, raw(''), '400 malformed-json'],
  ['half an object', REGISTER, raw('{"sex":'), '400 malformed-json'],
  ['a stray comma', REGISTER, raw('{"sex":"M",}'), '400 malformed-json'],
  ['XML', REGISTER, raw('<case/>'), '400 malformed-json'],
  ['broken UTF-8', REGISTER, bytes(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), '400 malformed-json'],
  ['null', REGISTER, raw('null'), '422 # not-an-object'],
  ['a list', REGISTER, raw('[]'), '422 # not-an-object'],
  ['a number', REGISTER, raw('42'), '422 # not-an-object'],
  ['an empty object', REGISTER, {}, '422 #/person required'],
  ['__proto__', REGISTER, raw('{"__proto__":{"admin":true}}'), '422 #/__proto__ unknown-field'],
  ['constructor', REGISTER, raw('{"constructor":{"prototype":{}}}'), '422 #/constructor unknown-field'],
  ['hasOwnProperty', REGISTER, { ...AHMAD, hasOwnProperty: 1 }, '422 #/hasOwnProperty unknown-field'],
  ['40 levels', REGISTER, nested(40), '422 # too-deep'],
  ['30,000 levels', REGISTER, nested(30_000), '422 # too-deep'],
  ['an endless number', REGISTER, raw('{"birthYear":1e999}'), '422 # not-a-number'],
  ['more than 256 KiB', REGISTER, TOO_LARGE, '413 payload-too-large'],
  ['text', REGISTER, AHMAD, '415 unsupported-media-type', { 'content-type': 'text/plain' }],
  [
    'JSON that patches',
    REGISTER,
    {},
    '415 unsupported-media-type',
    { 'content-type': 'application/merge-patch+json' },
  ],
  [
    'no known type',
    REGISTER,
    {},
    '415 unsupported-media-type',
    { 'content-type': 'application/octet-stream' },
  ],
  [
    'JSON in Latin-1',
    REGISTER,
    AHMAD,
    '415 unsupported-media-type',
    { 'content-type': 'application/json; charset=latin1' },
  ],
  ['a body in gzip', REGISTER, AHMAD, '415 unsupported-media-type', { 'content-encoding': 'gzip' }],
  ['a member twice', REGISTER, raw('{"sex":"M","sex":"F"}'), '400 malformed-json #/sex'],
  ['a query', 'POST /cases?office=Astana', AHMAD, '422 ?office unknown-field'],
  ['no body and no type', REGISTER, undefined, '400 malformed-json'],
  ['blanks', REGISTER, raw(' \n'), '400 malformed-json'],
  ['an unknown field', REGISTER, { ...AHMAD, nickname: 'Zia' }, '422 #/nickname unknown-field'],
  ['an office of its own', REGISTER, { ...AHMAD, office: 'Astana' }, '422 #/office unknown-field'],
  ['an id of its own', REGISTER, { ...AHMAD, id: uuidv7() }, '422 #/id unknown-field'],
  [
    'a body where none belongs',
    'POST /flights/:flight/manifest',
    { version: 7 },
    '422 #/version unknown-field',
  ],
];

const key = (value: string | undefined) => ({ 'idempotency-key': value });
const ifMatch = (value: string) => ({ 'if-match': value });
const authorization = (value: string | undefined) => ({ authorization: value });
const DEATH = 'POST /cases/:case/deaths';
const IN_1999 = { diedOn: '1999' };

export const HEADERS: readonly Bad[] = [
  ['no key', REGISTER, AHMAD, '400 idempotency-key-missing', key(undefined)],
  ['an empty key', REGISTER, AHMAD, '400 idempotency-key-missing', key('')],
  ['an empty quoted key', REGISTER, AHMAD, '400 bad-header', key('""')],
  ['a key with a space', REGISTER, AHMAD, '400 bad-header', key('a b')],
  ['a key in Latin-1', REGISTER, AHMAD, '400 bad-header', key('clé')],
  ['a key of 256', REGISTER, AHMAD, '400 bad-header', key('k'.repeat(256))],
  ['If-Match in words', DEATH, IN_1999, '400 bad-header', ifMatch('latest')],
  ['If-Match 0', DEATH, IN_1999, '400 bad-header', ifMatch('"0"')],
  ['a weak If-Match', DEATH, IN_1999, '400 bad-header', ifMatch('W/"1"')],
  ['half a quoted If-Match', DEATH, IN_1999, '400 bad-header', ifMatch('"1')],
  ['a stale If-Match', DEATH, IN_1999, '412 stale-version', ifMatch('"7"')],
  ['no token', REGISTER, AHMAD, '401 unauthenticated', authorization(undefined)],
  ['a token that is none', REGISTER, AHMAD, '401 unauthenticated', authorization('Bearer x')],
  ['another scheme', REGISTER, AHMAD, '401 unauthenticated', authorization('Basic eDp5')],
];

const reading = (what: string, path: string, answer: string): Bad => [
  what,
  `GET /${path}`,
  undefined,
  answer,
];

export const READS: readonly Bad[] = [
  reading('an unknown parameter', 'cases?name=Ahmad', '422 ?name unknown-field'),
  reading('a parameter twice', 'cases?status=refugee&status=rejected', '422 ?status not-one-of'),
  reading('a page of 201', 'cases?limit=201', '422 ?limit not-a-number'),
  reading('a page of none', 'cases?limit=0', '422 ?limit not-a-number'),
  reading('a cursor that is none', 'cases?after=1%27%20or%201=1', '422 ?after not-an-id'),
  reading('a cursor before the first', 'cases/:case/history?after=-1', '422 ?after not-a-number'),
  reading('a history of 201 rows', 'cases/:case/history?limit=201', '422 ?limit not-a-number'),
  reading('a filter that is no country', 'cases?placeFled=Chechnya', '422 ?placeFled country-unknown'),
  reading('a day that is none', 'reports/population?validOn=1998-02-30', '422 ?validOn date-impossible'),
  reading('half a day', 'reports/population?validOn=1998', '422 ?validOn not-a-date'),
  reading('a day to come', 'reports/population?validOn=2999-01-01', '422 ?validOn date-in-future'),
  reading('an unknown dimension', 'reports/population?by=name', '422 ?by not-one-of'),
  reading('a dimension twice', 'reports/population?by=sex,sex', '422 ?by not-one-of'),
  reading('a dimension in two words', 'reports/population?by=origin,placeFled', '422 ?by repeated-item'),
  reading('no dimension', 'reports/population?by=', '422 ?by not-one-of'),
  reading(
    'an unknown population',
    'reports/registration-gap?population=people',
    '422 ?population not-one-of',
  ),
  reading('a moment that is none', 'reports/population?knownAt=yesterday', '422 ?knownAt not-a-moment'),
  reading('a negative position', 'reports/population?knownAt=-1', '422 ?knownAt not-a-moment'),
  reading('a position to come', 'reports/population?knownAt=999999', '422 ?knownAt known-at-not-settled'),
  reading(
    'a moment to come',
    'cases/:case?knownAt=2999-01-01T00:00:00Z',
    '422 ?knownAt known-at-not-settled',
  ),
  reading('a wait for no position', 'flights?atLeast=soon', '422 ?atLeast not-a-number'),
  reading('a period without its end', 'reports/flights?from=1998-01-01', '422 ?to required'),
  reading('a period upside down', 'reports/flights?from=1998-02-01&to=1998-01-01', '422 ?to period-reversed'),
  reading('a version that is none', 'flights/:flight/manifest?version=two', '422 ?version not-a-number'),
  reading('a version that is not there', 'flights/:flight/manifest?version=7', '404 not-found'),
  reading('a case that is not there', 'cases/:absent', '404 not-found'),
  reading('a path out of the house', 'cases/..%2f..%2fetc%2fpasswd', '404 not-found'),
  reading('a broken escape', 'cases/%E0%A4%A', '400 bad-request'),
  reading('an id of 10,000', `cases/${'a'.repeat(10_000)}`, '414 uri-too-long'),
  reading('no route', 'households', '404 not-found'),
  reading('the log, by someone whose role it is not', 'audit/events', '403 forbidden'),
  ['another method', 'DELETE /cases/:case', undefined, '405 method-not-allowed'],
  ['PATCH', 'PATCH /cases/:case', {}, '405 method-not-allowed'],
  ['a method for no route', 'PATCH /households', {}, '404 not-found'],
];
