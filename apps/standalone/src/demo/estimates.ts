/**
 * What others have said about how many people came, each as it was said and with its source. Nothing here is a
 * count of ours, nothing is averaged, and where no number was given there is none.
 */
type Said = Readonly<Record<string, unknown>> & { publisher: string; asReported: string };

const year = (from: number, to = from) => ({ from: `${from}`, to: `${to}` });
const on = (day: string) => ({ from: day, to: day });
const part = (country: string, value: number, area?: string) => ({
  placesFled: [{ country, ...(area && { area }) }],
  qualifier: 'about',
  value,
});

const MONITOR = { publisher: 'Jamestown Monitor, vol. 4 no. 130', publishedOn: '1998' };
const SURVEY = (edition: number) => ({
  publisher: 'US Committee for Refugees',
  citedSource: `World Refugee Survey ${edition}`,
  population: 'refugees',
  measure: 'stock',
  unit: 'persons',
});
const AGENCY = {
  publisher: 'Agency for Migration and Demography',
  population: 'returnees',
  measure: 'inflow',
};

const NEWSPAPER: readonly Said[] = [
  {
    ...MONITOR,
    citedSource: 'ICRC',
    population: 'refugees',
    measure: 'inflow',
    unit: 'persons',
    period: { from: '1994-01-01', to: '1997-12-31' },
    qualifier: 'more-than',
    value: 4_000,
    components: [
      { placesFled: [{ country: 'AFG' }], qualifier: 'exact', value: 2_100 },
      { placesFled: [{ country: 'RUS', area: 'RU-CE' }, { country: 'TJK' }], qualifier: 'most-of' },
    ],
    asReported:
      'Between 1994 and 1997 an influx of over 4,000 refugees; of those, 2,100 had fled Afghanistan, ' +
      'and most of the remainder Chechnya and Tajikistan.',
  },
  {
    ...MONITOR,
    population: 'refugees',
    measure: 'stock',
    unit: 'persons',
    period: year(1998),
    qualifier: 'unquantified',
    asReported: 'Many more asylum-seekers are believed to be living in the country unregistered.',
  },
  {
    ...MONITOR,
    population: 'workers',
    measure: 'stock',
    unit: 'persons',
    period: year(1998),
    qualifier: 'unquantified',
    asReported: 'Guest workers: precise numbers are not available.',
  },
  {
    ...MONITOR,
    population: 'citizens',
    measure: 'outflow',
    unit: 'persons',
    period: year(1998),
    qualifier: 'unquantified',
    asReported: 'Substantial out-migration.',
  },
  {
    ...MONITOR,
    population: 'diaspora',
    measure: 'stock',
    unit: 'persons',
    period: year(1998),
    qualifier: 'more-than',
    value: 3_000_000,
    asReported: 'More than three million Kazakhs live outside the country.',
  },
  {
    ...MONITOR,
    population: 'diaspora',
    measure: 'stock',
    unit: 'persons',
    period: year(1998),
    qualifier: 'unquantified',
    asReported: 'Tens of thousands of Kazakhs in Afghanistan and Tajikistan.',
  },
];

const PRESENT: readonly Said[] = [
  {
    ...SURVEY(1997),
    period: on('1996-12-31'),
    qualifier: 'about',
    value: 14_000,
    components: [part('RUS', 6_000, 'RU-CE'), part('TJK', 6_000), part('AFG', 2_000)],
    asReported:
      'End of 1996: 14,000 present, of them 6,000 from Chechnya, 6,000 Tajikistan, about 2,000 Afghanistan.',
  },
  {
    ...SURVEY(1997),
    citedSource: 'Chechen-Ingush cultural centre in Almaty, in World Refugee Survey 1997',
    period: on('1996-12-31'),
    placeFled: { country: 'RUS', area: 'RU-CE' },
    qualifier: 'at-most',
    value: 30_000,
    asReported: 'Up to 30,000 Chechens.',
  },
  {
    ...SURVEY(1998),
    period: on('1997-12-31'),
    qualifier: 'about',
    value: 14_000,
    components: [part('RUS', 6_000, 'RU-CE'), part('TJK', 6_000), part('AFG', 2_000)],
    asReported:
      'End of 1997: 14,000 present, of them 6,000 from Chechnya, 6,000 Tajikistan, 2,000 Afghanistan.',
  },
  {
    ...SURVEY(1999),
    period: year(1998),
    qualifier: 'about',
    value: 4_100,
    components: [part('AFG', 2_100), part('TJK', 1_100), part('RUS', 500, 'RU-CE')],
    asReported:
      '1998: 4,100, of them 2,100 from Afghanistan, 1,100 Tajikistan, 500 Chechnya, about 400 others.',
  },
  {
    ...SURVEY(2000),
    period: on('1999-12-31'),
    qualifier: 'about',
    value: 14_800,
    components: [part('RUS', 7_000, 'RU-CE'), part('TJK', 5_400), part('AFG', 2_300)],
    asReported:
      'End of 1999: 14,800, of them 7,000 from Chechnya, 5,400 Tajikistan (mostly ethnic Kazakhs), ' +
      '2,300 Afghanistan, 250 others (the parts sum to 14,950).',
  },
  {
    ...SURVEY(2002),
    period: on('2001-12-31'),
    qualifier: 'about',
    value: 19_500,
    components: [part('RUS', 12_000, 'RU-CE'), part('TJK', 4_000), part('AFG', 2_300), part('PSE', 1_150)],
    asReported:
      'End of 2001: 19,500, of them 12,000 Chechens, 4,000 from Tajikistan, 2,300 Afghans, 1,150 Palestinians.',
  },
  {
    ...SURVEY(2003),
    period: on('2002-12-31'),
    qualifier: 'about',
    value: 20_600,
    components: [part('RUS', 13_700, 'RU-CE'), part('TJK', 3_500), part('AFG', 2_200), part('PSE', 1_100)],
    asReported:
      'End of 2002: 20,600, of them 13,700 Chechens, 3,500 Tajiks, 2,200 Afghans, 1,100 Palestinians, 30 others.',
  },
];

const RETURNED: readonly Said[] = [
  {
    ...AGENCY,
    citedSource: 'Astana Times, October 2021',
    period: year(1993),
    unit: 'persons',
    qualifier: 'exact',
    value: 45_632,
    asReported: '1993: 45,632 people in 9,441 families arrived, under a quota of 10,000 families.',
  },
  {
    ...AGENCY,
    citedSource: 'Astana Times, October 2021',
    period: year(1993),
    unit: 'families',
    qualifier: 'exact',
    value: 9_441,
    asReported: '1993: 45,632 people in 9,441 families arrived, under a quota of 10,000 families.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21',
    period: year(1991, 2000),
    unit: 'persons',
    qualifier: 'exact',
    value: 183_652,
    components: (
      [
        ['UZB', 62_737],
        ['MNG', 65_202],
        ['TKM', 22_055],
        ['TJK', 10_476],
        ['RUS', 8_490],
        ['IRN', 5_030],
        ['TUR', 3_780],
        ['CHN', 2_214],
        ['AFG', 1_719],
        ['PAK', 1_102],
      ] as const
    ).map(([country, value]) => ({ ...part(country, value), qualifier: 'exact' })),
    asReported: '1991 to 2000: 42,987 families, 183,652 people; the countries named sum to 182,805.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21',
    period: year(1991, 2000),
    unit: 'families',
    qualifier: 'exact',
    value: 42_987,
    asReported: '1991 to 2000: 42,987 families, 183,652 people.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21, another paragraph',
    period: year(1991, 1999),
    unit: 'persons',
    qualifier: 'about',
    value: 181_400,
    components: [part('MNG', 63_900), part('IRN', 4_800), part('TUR', 2_600), part('AFG', 83)],
    asReported: '1991 to 1999: 181.4 thousand; Mongolia 63.9, Iran 4.8, Turkey 2.6 thousand, Afghanistan 83.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21',
    period: year(1996),
    unit: 'persons',
    qualifier: 'exact',
    value: 7_691,
    asReported: '1996: 1,739 families, 7,691 people, of them under quota 280 families, 1,265 people.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21',
    period: year(1991),
    unit: 'persons',
    qualifier: 'exact',
    value: 826,
    components: [part('PAK', 419), part('TUR', 147), part('MNG', 195), part('IRN', 65)],
    asReported:
      'By quota: Pakistan 95 families (419), Turkey 32 (147), Mongolia 50 (195), Iran 18 (65). ' +
      'The sentence says 1991; what stands around it is about 1999 and 2000.',
  },
  {
    ...AGENCY,
    citedSource: 'Eurasian Education 6/2017, p. 21',
    period: year(1991),
    unit: 'persons',
    qualifier: 'exact',
    value: 439,
    components: [part('CHN', 105), part('TJK', 49), part('UZB', 226), part('AFG', 59)],
    asReported:
      'On their own: China 20 families (105), Tajikistan 10 (49), Uzbekistan 45 (226), Afghanistan 10 (59).',
  },
  {
    ...AGENCY,
    citedSource: 'caravan.kz',
    period: year(1991, 2002),
    unit: 'persons',
    qualifier: 'about',
    value: 228_000,
    asReported: '1991 to 2002: 59,000 families or 228,000 people.',
  },
  {
    ...AGENCY,
    publisher: 'Central Asia-Caucasus Analyst',
    publishedOn: '2004-11-30',
    period: year(1991, 2002),
    unit: 'persons',
    qualifier: 'about',
    value: 300_000,
    asReported: '59,000 families or 300,000 people.',
  },
  {
    ...AGENCY,
    publisher: 'US Committee for Refugees',
    citedSource: 'World Refugee Survey',
    period: year(1991, 2001),
    unit: 'persons',
    qualifier: 'about',
    value: 215_000,
    asReported: '215,000 ethnic Kazakhs returned; 115,000 had citizenship, the rest remain stateless.',
  },
  {
    ...AGENCY,
    publisher: 'UNHCR, Refugee Data Finder',
    period: year(1998),
    unit: 'persons',
    qualifier: 'exact',
    value: 4_665,
    components: [part('IRN', 3_585), part('AFG', 1_057), part('PAK', 23)].map((one) => ({
      ...one,
      qualifier: 'exact',
    })),
    asReported:
      'Refugees returned to Kazakhstan in 1998: 3,585 from Iran, 1,057 from Afghanistan, 23 from Pakistan.',
  },
];

export const ESTIMATES: readonly Said[] = [...NEWSPAPER, ...PRESENT, ...RETURNED];
