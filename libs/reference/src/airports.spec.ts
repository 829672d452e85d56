import { describe, expect, it } from '@jest/globals';
import { airportCountry, airportRemedy, AIRPORTS, isAirport } from './airports.js';
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

  it('that the agency has not used before is an airport all the same, and its country is known', () => {
    expect(isAirport('KHG')).toBe(true);
    expect(airportCountry('KHG')).toBe('CHN');
  });

  it('that closed is still one of its time', () => {
    expect(AIRPORTS.get('TSE')).toEqual({ country: 'KAZ', city: 'Astana' });
  });

  it('has a code that is in use, in capital letters, and nothing else is one', () => {
    const odd = ['QQQ', 'ZZZ', 'ala', 'ALAA', 'AL', 'UAAA', 'AL1', ''];
    expect(odd.filter(isAirport)).toEqual([]);
    expect(odd.flatMap((code) => airportCountry(code) ?? [])).toEqual([]);
  });

  it('on the list is written so and lies in a country', () => {
    const odd = [...AIRPORTS].filter(
      ([code, { country }]) => !/^[A-Z]{3}$/.test(code) || !isCountry(country),
    );
    expect(odd).toEqual([]);
  });
});

describe('the remedy for an airport that nobody knows', () => {
  it.each([
    ['Jeddah', 'JED (Jeddah)'],
    ['astana', 'NQZ (Astana), TSE (Astana)'],
    ['ala', 'ALA (Almaty)'],
    ['JDE', 'JED (Jeddah)'],
    ['MHD ', 'MHD (Mashhad)'],
  ])('for %s names those that were perhaps meant', (typed, meant) => {
    expect(airportRemedy(typed)).toBe(`Did you mean ${meant}?`);
  });

  it('says how an airport comes onto the list where none is near', () => {
    expect(airportRemedy('QQQ')).toMatch(/IATA code, such as ALA \(Almaty\).*have it added to the list/);
  });
});
