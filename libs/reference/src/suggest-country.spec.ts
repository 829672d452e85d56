import { describe, expect, it } from '@jest/globals';
import { AREAS } from './areas.js';
import { ISO_COUNTRIES } from './countries.js';
import { suggestCountry } from './suggest-country.js';

describe('someone who wrote', () => {
  it.each([
    'Chechnya',
    'chechen',
    ' CHECHNYA ',
    'Чечня',
    'чеченец',
    'Чеченская',
    'Шешенстан',
    'RU-CE',
    'ru-ce',
  ])('%j meant Russia, and Chechnya in it', (input) => {
    expect(suggestCountry(input)).toEqual({
      country: 'RUS',
      area: 'RU-CE',
      text: 'Write country RUS with area RU-CE (Chechnya).',
    });
  });

  it.each([
    ['AF', 'AFG'],
    ['afg', 'AFG'],
    ['Afghanistan', 'AFG'],
    ['Afghan', 'AFG'],
    ['афганец', 'AFG'],
    ['Ауғанстан', 'AFG'],
    ['Tajik', 'TJK'],
    ['Таджикистан', 'TJK'],
    ['Тәжікстан', 'TJK'],
    ['Russia', 'RUS'],
    ['Россия', 'RUS'],
    ['Ресей', 'RUS'],
    ['Iran', 'IRN'],
    ['Kirgizia', 'KGZ'],
    ['Киргизия', 'KGZ'],
    ['Кыргызстан', 'KGZ'],
    ['USSR', 'SUN'],
    ['Soviet  Union', 'SUN'],
    ['СССР', 'SUN'],
    ['КСРО', 'SUN'],
    ['stateless', 'XXA'],
    ['unknown', 'UKN'],
    ['Туркмения', 'TKM'],
    ['Палестина', 'PSE'],
  ])('%j meant the country %s', (input, country) => {
    expect(suggestCountry(input)).toEqual({
      country,
      text: expect.stringContaining(`Write country ${country} (`),
    });
  });

  it.each([
    ['Kunduz', 'AFG', 'AF-KDZ'],
    ['Дагестан', 'RUS', 'RU-DA'],
    ['Sughd', 'TJK', 'TJ-SU'],
    ['Ленинабад', 'TJK', 'TJ-SU'],
    ['Uighur', 'CHN', 'CN-XJ'],
    ['Талдыкорганская область', 'KAZ', 'KZ-TALDYKORGAN'],
  ])('%j meant a place in %s: %s', (input, country, area) => {
    expect(suggestCountry(input)).toMatchObject({ country, area });
  });

  it.each(['', '?', 'Atlantis', 'Congo', 'South', 'Pers', 'constructor'])(
    '%j is asked, not guessed for',
    (input) => {
      expect(suggestCountry(input)).toBeUndefined();
    },
  );

  it('a code of ours or of the standard is given it back', () => {
    expect(ISO_COUNTRIES.filter((code) => suggestCountry(code)?.country !== code)).toEqual([]);
    expect(AREAS.filter(({ code }) => suggestCountry(code)?.area !== code)).toEqual([]);
  });
});
