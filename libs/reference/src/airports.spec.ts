import { describe, expect, it } from '@jest/globals';
import { airportCountry, AIRPORTS, isAirport } from './airports.js';
import { isCountry } from './countries.js';

describe('an airport', () => {
  it.each([
    ['ALA', 'KAZ'],
    ['TSE', 'KAZ'],
    ['CIT', 'KAZ'],
    ['GUW', 'KAZ'],
    ['THR', 'IRN'],
    ['MHD', 'IRN'],
    ['PEW', 'PAK'],
    ['JED', 'SAU'],
    ['TAS', 'UZB'],
  ])('%s of a repatriation flight lies in %s', (code, country) => {
    expect(airportCountry(code)).toBe(country);
  });

  it('that the agency has not used before is an airport all the same, of a country unknown', () => {
    expect(isAirport('ZZZ')).toBe(true);
    expect(airportCountry('ZZZ')).toBeUndefined();
  });

  it('is three capital letters and nothing else', () => {
    expect(['ala', 'ALAA', 'AL', 'UAAA', 'AL1', ''].filter(isAirport)).toEqual([]);
  });

  it('on the list is written so and lies in a country', () => {
    const odd = [...AIRPORTS].filter(([code, { country }]) => !isAirport(code) || !isCountry(country));
    expect(odd).toEqual([]);
  });
});
