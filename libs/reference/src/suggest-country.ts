import iso from 'i18n-iso-countries';
import { type AreaCode, AREAS } from './areas.js';
import { type CountryCode, countryName, DATED_COUNTRIES, ISO_COUNTRIES } from './countries.js';

/** What to write instead; `text` says it to the person who typed the other thing. */
export type Suggestion = Readonly<{ country: CountryCode; area?: AreaCode; text: string }>;

/**
 * What someone who typed a name or a foreign code into a country field most likely meant: `Chechnya` is RUS
 * with RU-CE. Knows alpha-2, alpha-3 and area codes, names in English, Russian and Kazakh, old names, and the
 * beginning of a name (five letters or more). Undefined if no place fits, or more than one.
 */
export function suggestCountry(input: string): Suggestion | undefined {
  const typed = fold(input);
  let places = placesNamed((name) => name === typed);
  if (places.length === 0 && typed.length >= 5) places = placesNamed((name) => name.startsWith(typed));
  const [place] = places;
  return place !== undefined && places.length === 1 ? suggestion(place) : undefined;
}

type Place = Readonly<{ country: CountryCode; area?: AreaCode; name: string }>;

/** Names that neither ISO 3166 nor our own lists give, by country or area code. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  AFG: ['афганец', 'ауған'],
  BLR: ['Belorussia', 'Белоруссия'],
  CHN: ['PRC', 'КНР', 'Китай', 'китаец'],
  IRN: ['Persia', 'Персия'],
  KGZ: ['Kirghizia', 'Kirgizia', 'Киргизстан', 'Кыргызстан'],
  MDA: ['Moldova', 'Moldavia', 'Молдова'],
  PSE: ['Palestinian', 'палестинец'],
  RUS: ['РФ', 'русский', 'орыс'],
  SUN: ['USSR', 'СССР', 'КСРО'],
  TJK: ['TAJ', 'Tadjikistan', 'Tadzhikistan', 'таджик', 'тәжік'],
  TKM: ['Turkmenia', 'Туркменистан'],
  UKN: ['UNK', 'неизвестна'],
  UZB: ['узбек', 'өзбек'],
  XXA: ['STA', 'лицо без гражданства', 'апатрид'],
  'CN-XJ': ['Uighur', 'Uyghur', 'уйгур', 'ұйғыр', 'East Turkestan'],
  'RU-CE': ['Chechen', 'Chechen Republic', 'Ichkeria', 'Чеченская Республика', 'чеченец', 'Ичкерия', 'шешен'],
  'RU-DA': ['Daghestan'],
  'RU-IN': ['Ingush', 'ингуш'],
  'TJ-SU': ['Leninabad', 'Ленинабад', 'Согдийская область'],
};

/** Every place under each of its names, folded. */
const NAMED_PLACES: readonly (readonly [name: string, place: Place])[] = [
  ...AREAS.flatMap(({ code, country, names }) =>
    named({ country, area: code, name: names.at(-1)?.en ?? code }, [
      code,
      ...names.flatMap(({ en, ru = en, kk = en }) => [en, ru, kk]),
    ]),
  ),
  ...DATED_COUNTRIES.flatMap(({ code, name: { en, ru = en, kk = en } }) =>
    named({ country: code, name: en }, [code, en, ru, kk]),
  ),
  ...ISO_COUNTRIES.flatMap((code) =>
    named({ country: code, name: countryName(code) }, [
      code,
      iso.alpha3ToAlpha2(code) ?? code,
      ...['en', 'ru', 'kk'].flatMap((language) => iso.getName(code, language, { select: 'all' }) ?? []),
    ]),
  ),
];

function placesNamed(fits: (name: string) => boolean): Place[] {
  return [...new Set(NAMED_PLACES.filter(([name]) => fits(name)).map(([, place]) => place))];
}

function named(place: Place, names: readonly string[]): (readonly [string, Place])[] {
  return [...names, ...(OTHER_NAMES[place.area ?? place.country] ?? [])].map((name) => [fold(name), place]);
}

/** Capitals, «ё» and extra spaces tell no two places apart. */
function fold(text: string): string {
  return text.normalize('NFC').trim().toLowerCase().replaceAll('ё', 'е').replaceAll(/\s+/g, ' ');
}

function suggestion({ country, area, name }: Place): Suggestion {
  return area === undefined
    ? { country, text: `Write country ${country} (${name}).` }
    : { country, area, text: `Write country ${country} with area ${area} (${name}).` };
}
