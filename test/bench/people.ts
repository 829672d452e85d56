import type { MigrantRegistered } from '#domain';

const ORIGINS = [
  { country: 'AFG' },
  { country: 'RUS', area: 'RU-CE' },
  { country: 'TJK' },
  { country: 'CHN' },
  { country: 'IRQ' },
  { country: 'UZB' },
];
const REGIONS = ['KZ-75', 'KZ-19', 'KZ-61', 'KZ-35', 'KZ-31', 'KZ-63'];

const oneOf = <T>(items: readonly [T, ...T[]] | readonly T[], share: number): T => {
  const item = items[Math.floor(share * items.length) % items.length];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
};

/** A registration of 1994 to 1997, drawn from one number between 0 and 1. */
export function registration(draw: number): MigrantRegistered['data'] {
  const placeFled = oneOf(ORIGINS, draw);
  const year = 1994 + (Math.floor(draw * 400) % 4);
  const month = String(1 + (Math.floor(draw * 4_000) % 12)).padStart(2, '0');
  return {
    office: 'Almaty',
    authority: 'UNHCR',
    status: 'asylum-seeker',
    legalBasis: 'UNHCR-1950-STAT',
    citizenship: placeFled.country,
    placeFled,
    arrivedOn: `${year}-${month}-01`,
    registeredOn: `${year}-${month}-04`,
    region: oneOf(REGIONS, (draw * 37) % 1),
    sex: (draw * 1_000) % 2 < 1 ? 'F' : 'M',
    birthYear: 1930 + (Math.floor(draw * 10_000) % 60),
    late: false,
  };
}
