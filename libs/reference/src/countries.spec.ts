import { describe, expect, it } from '@jest/globals';
import { countryName, countryOn, DATED_COUNTRIES, isCountry, ISO_COUNTRIES } from './countries.js';

describe('a country', () => {
  it('is one of the 249 of ISO 3166-1, or unknown, stateless or withdrawn', () => {
    expect(ISO_COUNTRIES).toHaveLength(249);
    expect(['KAZ', 'AFG', 'TJK', 'RUS', 'PSE', 'UKN', 'XXA', 'SUN', 'YUG'].every(isCountry)).toBe(true);
  });

  it.each(['Chechnya', 'KZ', 'kaz', '', 'XKK', 'XXX', 'toString'])('is not written %j', (text) => {
    expect(isCountry(text)).toBe(false);
  });

  it('may have ended: the Soviet Union on 30 August 1992', () => {
    expect(['1992-08-29', '1992-08-30', '1998-06-26'].map((day) => countryOn('SUN', day))).toEqual([
      true,
      false,
      false,
    ]);
    expect(['2003-07-22', '2003-07-23', '2006-09-26'].map((day) => countryOn('SCG', day))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('of today, the unknown one and none are good on every day', () => {
    expect(['KAZ', 'UKN', 'XXA'].every((code) => countryOn(code, '1951-01-01'))).toBe(true);
    expect(countryOn('Chechnya', '1998-06-26')).toBe(false);
  });

  it('has a name in English, Russian and Kazakh', () => {
    const codes = [...ISO_COUNTRIES, ...DATED_COUNTRIES.map(({ code }) => code)];
    const nameless = codes.filter((code) =>
      (['en', 'ru', 'kk'] as const).some((language) => countryName(code, language) === code),
    );
    expect(nameless).toEqual([]);
    expect([countryName('AFG'), countryName('AFG', 'ru'), countryName('AFG', 'kk')]).toEqual([
      'Afghanistan',
      'Афганистан',
      'Ауғанстан',
    ]);
    expect([countryName('SUN', 'kk'), countryName('???')]).toEqual(['Кеңес Одағы', '???']);
  });

  it('that the standard does not list has a source', () => {
    expect(DATED_COUNTRIES.filter(({ source }) => source === '')).toEqual([]);
  });
});
