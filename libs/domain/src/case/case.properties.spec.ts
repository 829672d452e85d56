import { expect, it } from '@jest/globals';
import { firstDay, lastDay } from '#reference';
import fc from 'fast-check';
import { Refused } from '../decider.js';
import { type CaseCommand, caseFile } from './case.decider.js';
import type { CaseEvent } from './case.events.js';
import type { CaseState, Move } from './case.state.js';
import { inOrder } from './presence.js';
import { stretchOn, timelineOf } from './timeline.js';

const today = '1999-12-31';

const digits = (n: number) => String(n).padStart(2, '0');
const day = fc
  .tuple(fc.constantFrom(1997, 1998, 1999), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, dayOfMonth]) => `${year}-${digits(month)}-${digits(dayOfMonth)}`);
/** Days, months and years; more than a few lie in the future. */
const date = fc.oneof(
  { arbitrary: day, weight: 3 },
  { arbitrary: day.map((text) => text.slice(0, 7)), weight: 1 },
  { arbitrary: fc.constantFrom('1997', '1998', '1999', '2000'), weight: 1 },
);
const status = fc.constantFrom(
  'asylum-seeker',
  'refugee',
  'mandate-refugee',
  'rejected',
  'ethnic-returnee',
  'citizen',
);
const law = fc.constantFrom('KZ-1997-MIG', 'KZ-1998-RSD', 'UNHCR-1950-STAT', 'KZ-1991-CIT', 'NO-LAW');
const authority = fc.constantFrom('AMD', 'MOI', 'UNHCR');
const region = fc.constantFrom('KZ-75', 'KZ-19', 'KZ-TALDYKORGAN', 'RU-CE');
const country = fc.constantFrom('AFG', 'RUS', 'UKN');
const place = fc.constantFrom({ country: 'AFG' }, { country: 'RUS', area: 'RU-CE' }, { country: 'AFG', area: 'RU-CE' });
const sex = fc.constantFrom('F', 'M', 'U');
const birthYear = fc.constantFrom(1961, 1998, 1800);
const flight = fc.constantFrom('f-1', 'f-2');
const passenger = fc.constantFrom('p-1', 'p-2');
const why = fc.constantFrom('removed', 'arrival-refused');
const reasonCode = fc.constant('document-seen');
const kind = fc.constant('temporary');
const airport = fc.constant('ALA');
const office = fc.constant('almaty');
const fields = fc.constantFrom([], ['names'] as const);

const entry = { authority, status, legalBasis: law, registeredOn: date };
const facts = { citizenship: country, placeFled: place, region, sex };
const told = { habitualResidence: country, arrivedOn: date, birthYear };
