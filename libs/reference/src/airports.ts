import type { CountryCode } from './countries.js';

export type Airport = Readonly<{ city: string; country: CountryCode }>;

// IATA location identifiers, under today's names (TSE is the capital's until 2020, NQZ since). Unverified.
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

/** Airports of the agency's flights, by IATA code. Others may be used too: see `isAirport`. */
export const AIRPORTS: ReadonlyMap<string, Airport> = new Map(
  Object.entries(CITIES).flatMap(([country, cities]) =>
    Object.entries(cities).map(([code, city]) => [code, { city, country }]),
  ),
);

/** Three capital letters: a flight may use an airport that is not on our list. */
export function isAirport(code: string): boolean {
  return /^[A-Z]{3}$/.test(code);
}

/** The country of an airport on our list; undefined means unknown, not wrong. */
export function airportCountry(code: string): CountryCode | undefined {
  return AIRPORTS.get(code)?.country;
}
