export const TODAY = '2000-01-01';
export const NOW = '1998-06-26T20:00:00Z';

const id = (n: number) => `0190b5e0-0000-7000-8000-00000000000${n}`;

/** Three people met abroad; the first two are in the air, together with someone known by a list name only. */
export const PEOPLE = [id(1), id(2), id(3)] as const;
export const IN_THE_AIR = id(4);
/** Planned, with nobody on its list. */
export const PLANNED = id(5);
export const PASSENGERS = [id(6), id(7), id(8)] as const;
