import { readFileSync } from 'node:fs';
import type { CountryCode } from './countries.js';

/** `city` where the agency flies from or to there. */
export type Airport = Readonly<{ country: CountryCode; city?: string }>;

// Of the agency's flights, under today's names, also codes no longer in use (TSE is the capital's until 2020,
// NQZ since; FRU is Bishkek's of then). Cities unverified.
const CITIES: Readonly<Record<CountryCode, Readonly<Record<string, string>>>> = {
  KAZ: {
    ALA: 'Almaty',
    AKX: 'Aktobe',
    BXH: 'Balkhash',
    CIT: 'Shymkent',
    DMB: 'Taraz',
    DZN: 'Zhezkazgan',
    GUW: 'Atyrau',
    HSA: 'Turkistan',
    KGF: 'Karaganda',
    KOV: 'Kokshetau',
    KSN: 'Kostanay',
    KZO: 'Kyzylorda',
    NQZ: 'Astana',
    PLX: 'Semey',
    PPK: 'Petropavl',
    PWQ: 'Pavlodar',
    SCO: 'Aktau',
    TDK: 'Taldykorgan',
    TSE: 'Astana',
    UKK: 'Oskemen',
    URA: 'Oral',
    USJ: 'Usharal',
  },
  AFG: { HEA: 'Herat', KBL: 'Kabul', KDH: 'Kandahar', MZR: 'Mazar-i-Sharif', UND: 'Kunduz' },
  ARE: { AUH: 'Abu Dhabi', DXB: 'Dubai', SHJ: 'Sharjah' },
  AZE: { GYD: 'Baku' },
  CHN: { PEK: 'Beijing', URC: 'Urumqi', YIN: 'Yining' },
  DEU: { FRA: 'Frankfurt', HAJ: 'Hanover' },
  GEO: { TBS: 'Tbilisi' },
  IND: { DEL: 'Delhi' },
  IRN: {
    GBT: 'Gorgan',
    IFN: 'Isfahan',
    IKA: 'Tehran',
    MHD: 'Mashhad',
    SYZ: 'Shiraz',
    TBZ: 'Tabriz',
    THR: 'Tehran',
  },
  IRQ: { BGW: 'Baghdad' },
  ISR: { TLV: 'Tel Aviv' },
  JOR: { AMM: 'Amman' },
  KGZ: { FRU: 'Bishkek', OSS: 'Osh' },
  MNG: { HVD: 'Khovd', UBN: 'Ulaanbaatar', ULG: 'Ölgii', ULN: 'Ulaanbaatar' },
  PAK: { ISB: 'Islamabad', KHI: 'Karachi', LHE: 'Lahore', PEW: 'Peshawar', UET: 'Quetta' },
  RUS: {
    DME: 'Moscow',
    GRV: 'Grozny',
    MCX: 'Makhachkala',
    MRV: 'Mineralnye Vody',
    OGZ: 'Vladikavkaz',
    OMS: 'Omsk',
    OVB: 'Novosibirsk',
    SVO: 'Moscow',
    SVX: 'Yekaterinburg',
    VKO: 'Moscow',
  },
  SAU: { DMM: 'Dammam', JED: 'Jeddah', MED: 'Medina', RUH: 'Riyadh' },
  SYR: { ALP: 'Aleppo', DAM: 'Damascus' },
  TJK: { DYU: 'Dushanbe', KQT: 'Bokhtar', LBD: 'Khujand', TJU: 'Kulob' },
  TKM: { ASB: 'Ashgabat', KRW: 'Turkmenbashi', MYP: 'Mary' },
  TUR: { ADA: 'Adana', ESB: 'Ankara', IST: 'Istanbul' },
  UZB: { BHK: 'Bukhara', NCU: 'Nukus', SKD: 'Samarkand', TAS: 'Tashkent', TMJ: 'Termez', UGC: 'Urgench' },
};

/** By IATA code: every airport in use, and those that the agency used under a code of their time. */
export const AIRPORTS: ReadonlyMap<string, Airport> = new Map<string, Airport>([
  ...codesInUse().map(([code, country]) => [code, { country }] as const),
  ...Object.entries(CITIES).flatMap(([country, cities]) =>
    Object.entries(cities).map(([code, city]) => [code, { country, city }] as const),
  ),
]);

/** Whether an airport has, or in the agency's time had, this IATA code. */
export function isAirport(code: string): boolean {
  return AIRPORTS.has(code);
}

/** The country of an airport; undefined for a code that no airport has. */
export function airportCountry(code: string): CountryCode | undefined {
  return AIRPORTS.get(code)?.country;
}

/** What to do about a code that no airport has: those that were perhaps meant, or how one is added. */
export function airportRemedy(input: string): string {
  const meant = airportsLike(input);
  if (meant.length > 0) return `Did you mean ${meant.join(', ')}?`;
  return (
    'Use the IATA code, such as ALA (Almaty) or JED (Jeddah). ' +
    'If it is the code of a new or a closed airport, have it added to the list in libs/reference.'
  );
}

const LIKE_MAX = 5;

/** Of the airports that the agency uses: those of that city, else those whose code is nearly so. */
function airportsLike(input: string): readonly string[] {
  const typed = input.trim().toUpperCase();
  const used = [...AIRPORTS].flatMap(([code, { city }]) => (city === undefined ? [] : [{ code, city }]));
  const named = used.filter(({ code, city }) => code === typed || city.toUpperCase() === typed);
  const meant = named.length > 0 ? named : used.filter(({ code }) => isNearly(code, typed));
  return meant.slice(0, LIKE_MAX).map(({ code, city }) => `${code} (${city})`);
}

/** One of the three letters differs, or two neighbours have changed places. */
function isNearly(code: string, typed: string): boolean {
  const [a = '', b = '', c = ''] = code;
  if (typed === b + a + c || typed === a + c + b) return true;
  return typed.length === 3 && [0, 1, 2].filter((at) => code[at] !== typed[at]).length === 1;
}

/** The list beside this file, which names its source. */
function codesInUse(): readonly (readonly [code: string, country: CountryCode])[] {
  const list = readFileSync(new URL('airport-codes.txt', import.meta.url), 'utf8');
  return list.split('\n').flatMap((line) => {
    const [, country = '', codes = ''] = /^([A-Z]{3}): (.*)$/.exec(line) ?? [];
    return codes === '' ? [] : codes.split(' ').map((code) => [code, country] as const);
  });
}
