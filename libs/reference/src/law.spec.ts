import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, firstDay, lastDay } from './dates.js';
import { daysInForce, lawById, lawInForce, lawsOffering, nationalityExcluded } from './law.js';
import { LAWS } from './laws.js';
import { AUTHORITIES, type Authority, type StatusCode, STATUSES } from './statuses.js';

const ids = (...offered: Parameters<typeof lawsOffering>) => lawsOffering(...offered).map(({ id }) => id);
const days = fc.integer({ min: 0, max: 16_000 }).map((count) => addDays('1985-01-01', count));

describe('the law on a date', () => {
  it.each([
    ['KZ-1998-ACC', '1998-06-26', false],
    ['KZ-1998-ACC', '1999-04-14', false],
    ['KZ-1998-ACC', '1999-04-15', true],
    ['KZ-1998-ACC', '1999-04', true],
    ['KZ-1998-ACC', '1999-03', false],
    ['KZ-1998-RSD', '1998-03-31', false],
    ['KZ-1998-RSD', '1998-06-26', true],
    ['KZ-1998-RSD', '1998', true],
    ['KZ-1998-RSD', '2009-12-31', true],
    ['KZ-1998-RSD', '2010-01-01', false],
    ['KZ-1990-EMP', '1998-12-30', true],
    ['KZ-1990-EMP', '1998-12-31', false],
    ['UNHCR-1950-STAT', '1950-12-31', false],
    ['UNHCR-1950-STAT', '1951-01-01', true],
    ['KZ-1900-NIL', '1998-06-26', false],
  ])('is or is not in force: %s on %s: %s', (id, date, expected) => {
    expect(lawInForce(id, date)).toBe(expected);
  });

  it('is in force in a month or year if it is on some day of it', () => {
    const laws = fc.constantFrom(...LAWS);
    fc.assert(
      fc.property(laws, days, fc.constantFrom(4, 7), fc.constantFrom(-1, 0, 1), (law, day, length, shift) => {
        // Two of the three lie at the law's own borders, where it matters.
        const near = [day, addDays(law.from, shift), addDays(law.to ?? law.from, shift)];
        for (const date of near.map((one) => one.slice(0, length))) {
          const some = daysOf(date).some((one) => lawInForce(law.id, one));
          expect(lawInForce(law.id, date)).toBe(some);
          const left = daysOf(date).filter((one) => lawInForce(law.id, one));
          const narrowed = left.length > 0 && left.length < daysOf(date).length;
          expect(daysInForce(law.id, date)).toEqual(
            narrowed ? { first: left[0], last: left.at(-1) } : undefined,
          );
        }
      }),
    );
  });

  it('offered these statuses on 26 June 1998, and not that of the Convention', () => {
    const offered = STATUSES.flatMap((status) =>
      AUTHORITIES.map((issuer) => `${status} by ${issuer}: ${ids(status, issuer, '1998-06-26').join(' ')}`),
    );
    expect(offered.filter((line) => !line.endsWith(': '))).toEqual([
      'asylum-seeker by AMD: KZ-1997-MIG KZ-1998-RSD',
      'asylum-seeker by UNHCR: UNHCR-1950-STAT',
      'refugee by AMD: KZ-1997-MIG KZ-1998-RSD',
      'mandate-refugee by UNHCR: UNHCR-1950-STAT',
      'temporary-protection by UNHCR: UNHCR-1950-STAT',
      'political-asylum by AMD: KZ-1996-ASY',
      'political-asylum by MOI: KZ-1996-ASY',
      'ethnic-returnee by AMD: KZ-1991-RES KZ-1997-MIG',
      'guest-worker by AMD: KZ-1990-EMP KZ-1997-MIG',
      'guest-worker by MOI: KZ-1990-EMP',
      'registered-foreigner by MOI: KZ-1995-FOR',
      'rejected by AMD: KZ-1998-RSD',
      'claim-closed by AMD: KZ-1998-RSD',
      'citizen by MOI: KZ-1991-CIT',
    ]);
  });

  it.each<[StatusCode, Authority, string]>([
    ['asylum-seeker', 'UNHCR', '1985-01-01'],
    ['asylum-seeker', 'AMD', '1997-12-13'],
    ['refugee', 'AMD', '1997-12-13'],
    ['rejected', 'AMD', '1998-04-01'],
    ['ethnic-returnee', 'AMD', '1991-11-18'],
    ['guest-worker', 'AMD', '1991-01-01'],
    ['registered-foreigner', 'MOI', '1985-01-01'],
  ])('has left no day without a ground for %s by %s since %s', (status, issuer, since) => {
    fc.assert(
      fc.property(days, (day) => {
        expect(day < since || ids(status, issuer, day).length > 0).toBe(true);
      }),
    );
  });

  it('carries guest workers through 1999 by the chapter on labour migration', () => {
    expect(ids('guest-worker', 'AMD', '1999')).toEqual(['KZ-1997-MIG']);
  });

  it('gives nobody the status of someone who has not come yet', () => {
    expect(LAWS.filter(({ statuses }) => statuses.includes('prospective-asylum-seeker'))).toEqual([]);
  });
});

describe('a shut-out nationality', () => {
  it.each([
    ['TJK', '1998-07-01', true],
    ['RUS', '1998', true],
    ['CHN', '2001-05', true],
    ['AFG', '1998-07-01', false],
    ['XXA', '1998-07-01', false],
    ['SUN', '1998-07-01', false],
    ['GEO', '2009-08-17', true],
    ['GEO', '2009-08-18', false],
    ['GEO', '2009-08', false],
  ])(
    'keeps or does not keep a citizen of %s out of the procedure of 1998 on %s: %s',
    (citizenship, date, expected) => {
      expect(nationalityExcluded('KZ-1998-RSD', citizenship, date)).toBe(expected);
    },
  );

  it('is kept out by no other law', () => {
    const shutting = LAWS.filter(({ excludedNationalities }) => excludedNationalities.length > 0);
    expect(shutting.map(({ id }) => id)).toEqual(['KZ-1998-RSD']);
    expect(nationalityExcluded('KZ-2009-REF', 'TJK', '2010-07-01')).toBe(false);
    expect(nationalityExcluded('KZ-1900-NIL', 'TJK', '2010-07-01')).toBe(false);
  });
});

describe('the catalogue', () => {
  it('has every law once, with its title, source, statuses and issuers', () => {
    expect(new Set(LAWS.map(({ id }) => id)).size).toBe(LAWS.length);
    const bare = LAWS.filter(({ title, source, statuses, issuers }) =>
      [title, source, statuses, issuers].some(({ length }) => length === 0),
    );
    expect(bare).toEqual([]);
    expect(lawById('KZ-1997-MIG')?.adopted).toBe('1997-12-13');
    expect(lawById('KZ-1900-NIL')).toBeUndefined();
  });

  it('lets no law begin before it was adopted or end before it began', () => {
    const odd = LAWS.filter(({ adopted, from, to = '9999' }) => from < firstDay(adopted) || from >= to);
    expect(odd).toEqual([]);
  });

  it('rests every status but one on some law', () => {
    const unfounded = STATUSES.filter((status) => !LAWS.some(({ statuses }) => statuses.includes(status)));
    expect(unfounded).toEqual(['prospective-asylum-seeker']);
  });
});

function daysOf(date: string): string[] {
  const year = Array.from({ length: 366 }, (_, count) => addDays(firstDay(date), count));
  return year.filter((day) => day <= lastDay(date));
}
