import { describe, expect, it } from '@jest/globals';
import { gapRow, noteInWords } from './figures.js';

describe('what is left of an estimate when the registered are taken off', () => {
  it('is as vague as the estimate was', () => {
    const about = { qualifier: 'about', value: 6_000 };
    const row = { registered: 500, estimate: about, qualifier: 'about', unregistered: 5_500, label: null };
    expect(gapRow('TJK', row)).toEqual(['TJK', 'about 6,000', 500, 'about 5,500']);
    const span = { ...row, qualifier: 'range', unregistered: null, low: 1_500, high: 2_500 };
    expect(gapRow('TJK', span)[3]).toBe('1,500 to 2,500');
  });

  it('is said in words where it is no number', () => {
    const row = {
      registered: 3,
      estimate: null,
      qualifier: null,
      unregistered: null,
      label: 'not-quantified',
    };
    expect(gapRow('other', row)).toEqual(['other', null, 3, 'not quantified']);
  });

  it('is noted with thousands apart, and years as they are', () => {
    const note =
      'The estimate is for 1998. The rows add up to 11400 unregistered, the total is 11300. ' +
      'Not in the sum: other (1000 registered, 2000 estimated, not-quantified).';
    expect(noteInWords(note)).toBe(
      'The estimate is for 1998. The rows add up to 11,400 unregistered, the total is 11,300. ' +
        'Not in the sum: other (1,000 registered, 2,000 estimated, not quantified).',
    );
  });
});
