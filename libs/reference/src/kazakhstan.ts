import type { Area } from './areas.js';
import type { Name } from './names.js';

const ISO = 'ISO 3166-2:KZ (codes of November 2022)';
const DECREE_22_APRIL_1997 = 'Presidential decree of 1997-04-22, e-history.kz/en/news/show/7033';
const DECREE_3_MAY_1997 = 'Presidential decree of 1997-05-03';
const DECREE_2018 = `Presidential decree of 2018-06-19 (tengrinews.kz); ${ISO}`;
const DECREE_2022 = `Presidential decree of 2022-05-04, in force 2022-06-08, en.inform.kz a3929668; ${ISO}`;

/**
 * The oblasts and the cities of that rank, from 1992 on. An area that was divided is covered by the one that
 * holds its centre, so that every area has one successor on every day; the source says what went elsewhere.
 */
export const AREAS_OF_KAZAKHSTAN: readonly Area[] = [
  {
    code: 'KZ-10',
    country: 'KAZ',
    names: [{ en: 'Abai oblast', ru: 'область Абай', kk: 'Абай облысы' }],
    from: '2022-06-08',
    coveredBy: [{ area: 'KZ-SEMIPALATINSK' }, { from: '1997-05-03', area: 'KZ-63' }],
    source: DECREE_2022,
  },
  lasting('KZ-11', oblast('Akmola', 'Акмолинская', 'Ақмола')),
  lasting('KZ-15', oblast('Aktobe', 'Актюбинская', 'Ақтөбе')),
  lasting('KZ-19', oblast('Almaty', 'Алматинская', 'Алматы')),
  lasting('KZ-23', oblast('Atyrau', 'Атырауская', 'Атырау')),
  lasting('KZ-27', oblast('West Kazakhstan', 'Западно-Казахстанская', 'Батыс Қазақстан')),
  lasting('KZ-31', oblast('Zhambyl', 'Жамбылская', 'Жамбыл')),
  {
    code: 'KZ-33',
    country: 'KAZ',
    names: [{ en: 'Zhetisu oblast', ru: 'область Жетісу', kk: 'Жетісу облысы' }],
    from: '2022-06-08',
    coveredBy: [{ area: 'KZ-TALDYKORGAN' }, { from: '1997-04-22', area: 'KZ-19' }],
    source: DECREE_2022,
  },
  lasting('KZ-35', oblast('Karaganda', 'Карагандинская', 'Қарағанды')),
  lasting('KZ-39', oblast('Kostanay', 'Костанайская', 'Қостанай')),
  lasting('KZ-43', oblast('Kyzylorda', 'Кызылординская', 'Қызылорда')),
  lasting('KZ-47', oblast('Mangystau', 'Мангистауская', 'Маңғыстау')),
  lasting('KZ-55', oblast('Pavlodar', 'Павлодарская', 'Павлодар')),
  lasting('KZ-59', oblast('North Kazakhstan', 'Северо-Казахстанская', 'Солтүстік Қазақстан')),
  {
    code: 'KZ-61',
    country: 'KAZ',
    names: [
      oblast('South Kazakhstan', 'Южно-Казахстанская', 'Оңтүстік Қазақстан'),
      { from: '2018-06-19', ...oblast('Turkistan', 'Туркестанская', 'Түркістан') },
    ],
    source: DECREE_2018,
  },
  {
    code: 'KZ-62',
    country: 'KAZ',
    names: [{ en: 'Ulytau oblast', ru: 'область Ұлытау', kk: 'Ұлытау облысы' }],
    from: '2022-06-08',
    coveredBy: [{ area: 'KZ-ZHEZKAZGAN' }, { from: '1997-05-03', area: 'KZ-35' }],
    source: DECREE_2022,
  },
  lasting('KZ-63', oblast('East Kazakhstan', 'Восточно-Казахстанская', 'Шығыс Қазақстан')),
  {
    code: 'KZ-71',
    country: 'KAZ',
    names: [
      city('Akmola', 'Акмола', 'Ақмола'),
      { from: '1998-05-06', ...city('Astana', 'Астана', 'Астана') },
      { from: '2019-03-23', ...city('Nur-Sultan', 'Нур-Султан', 'Нұр-Сұлтан') },
      { from: '2022-09-17', ...city('Astana', 'Астана', 'Астана') },
    ],
    from: '1997-12-10',
    coveredBy: [{ area: 'KZ-11' }],
    source: `Capital since December 1997, its names: interfax.com 83178 (days unverified); ${ISO}`,
  },
  lasting('KZ-75', city('Almaty', 'Алматы', 'Алматы')),
  {
    code: 'KZ-79',
    country: 'KAZ',
    names: [city('Shymkent', 'Шымкент', 'Шымкент')],
    from: '2018-06-19',
    coveredBy: [{ area: 'KZ-61' }],
    source: DECREE_2018,
  },
  {
    code: 'KZ-KOKSHETAU',
    country: 'KAZ',
    names: [oblast('Kokshetau', 'Кокшетауская', 'Көкшетау')],
    to: '1997-05-03',
    coveredBy: [
      { from: '1997-05-03', area: 'KZ-59' },
      { from: '1999-04-08', area: 'KZ-11' },
    ],
    source: `${DECREE_3_MAY_1997}, en.wikipedia.org Kokshetau_Oblast; centre to Akmola 1999 (day unverified)`,
  },
  {
    code: 'KZ-SEMIPALATINSK',
    country: 'KAZ',
    names: [oblast('Semipalatinsk', 'Семипалатинская', 'Семей')],
    to: '1997-05-03',
    coveredBy: [
      { from: '1997-05-03', area: 'KZ-63' },
      { from: '2022-06-08', area: 'KZ-10' },
    ],
    source: `${DECREE_3_MAY_1997} (day unverified; year: informburo.kz/stati/novye-oblasti-kazaxstana)`,
  },
  {
    code: 'KZ-TALDYKORGAN',
    country: 'KAZ',
    names: [oblast('Taldykorgan', 'Талдыкорганская', 'Талдықорған')],
    to: '1997-04-22',
    coveredBy: [
      { from: '1997-04-22', area: 'KZ-19' },
      { from: '2022-06-08', area: 'KZ-33' },
    ],
    source: DECREE_22_APRIL_1997,
  },
  {
    code: 'KZ-TORGAI',
    country: 'KAZ',
    names: [oblast('Torgai', 'Тургайская', 'Торғай')],
    to: '1997-04-22',
    coveredBy: [{ from: '1997-04-22', area: 'KZ-39' }],
    source: `${DECREE_22_APRIL_1997}; its centre Arkalyk to Kostanay, a part to Akmola`,
  },
  {
    code: 'KZ-ZHEZKAZGAN',
    country: 'KAZ',
    names: [oblast('Zhezkazgan', 'Жезказганская', 'Жезқазған')],
    to: '1997-05-03',
    coveredBy: [
      { from: '1997-05-03', area: 'KZ-35' },
      { from: '2022-06-08', area: 'KZ-62' },
    ],
    source: `${DECREE_3_MAY_1997}, aqparat.info/news/2022/03/16/10323570`,
  },
];

function lasting(code: string, name: Name): Area {
  return { code, country: 'KAZ', names: [name], source: ISO };
}

function oblast(en: string, ru: string, kk: string): Name {
  return { en: `${en} oblast`, ru: `${ru} область`, kk: `${kk} облысы` };
}

function city(en: string, ru: string, kk: string): Name {
  return { en: `${en} city`, ru: `город ${ru}`, kk: `${kk} қаласы` };
}
