import { describe, expect, it } from '@jest/globals';
import { POPULATIONS, populationOf, STATUSES, statusLabel } from './statuses.js';

describe('a status', () => {
  it('is counted in one population, and no population is empty', () => {
    const counted = POPULATIONS.map((population) =>
      STATUSES.filter((status) => populationOf(status) === population),
    );
    expect(counted.map(({ length }) => length)).toEqual([7, 1, 1, 3, 1]);
    expect(counted.flat()).toHaveLength(STATUSES.length);
  });

  it.each([
    ['1998-06-26', ['returnee', 'репатриант', 'репатриант']],
    ['2002-03-26', ['returnee', 'репатриант', 'репатриант']],
    ['2002-03-27', ['oralman', 'оралман', 'оралман']],
    ['2021-01-01', ['oralman', 'оралман', 'оралман']],
    ['2021-01-02', ['kandas', 'кандас', 'қандас']],
  ])('of an ethnic Kazakh who came home was called on %s what the law said: %j', (day, words) => {
    expect(
      (['en', 'ru', 'kk'] as const).map((language) => statusLabel('ethnic-returnee', day, language)),
    ).toEqual(words);
  });

  it('has a word of its own in every language', () => {
    for (const language of ['en', 'ru', 'kk'] as const) {
      const labels = STATUSES.map((status) => statusLabel(status, '1998-06-26', language));
      expect(new Set(labels.filter((label) => label !== '')).size).toBe(STATUSES.length);
    }
    expect(statusLabel('asylum-seeker', '1998-06-26')).toBe('asylum-seeker');
  });
});
