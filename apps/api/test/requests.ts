/** A registration that is accepted: what specs send, whole or spoiled. */
export const AHMAD = {
  person: { names: [{ full: 'Ахмад Зия', script: 'Cyrl', kind: 'as-documented' }] },
  sex: 'M',
  birthYear: 1961,
  citizenship: 'AFG',
  placeFled: { country: 'AFG' },
  arrivedOn: '1998-06-20',
  registeredOn: '1998-06-26',
  authority: 'AMD',
  status: 'asylum-seeker',
  legalBasis: 'KZ-1998-RSD',
  region: 'KZ-75',
};

export const JEDDAH_ALMATY = {
  number: 'KZ888',
  carrier: 'Kazakhstan Airlines',
  from: 'JED',
  to: 'ALA',
  departureCountry: 'SAU',
  seats: 184,
  departsAt: '1998-06-26T04:30:00Z',
  funding: 'state',
};

export const OVER_4000 = {
  population: 'refugees',
  measure: 'inflow',
  period: { from: '1994', to: '1997' },
  qualifier: 'more-than',
  value: 4_000,
  unit: 'persons',
  publisher: 'Jamestown Monitor 4/130',
  citedSource: 'ICRC',
  asReported: 'an influx of over 4,000 refugees',
};
