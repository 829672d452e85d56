import type { ProblemKind } from './problem-codes.js';

const by = (title: string, cause: string, cure: string): ProblemKind => ({ status: 409, title, cause, cure });

const DATES = 'Check the dates against the file and its history.';
const LAW = 'Check the date of the decision; `facts.onOffer` names what could be given then.';

/**
 * The refusals of the rules, in libs/domain: the request is well formed, and the record does not allow it.
 */
export const REFUSALS = {
  'already-known': by(
    'There is a file already',
    'The person has a case.',
    'Work with the case that is there.',
  ),
  'already-registered': by(
    'Registered already',
    'The person has a case.',
    'Add a registration to that case.',
  ),
  'already-registered-with': by(
    'On that list already',
    'One authority registers a person once.',
    'Correct the registration that is there, or name the authority that registers now.',
  ),
  'area-not-in-country': by(
    'The area lies elsewhere',
    'The area belongs to another country.',
    'Name the country of the area, or an area of the country.',
  ),
  'arrival-after-registration': by(
    'Arrived after being registered',
    'Nobody is registered before arriving, but for whom a flight of the agency brings.',
    'Check both dates; of someone who was registered first and flown in later leave arrivedOn out.',
  ),
  'birth-year-differs': by(
    'Two years of birth',
    'The date of birth is of another year than birthYear, in the request or in the file.',
    'Check the paper. Send one year in both; of a file correct birthYear first, then the date of birth.',
  ),
  'birth-year-implausible': by(
    'Nobody is that old, or not born yet',
    'The year of birth does not go with when the person was seen.',
    'Check the year; leave it out where it is not known.',
  ),
  'case-unknown': by('No such case', 'There is none, or it belongs to another office.', 'Check the id.'),
  'date-in-future': by('Still to come', 'A fact lies after today.', 'Record it when it has happened.'),
  'destination-at-home': by(
    'Not abroad',
    'A departure leads abroad.',
    'Name another country, or record a relocation.',
  ),
  'details-missing': by(
    'The file does not say enough',
    'A registration needs facts that the file does not hold.',
    'Give the field that `errors` names.',
  ),
  'differs-from-file': by(
    'The file says otherwise',
    'A further registration does not change the facts of the file.',
    'Leave the field out, or correct the file first.',
  ),
  'from-not-held': by(
    'The file holds something else',
    'A correction names the value that is held, so that nothing is overwritten unseen.',
    'Read the file again; `facts.held` is what it holds.',
  ),
  'framework-not-in-force': by(
    'The law was not in force',
    'The decision was taken under a law of another time.',
    LAW,
  ),
  'issuer-not-entitled': by('Not that authority', 'Under that law another authority decides.', LAW),
  'legal-basis-unknown': by('No such law', 'The catalogue does not have it.', LAW),
  'nationality-excluded': by(
    'Nationality excluded by the law',
    'The instrument names nationalities it is not for.',
    LAW,
  ),
  'not-alive': by('The person has died', 'Nothing happens to the person after that.', DATES),
  'not-dated': by('No day for that', 'This field is right or wrong as a whole.', 'Leave validFrom out.'),
  'not-registered': by(
    'Not registered yet',
    'A status follows a registration.',
    'Register the person first; where that was done, check the date of the decision against it.',
  ),
  'on-another-manifest': by(
    'On another list',
    'A person is on one open manifest at most.',
    'Take the passenger off the flight that `facts` names.',
  ),
  'region-not-valid-on-date': by(
    'No such region then',
    'Regions come and go; this one was not there on that date.',
    'Name the region of that date: `facts.successor` covers the land.',
  ),
  'return-before-departure': by('Back before leaving', 'The return lies before the departure.', DATES),
  'status-not-allowed': by(
    'That status cannot follow',
    'Not every status may follow every other, and nobody is given one twice running.',
    'See the statuses in the history of the case, and the dates; `facts.allowed` may follow.',
  ),
  'status-not-offered': by('The law does not offer it', 'The instrument knows no such status.', LAW),
  'would-contradict': by(
    'It contradicts what is recorded',
    'No choice of days fits both this and the events in `contradicts`.',
    'Check the date, or correct what was recorded before.',
  ),

  'airport-is-destination': by(
    'That is where it was going',
    'A diversion ends elsewhere.',
    'Record the arrival.',
  ),
  'airport-not-in-country': by(
    'The airport lies elsewhere',
    'It is in another country.',
    'Check airport and country; a landing abroad is a diversion.',
  ),
  'airport-unknown': by(
    'No such airport',
    'No airport has, or had in the time of the agency, that IATA code.',
    'Use the code that the detail proposes. A new airport is added to the list in libs/reference.',
  ),
  'already-planned': by('Planned already', 'This flight has its plan.', 'Plan another flight.'),
  'already-settled': by(
    'Settled already',
    'A passenger ends as boarded, no-show or offloaded, once.',
    '`facts.outcome` is what is recorded. Who boarded is offloaded; others are taken off the list and added.',
  ),
  'arrival-before-departure': by(
    'Landed before it left',
    'The aircraft was elsewhere then.',
    'Check the moments, in UTC.',
  ),
  'boarded-mismatch': by(
    'The number on board is wrong',
    'Departed must equal boarded, and arrived must equal those still on board.',
    '`facts.expected` is the number that is recorded. Count again, or settle `facts.passengers` first.',
  ),
  'empty-manifest': by(
    'Nobody on the list',
    'A manifest names somebody.',
    'Add passengers, or cancel the flight.',
  ),
  'flight-arrived': by('The flight has arrived', 'Its list is closed.', 'Nothing more can change on board.'),
  'flight-cancelled': by('The flight was cancelled', 'It does not go.', 'Plan another flight.'),
  'flight-departed': by(
    'The flight has departed',
    'Its list is closed.',
    'Record a diversion or the arrival.',
  ),
  'flight-not-arrived': by(
    'The flight has not arrived',
    'It is still under way.',
    'Record the arrival first.',
  ),
  'flight-not-departed': by(
    'The flight has not departed',
    'It is still on the ground.',
    'Record the departure first.',
  ),
  'flight-unknown': by('No such flight', 'There is none with this id.', 'Check the id.'),
  'left-unknown': by('Not on board', 'Only who is on board can leave.', 'Check the passengers in `left`.'),
  'manifest-not-finalised': by(
    'The list is a draft',
    'Boarding needs a fixed list.',
    'Finalise the manifest first.',
  ),
  'not-an-instant': by(
    'Not a moment',
    'A moment has a date of the calendar, a time and an offset.',
    'Send such as 1998-06-26T04:30:00Z.',
  ),
  'passenger-listed-twice': by(
    'On the list already',
    'A person is on a list once.',
    'Leave the passenger out; who is a no-show or offloaded by mistake is taken off first.',
  ),
  'passenger-unknown': by(
    'Not on the list',
    'There is no such passenger on this flight.',
    'Read the manifest again.',
  ),
  'passengers-unaccounted': by(
    'Passengers are not accounted for',
    'Before departure everyone listed is boarded, a no-show or offloaded.',
    'Settle the passengers in `facts.passengers`.',
  ),
  'same-airport': by(
    'From and to are the same airport',
    'Both ends are the same airport.',
    'Check from and to.',
  ),
  'seats-exceeded': by(
    'No seat left',
    'More people would fly than there are seats.',
    '`facts.free` says how many more can be listed; or take somebody off the list.',
  ),

  'already-recorded': by(
    'Recorded already',
    'An estimate is kept as it was said.',
    'Record another that supersedes it.',
  ),
  'component-outside-place': by(
    'A part of another place',
    'The parts of an estimate for one place lie in that place.',
    'Check the places of the component.',
  ),
  'components-exceed-total': by(
    'The parts are more than the whole',
    'Components may not exceed a total that sets a limit.',
    'Check the figures and the qualifiers.',
  ),
  'estimate-retracted': by('The estimate was retracted', 'It stands no more.', 'Record a new one.'),
  'estimate-superseded': by(
    'The estimate was superseded',
    'Another stands in its place.',
    'Supersede `facts.by`.',
  ),
  'estimate-unknown': by('No such estimate', 'There is none with this id.', 'Check the id.'),
  'most-of-not-component': by(
    'Most of what?',
    'Only a component is most of something.',
    'Use another qualifier.',
  ),
  'period-reversed': by('The period ends before it begins', 'To lies before from.', 'Check the period.'),
  'place-named-twice': by('A place in two parts', 'Each place is in one component.', 'Name each place once.'),
  'range-incomplete': by('Half a range', 'A range has a low and a high.', 'Give both.'),
  'range-reversed': by('The range is upside down', 'Low is above high.', 'Exchange them.'),
  'superseded-by-itself': by(
    'It cannot supersede itself',
    'Both ids are the same.',
    'Name the newer estimate.',
  ),
  'unquantified-has-value': by(
    'A number where none was given',
    'What is unquantified has no value, not even 0.',
    'Leave the number out, or use the qualifier that was said.',
  ),
  'value-missing': by('No number', 'This qualifier has a value.', 'Give it, or say unquantified.'),
  'value-outside-range': by(
    'Outside its own range',
    'The value lies outside low and high.',
    'Check the figures.',
  ),
} satisfies Record<string, ProblemKind>;

export type RefusalCode = keyof typeof REFUSALS;
