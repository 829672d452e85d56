import type { Area } from './areas.js';
import type { CountryCode } from './countries.js';

// English and, where officers write it so, Russian and Kazakh: code: 'en' or 'en / ru / kk'.
const NAMES: Readonly<Record<CountryCode, Readonly<Record<string, string>>>> = {
  AFG: {
    'AF-BAL': 'Balkh',
    'AF-BAM': 'Bamyan',
    'AF-BDG': 'Badghis',
    'AF-BDS': 'Badakhshan',
    'AF-BGL': 'Baghlan',
    'AF-DAY': 'Daykundi',
    'AF-FRA': 'Farah',
    'AF-FYB': 'Faryab',
    'AF-GHA': 'Ghazni',
    'AF-GHO': 'Ghor',
    'AF-HEL': 'Helmand',
    'AF-HER': 'Herat / Герат / Герат',
    'AF-JOW': 'Jowzjan',
    'AF-KAB': 'Kabul / Кабул / Кабул',
    'AF-KAN': 'Kandahar / Кандагар / Қандағар',
    'AF-KAP': 'Kapisa',
    'AF-KDZ': 'Kunduz / Кундуз / Құндыз',
    'AF-KHO': 'Khost',
    'AF-KNR': 'Kunar',
    'AF-LAG': 'Laghman',
    'AF-LOG': 'Logar',
    'AF-NAN': 'Nangarhar',
    'AF-NIM': 'Nimroz',
    'AF-NUR': 'Nuristan',
    'AF-PAN': 'Panjshir',
    'AF-PAR': 'Parwan',
    'AF-PIA': 'Paktia',
    'AF-PKA': 'Paktika',
    'AF-SAM': 'Samangan',
    'AF-SAR': 'Sar-e Pol',
    'AF-TAK': 'Takhar',
    'AF-URU': 'Uruzgan',
    'AF-WAR': 'Wardak',
    'AF-ZAB': 'Zabul',
  },
  CHN: { 'CN-XJ': 'Xinjiang / Синьцзян / Шыңжаң' },
  MNG: { 'MN-043': 'Khovd / Ховд / Қобда', 'MN-071': 'Bayan-Ölgii / Баян-Улгий / Баян-Өлгей' },
  RUS: {
    'RU-CE': 'Chechnya / Чечня / Шешенстан',
    'RU-DA': 'Dagestan / Дагестан / Дағыстан',
    'RU-IN': 'Ingushetia / Ингушетия / Ингушетия',
    'RU-SE': 'North Ossetia / Северная Осетия / Солтүстік Осетия',
  },
  TJK: {
    'TJ-DU': 'Dushanbe / Душанбе / Душанбе',
    'TJ-GB': 'Gorno-Badakhshan / Горный Бадахшан / Таулы Бадахшан',
    'TJ-KT': 'Khatlon / Хатлон / Хатлон',
    'TJ-RA': 'Districts under Republican Administration',
    'TJ-SU': 'Sughd / Согд / Соғды',
  },
  UZB: { 'UZ-QR': 'Karakalpakstan / Каракалпакстан / Қарақалпақстан' },
};

/** Places that people fled or came from, by the codes of today; undated, whatever they were called then. */
export const AREAS_ABROAD: readonly Area[] = Object.entries(NAMES).flatMap(([country, areas]) =>
  Object.entries(areas).map(([code, names]) => {
    const [en = code, ru = en, kk = en] = names.split(' / ');
    return { code, country, names: [{ en, ru, kk }], source: `ISO 3166-2:${code.slice(0, 2)}` };
  }),
);
