import iso from 'i18n-iso-countries';
import type { Day } from './dates.js';
import type { Language, Name } from './names.js';

/** ISO 3166-1 alpha-3, of today or withdrawn, or `UKN` (unknown, so in UNHCR's data) or `XXA` (stateless). */
export type CountryCode = string;

/** The model country: whoever is in it is present. */
export const HOME: CountryCode = 'KAZ';

/** A code not, or no more, in ISO 3166-1: in use from the day `from`, included, until `to`, excluded. */
export type DatedCountry = Readonly<{ code: CountryCode; name: Name; from?: Day; to?: Day; source: string }>;

export const DATED_COUNTRIES: readonly DatedCountry[] = [
  {
    code: 'UKN',
    name: { en: 'Unknown', ru: 'Неизвестно', kk: 'Белгісіз' },
    source: 'UNHCR population data, country of origin UKN',
  },
  {
    code: 'XXA',
    name: { en: 'Stateless', ru: 'Без гражданства', kk: 'Азаматтығы жоқ' },
    source: 'ICAO Doc 9303, part 3, codes for persons without a defined nationality (unverified)',
  },
  {
    code: 'SUN',
    name: { en: 'Soviet Union', ru: 'Советский Союз', kk: 'Кеңес Одағы' },
    to: '1992-08-30',
    source: 'ISO 3166-3, SUHH',
  },
  {
    code: 'CSK',
    name: { en: 'Czechoslovakia', ru: 'Чехословакия', kk: 'Чехословакия' },
    to: '1993-06-15',
    source: 'ISO 3166-3, CSHH',
  },
  {
    code: 'ZAR',
    name: { en: 'Zaire', ru: 'Заир', kk: 'Заир' },
    to: '1997-07-14',
    source: 'ISO 3166-3, ZRCD',
  },
  {
    code: 'YUG',
    name: { en: 'Yugoslavia', ru: 'Югославия', kk: 'Югославия' },
    to: '2003-07-23',
    source: 'ISO 3166-3, YUCS',
  },
  {
    code: 'SCG',
    name: { en: 'Serbia and Montenegro', ru: 'Сербия и Черногория', kk: 'Сербия және Черногория' },
    from: '2003-07-23',
    to: '2006-09-26',
    source: 'ISO 3166-3, CSXX',
  },
];

/** The codes of ISO 3166-1 as it stands. The package adds XKK (Kosovo), which the standard does not have. */
export const ISO_COUNTRIES: readonly CountryCode[] = Object.keys(iso.getAlpha3Codes()).filter(
  (code) => code !== 'XKK',
);

const CURRENT: ReadonlySet<string> = new Set(ISO_COUNTRIES);
const DATED: ReadonlyMap<string, DatedCountry> = new Map(
  DATED_COUNTRIES.map((country) => [country.code, country]),
);

/**
 * Whether a file may name this country at all. A withdrawn code stays good for birthplaces and citizenships:
 * Soviet papers outlived the Soviet Union. Where the country must exist on the day, ask `countryOn`.
 */
export function isCountry(code: string): boolean {
  return CURRENT.has(code) || DATED.has(code);
}

/** Whether the code was in use on that day. Codes of today count as always in use. */
export function countryOn(code: CountryCode, day: Day): boolean {
  const dated = DATED.get(code);
  if (dated === undefined) return CURRENT.has(code);
  return (dated.from ?? day) <= day && (dated.to === undefined || day < dated.to);
}

/** The official name of a country; the code itself if we do not know it. */
export function countryName(code: CountryCode, language: Language = 'en'): string {
  return DATED.get(code)?.name[language] ?? iso.getName(code, language) ?? code;
}
