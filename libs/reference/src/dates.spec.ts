import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, firstDay, isDay, isPartialDate, lastDay, todayIn } from './dates.js';

const days = fc.integer({ min: 0, max: 100_000 }).map((count) => addDays('1800-01-01', count));
const partialDates = fc.tuple(days, fc.constantFrom(4, 7, 10)).map(([day, length]) => day.slice(0, length));

describe('a day', () => {
  it.each(['1998-02-29', '1900-02-29', '1998-00-10', '1998-13-01', '1998-04-31', '1998-4-3', '1582-12-31'])(
    'that is not in the calendar is not taken: %s',
    (text) => {
      expect(isDay(text)).toBe(false);
    },
  );

  it.each(['1998-06-26', '1996-02-29', '2000-02-29', '1583-01-01', '9999-12-31'])(
    'of the calendar is taken: %s',
    (text) => {
      expect(isDay(text)).toBe(true);
    },
  );

  it('is not an instant, a word or two lines', () => {
    expect(['1998-06-26T00:00:00Z', 'yesterday', '', '1998-06-26\n'].filter(isDay)).toEqual([]);
  });

  it('is one of as many as its month has', () => {
    const numbers = fc.record({
      year: fc.integer({ min: 1583, max: 9999 }),
      month: fc.integer({ min: 0, max: 99 }),
      day: fc.integer({ min: 0, max: 99 }),
    });
    fc.assert(
      fc.property(numbers, ({ year, month, day }) => {
        const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
        const two = (part: number) => String(part).padStart(2, '0');
        expect(isDay(`${year}-${two(month)}-${two(day)}`)).toBe(day >= 1 && day <= length);
      }),
    );
  });

  it('is as far from another there as back', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: -50_000, max: 50_000 }), (day, count) => {
        expect(addDays(addDays(day, count), -count)).toBe(day);
      }),
    );
  });

  it('has a next one over the end of a month, a leap February and a year', () => {
    expect(['1998-06-30', '1996-02-28', '1997-02-28', '1997-12-31'].map((day) => addDays(day, 1))).toEqual([
      '1998-07-01',
      '1996-02-29',
      '1997-03-01',
      '1998-01-01',
    ]);
  });

  it('has no next one at the end of time, and garbage has none at all', () => {
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addDays('1998-02-31x', 1)).toThrow(RangeError);
  });
});

describe('a date that is known in part', () => {
  it.each([
    ['1998', '1998-01-01', '1998-12-31'],
    ['1996-02', '1996-02-01', '1996-02-29'],
    ['1998-12', '1998-12-01', '1998-12-31'],
    ['1998-06-26', '1998-06-26', '1998-06-26'],
  ])('%s means the days from %s to %s', (date, first, last) => {
    expect([firstDay(date), lastDay(date)]).toEqual([first, last]);
  });

  it('means exactly the days that are written with its beginning', () => {
    fc.assert(
      fc.property(partialDates, (date) => {
        const [first, last] = [firstDay(date), lastDay(date)];
        expect(isPartialDate(date) && isDay(first) && isDay(last) && first <= last).toBe(true);
        expect([first, last].every((day) => day.startsWith(date))).toBe(true);
        expect([addDays(first, -1), addDays(last, 1)].some((day) => day.startsWith(date))).toBe(false);
      }),
    );
  });

  it('is a year, a month or a day, and nothing else', () => {
    const wrong = [
      '98',
      '1998-',
      '1998-6',
      '1998-13',
      '1998-02-30',
      '1998-06-26-01',
      '0000',
      '1998/06',
      ' 1998',
    ];
    expect(wrong.filter(isPartialDate)).toEqual([]);
  });
});

describe('today', () => {
  it('is the day of the agency, not of Greenwich', () => {
    expect(todayIn('Asia/Almaty', new Date('1998-06-26T18:30:00Z'))).toBe('1998-06-27');
    expect(todayIn('UTC', new Date('1998-06-26T18:30:00Z'))).toBe('1998-06-26');
  });

  it('is refused for a time zone that does not exist', () => {
    expect(() => todayIn('Asia/Akmola', new Date())).toThrow(RangeError);
  });
});
