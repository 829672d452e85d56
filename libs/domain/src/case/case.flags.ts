import { firstDay, lastDay } from '#reference';
import { isLate } from './case.registrations.js';
import type { KnownCase } from './case.state.js';

/** What stands out in a file, for a person to look at: no reason to refuse anything. */
export type CaseFlags = Readonly<{
  /** The first registration came more than five days after the arrival (Law 204-I of 1997, art. 4). */
  late: boolean;
  /** The first registration came before the arrival: of someone who was flown in afterwards. */
  registeredBeforeArrival: boolean;
}>;

/**
 * As the file stands now, whichever was told first, and only what is certain. The event of a registration
 * says what was known then: of someone whose arrival came to be known by a flight it says nothing.
 */
export function flagsOf({ arrival, registrations: [first] }: KnownCase): CaseFlags {
  if (!arrival || !first) return { late: false, registeredBeforeArrival: false };
  return {
    late: isLate(arrival.on, first.on),
    registeredBeforeArrival: lastDay(first.on) < firstDay(arrival.on),
  };
}
