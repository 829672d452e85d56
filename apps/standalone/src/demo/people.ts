import { addDays, regionsOn } from '#reference';
import { Dice } from './dice.js';

/** Everyone here is invented, and is named so that nobody can take them for someone else. */
export type Registration = Readonly<{
  person: { names: { full: string; script: 'Latn'; kind: 'as-documented' }[] };
  sex: 'F' | 'M';
  birthYear: number;
  citizenship: string;
  placeFled: { country: string; area?: string };
  arrivedOn: string;
  registeredOn: string;
  authority: string;
  status: string;
  legalBasis: string;
  region: string;
}>;

type Group = Readonly<{ count: number; country: string; area?: string; citizenship?: string }>;

/** UNHCR's list at the end of 1997, in its true proportions (World Refugee Survey 1998). */
const UNHCR_LIST: readonly Group[] = [
  { count: 1_650, country: 'AFG' },
  { count: 500, country: 'RUS', area: 'RU-CE' },
  { count: 450, country: 'TJK' },
  { count: 40, country: 'CHN' },
  { count: 30, country: 'IRQ' },
  { count: 20, country: 'SOM' },
  { count: 10, country: 'XXA', citizenship: 'XXA' },
];

const DAYS_1994_TO_1997 = 365 * 4 - 30;

/** 2,700 people whom UNHCR registered between 1994 and the end of 1997. */
export function peopleOnUnhcrList(): readonly Registration[] {
  const dice = new Dice(1994);
  return UNHCR_LIST.flatMap((group) =>
    Array.from({ length: group.count }, () => {
      const registeredOn = addDays('1994-01-10', dice.upTo(DAYS_1994_TO_1997));
      return person(dice, group, {
        arrivedOn: addDays(registeredOn, -dice.upTo(60)),
        registeredOn,
        authority: 'UNHCR',
        status: 'asylum-seeker',
        legalBasis: 'UNHCR-1950-STAT',
      });
    }),
  );
}

/** Guest workers under their employers' licences; the newspaper knew no number, and this one is invented. */
export function guestWorkers(): readonly Registration[] {
  const dice = new Dice(1996);
  const homes: readonly Group[] = [
    { count: 90, country: 'TUR' },
    { count: 60, country: 'UZB' },
    { count: 50, country: 'KGZ' },
  ];
  return homes.flatMap((group) =>
    Array.from({ length: group.count }, () => {
      const arrivedOn = addDays('1996-02-01', dice.upTo(900));
      return person(dice, group, {
        arrivedOn,
        registeredOn: addDays(arrivedOn, dice.upTo(5)),
        authority: 'MOI',
        status: 'guest-worker',
        legalBasis: 'KZ-1990-EMP',
      });
    }),
  );
}

/** Met by a mobile team or a border post, and never registered with anybody. */
export function encounters(): readonly Readonly<Record<string, unknown>>[] {
  const dice = new Dice(1995);
  const met: readonly Group[] = [
    { count: 60, country: 'TJK' },
    { count: 40, country: 'RUS', area: 'RU-CE' },
    { count: 20, country: 'AFG' },
  ];
  return met.flatMap(({ count, country, area }) =>
    Array.from({ length: count }, () => {
      const metOn = addDays('1995-03-01', dice.upTo(1_000));
      return {
        metOn,
        place: { country: 'KAZ', area: dice.oneOf(regionsOn(metOn)).code },
        placeFled: { country, ...(area && { area }) },
        sex: dice.oneOf(['F', 'M'] as const),
      };
    }),
  );
}

/** An ethnic Kazakh who fled Afghanistan and is met in the country from which the flight will go. */
export function waitingAbroad(country: string, n: number): Readonly<Record<string, unknown>> {
  const dice = new Dice(n);
  return {
    metOn: addDays('1998-01-15', dice.upTo(30)),
    place: { country },
    placeFled: { country: 'AFG' },
    citizenship: 'AFG',
    sex: dice.oneOf(['F', 'M'] as const),
    birthYear: 1930 + dice.upTo(65),
    person: { names: [name(`Traveller ${country}`, n)] },
  };
}

export const name = (what: string, n: number) => ({
  full: `Invented ${what} ${String(n).padStart(4, '0')}`,
  script: 'Latn' as const,
  kind: 'as-documented' as const,
});

let people = 0;

function person(
  dice: Dice,
  { country, area, citizenship = country }: Group,
  file: Pick<Registration, 'arrivedOn' | 'registeredOn' | 'authority' | 'status' | 'legalBasis'>,
): Registration {
  people += 1;
  return {
    person: { names: [name('Person', people)] },
    sex: dice.oneOf(['F', 'M']),
    birthYear: 1930 + dice.upTo(60),
    citizenship,
    placeFled: { country, ...(area && { area }) },
    region: dice.oneOf(regionsOn(file.registeredOn)).code,
    ...file,
  };
}
