import type { Caller, Json } from './stack.js';

let count = 0;

/** A plainly invented person's name, another at each call. */
export function inventedPerson(): Json {
  count += 1;
  return { names: [{ full: `Invented Person ${count}`, script: 'Latn', kind: 'as-documented' }] };
}

/** An Afghan on UNHCR's list at the end of 1997, unless told otherwise. */
export function registration(more: Json = {}): Json {
  return {
    person: inventedPerson(),
    sex: 'M',
    birthYear: 1961,
    citizenship: 'AFG',
    placeFled: { country: 'AFG' },
    arrivedOn: '1997-03-02',
    registeredOn: '1997-03-05',
    authority: 'UNHCR',
    status: 'asylum-seeker',
    legalBasis: 'UNHCR-1950-STAT',
    region: 'KZ-75',
    ...more,
  };
}

/** Registers as many people as asked, 16 at a time; answers their files. */
export async function register(caller: Caller, number: number, more: Json = {}): Promise<string[]> {
  const files: string[] = [];
  const queue = Array.from({ length: number }).keys();
  const worker = async () => {
    for (const i of queue) files[i] = (await caller.did('/cases', registration(more))).id;
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return files;
}

/** The seed's estimate: more than 4,000 came between 1994 and 1997, of them 2,100 from Afghanistan (A1). */
export const NEWSPAPER = {
  population: 'refugees',
  measure: 'inflow',
  unit: 'persons',
  period: { from: '1994-01-01', to: '1997-12-31' },
  qualifier: 'more-than',
  value: 4_000,
  publisher: 'Jamestown Monitor, vol. 4 no. 130',
  citedSource: 'ICRC',
  publishedOn: '1998',
  asReported:
    'An influx of over 4,000 refugees; of those, 2,100 had fled Afghanistan, most of the remainder …',
  components: [
    { placesFled: [{ country: 'AFG' }], qualifier: 'exact', value: 2_100 },
    { placesFled: [{ country: 'RUS', area: 'RU-CE' }, { country: 'TJK' }], qualifier: 'most-of' },
  ],
};

/** World Refugee Survey 1998, end of 1997 (A3). */
export const SURVEY = {
  population: 'refugees',
  measure: 'stock',
  unit: 'persons',
  period: { from: '1997-12-31', to: '1997-12-31' },
  qualifier: 'exact',
  value: 14_000,
  publisher: 'US Committee for Refugees',
  citedSource: 'World Refugee Survey 1998',
  asReported: 'End of 1997: 14,000 present.',
  components: [
    { placesFled: [{ country: 'RUS', area: 'RU-CE' }], qualifier: 'exact', value: 6_000 },
    { placesFled: [{ country: 'TJK' }], qualifier: 'exact', value: 6_000 },
    { placesFled: [{ country: 'AFG' }], qualifier: 'exact', value: 2_000 },
  ],
};
