import type { Day } from '#reference';
import { KnownAtQuery } from './reading.js';
import { invalid } from '../body/validation.js';
import { WholeDay } from '../body/values.js';

/** On two axes: what held on a day, as it was known at a position of the log. */
export class AsOfQuery extends KnownAtQuery {
  @WholeDay({
    optional: true,
    example: '1997-12-31',
    description: 'What held on that day; today unless told.',
  })
  readonly validOn?: string;
}

/** The day asked for. Nothing is known of days to come. */
export function dayOf({ validOn = '' }: AsOfQuery, today: Day): Day {
  if (validOn <= today) return validOn || today;
  throw invalid([
    { pointer: '?validOn', code: 'date-in-future', detail: `${validOn} is after today, ${today}.` },
  ]);
}
