import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iso from 'i18n-iso-countries';
import {
  type Area,
  areaName,
  AREAS,
  areaValidOn,
  countryOfArea,
  isArea,
  regionsOn,
  successorOn,
} from './areas.js';
import { addDays } from './dates.js';

const days = fc.integer({ min: 0, max: 20_000 }).map((count) => addDays('1985-01-01', count));
const areas = fc.constantFrom(...AREAS);

describe('the map of Kazakhstan', () => {
  it('had 19 oblasts and Almaty in 1996, 14 and two cities in 1998, 17 and three cities today', () => {
    expect(
      ['1996-12-31', '1998-06-26', '2022-06-07', '2022-06-08'].map((day) => regionsOn(day).length),
    ).toEqual([20, 16, 17, 20]);
  });

  it('has Taldykorgan oblast in 1996, not in 1998, and finds it in Zhetisu today', () => {
    expect(areaValidOn('KZ-TALDYKORGAN', '1996-03-10')).toBe(true);
    expect(areaValidOn('KZ-TALDYKORGAN', '1998-06-20')).toBe(false);
    expect(
      ['1996-03-10', '1997-04-22', '2022-06-07', '2022-06-08'].map((day) =>
        successorOn('KZ-TALDYKORGAN', day),
      ),
    ).toEqual(['KZ-TALDYKORGAN', 'KZ-19', 'KZ-19', 'KZ-33']);
  });

  it('finds in the past the area that a new one came from', () => {
    expect(['1996-12-31', '1998-06-26'].map((day) => successorOn('KZ-10', day))).toEqual([
      'KZ-SEMIPALATINSK',
      'KZ-63',
    ]);
  });

  it('calls the capital what it was called on the day', () => {
    expect(
      ['1998-05-05', '1998-05-06', '2019-03-23', '2026-01-01'].map((day) => areaName('KZ-71', day)),
    ).toEqual(['Akmola city', 'Astana city', 'Nur-Sultan city', 'Astana city']);
    expect(areaName('KZ-TALDYKORGAN', '1996-12-31', 'kk')).toBe('Талдықорған облысы');
  });

  it('puts everybody somewhere on every day: each area is in being or is covered by one that is', () => {
    fc.assert(
      fc.property(areas, days, ({ code, country }, day) => {
        const covering = successorOn(code, day);
        expect(areaValidOn(covering, day)).toBe(true);
        expect(covering === code).toBe(areaValidOn(code, day));
        expect(countryOfArea(covering)).toBe(country);
      }),
    );
  });

  it('gives every abolished area a successor on every day since', () => {
    const abolished = AREAS.filter(({ to }) => to !== undefined);
    expect(abolished).toHaveLength(5);
    fc.assert(
      fc.property(fc.constantFrom(...abolished), fc.nat(40_000), ({ code, to = '' }, count) => {
        const day = addDays(to, count);
        expect(successorOn(code, day)).not.toBe(code);
        expect(areaValidOn(successorOn(code, day), day)).toBe(true);
      }),
    );
  });
});

describe('the list of areas', () => {
  it('has every code once, with a source and a span of days that is not empty', () => {
    expect(new Set(AREAS.map(({ code }) => code)).size).toBe(AREAS.length);
    expect(AREAS.filter(({ source, from = '0', to = '9999' }) => source === '' || from >= to)).toEqual([]);
  });

  it('keeps names and coverings in the order of their days', () => {
    const inOrder = ({ names, coveredBy = [] }: Area) =>
      [names, coveredBy].every((list) => {
        const starts = list.map(({ from }) => from ?? '');
        return starts.every((start, i) => i === 0 || start > (starts[i - 1] ?? ''));
      });
    expect(AREAS.filter((area) => !inOrder(area))).toEqual([]);
  });

  it('writes ISO 3166-2 codes of the right country, and longer ones where ISO has none', () => {
    const prefixes = AREAS.filter(({ code, country }) => !code.startsWith(`${iso.alpha3ToAlpha2(country)}-`));
    expect(prefixes).toEqual([]);
    const ours = AREAS.filter(({ code }) => !/^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(code)).map(({ code }) => code);
    expect(ours).toEqual([
      'KZ-KOKSHETAU',
      'KZ-SEMIPALATINSK',
      'KZ-TALDYKORGAN',
      'KZ-TORGAI',
      'KZ-ZHEZKAZGAN',
    ]);
  });

  it('has Chechnya in Russia and Kunduz in Afghanistan', () => {
    expect([countryOfArea('RU-CE'), countryOfArea('AF-KDZ')]).toEqual(['RUS', 'AFG']);
    expect(areaName('RU-CE', '1996-12-31', 'ru')).toBe('Чечня');
  });

  it('knows no area that is not on it', () => {
    expect(isArea('RU-XX')).toBe(false);
    expect(areaValidOn('RU-XX', '1998-06-26')).toBe(false);
    expect(countryOfArea('RU-XX')).toBeUndefined();
    expect([successorOn('RU-XX', '1998-06-26'), areaName('RU-XX', '1998-06-26')]).toEqual(['RU-XX', 'RU-XX']);
  });
});
