import {
  type AreaCode,
  AREAS,
  areaValidOn,
  type CountryCode,
  countryOfArea,
  type Day,
  firstDay,
  HOME,
  lastDay,
  type PartialDate,
  regionsOn,
  successorOn,
} from '#reference';
import { type Contradicted, Refused } from '../decider.js';
import type { Place } from './case.events.js';
import { named } from './track.js';

/** What has happened cannot lie after today. Throws `date-in-future`. */
export function mustBePast(on: PartialDate | undefined, today: Day, pointer: string): void {
  if (on === undefined || firstDay(on) <= today) return;
  const detail = `${on} lies after today, ${today}. Record what has happened.`;
  throw new Refused('date-in-future', detail, { pointer, facts: { today } });
}

/** An area belongs to its country. Throws `area-not-in-country`. */
export function mustBePlace(place: Place | undefined, pointer: string): void {
  if (place?.area === undefined) return;
  const { country, area } = place;
  const owner = countryOfArea(area);
  if (owner === country) return;
  const detail =
    owner === undefined
      ? `We know no area ${area}. ${areaRemedy(country)}`
      : `${area} belongs to ${owner}, not to ${country}. Write country ${owner}, or leave the area out.`;
  const facts = owner === undefined ? {} : { country: owner };
  throw new Refused('area-not-in-country', detail, { pointer: `${pointer}/area`, facts });
}

function areaRemedy(country: CountryCode): string {
  const known = AREAS.filter((area) => area.country === country).map(({ code }) => code);
  if (known.length === 0) return `Leave the area out: of ${country} we know none.`;
  return `Name one of ${known.join(', ')}, or leave the area out.`;
}

/** A region is an area of the model country, there on that date. Throws also `region-not-valid-on-date`. */
export function mustBeRegion(region: AreaCode, on: PartialDate, pointer: string): void {
  const owner = countryOfArea(region);
  if (owner !== HOME) {
    const there = regionsOn(firstDay(on)).map(({ code }) => code);
    const remedy = `Name one that was there on ${on}: ${there.join(', ')}.`;
    const detail = `${region} is not an area of ${HOME}. ${remedy}`;
    throw new Refused('area-not-in-country', detail, { pointer, facts: { country: owner ?? 'UKN' } });
  }
  if (areaValidOn(region, firstDay(on)) || areaValidOn(region, lastDay(on))) return;
  const successor = successorOn(region, firstDay(on));
  const detail =
    `There was no ${region} on ${on}; its land belonged to ${successor}. ` +
    `Write ${successor}, or check the date.`;
  throw new Refused('region-not-valid-on-date', detail, { pointer, facts: { successor } });
}

/** Nobody is born after being seen, nor lives longer than anyone has. Throws `birth-year-implausible`. */
export function mustBePlausible(
  birthYear: number | undefined,
  seenOn: readonly (PartialDate | undefined)[],
  pointer: string,
): void {
  if (birthYear === undefined) return;
  const latest = Math.min(...seenOn.flatMap((on) => (on === undefined ? [] : [Number(on.slice(0, 4))])));
  const earliest = latest - YEARS_MAX;
  if (birthYear >= earliest && birthYear <= latest) return;
  const detail =
    `Someone seen in ${latest} was born between ${earliest} and ${latest}, not in ${birthYear}. ` +
    'Check the year, and the dates.';
  throw new Refused('birth-year-implausible', detail, { pointer, facts: { earliest, latest } });
}

/** The longest life that is proven lasted 122 years. */
const YEARS_MAX = 122;

/** The year of birth as the file or the request says it, and that of the date of birth, which is sealed. */
type Birth = Readonly<{ birthYear: number | undefined; bornIn: number | undefined }>;

/**
 * The year of birth and the sealed date of birth tell of one year. `says` is who says the former, `pointer`
 * where the latter stands in the request. Throws `birth-year-differs`.
 */
export function mustAgreeOnBirth(
  { birthYear, bornIn }: Birth,
  says: 'The request' | 'The file',
  pointer: '/person/birth/date' | '/birth/date',
): void {
  if (birthYear === undefined || bornIn === undefined || birthYear === bornIn) return;
  const date = pointer.slice(1).replaceAll('/', '.');
  const remedy =
    says === 'The file'
      ? 'Check the paper; where the file is wrong, correct its birthYear first.'
      : 'Check the paper, and send one year in both.';
  const detail = `${says} has birthYear ${birthYear}, and ${date} is of ${bornIn}. ${remedy}`;
  throw new Refused('birth-year-differs', detail, { pointer, facts: { birthYear, bornIn } });
}

/** Nobody is registered before arriving, except for a flight. Throws `arrival-after-registration`. */
export function mustArriveFirst(
  arrivedOn: PartialDate,
  registeredOn: PartialDate,
  pointer: string,
  recorded?: Contradicted | null,
): void {
  if (firstDay(arrivedOn) <= lastDay(registeredOn)) return;
  // What stands in a correction cannot be left out.
  const remedy = pointer === '/to' ? 'Check both dates.' : FOR_A_FLIGHT;
  const detail = `The arrival (${arrivedOn}) lies after the registration (${registeredOn}). ${remedy}`;
  const facts = { arrivedOn, registeredOn };
  const contradicts = recorded ? { contradicts: [named(recorded)] } : {};
  throw new Refused('arrival-after-registration', detail, { pointer, facts, ...contradicts });
}

const FOR_A_FLIGHT =
  'Check both dates. Of someone who was registered first and flown in later leave arrivedOn out: ' +
  'the arrival of the flight brings it.';
