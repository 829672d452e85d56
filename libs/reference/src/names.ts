import type { Day } from './dates.js';

export type Language = 'en' | 'ru' | 'kk';

/** What a thing is called from the day `from` (absent: from the start) until the next of its names. */
export type Name = Readonly<{ from?: Day; en: string; ru?: string; kk?: string }>;

/** The name in use on that day, in English where the language has none. Expects them in order of `from`. */
export function nameOn(names: readonly Name[], day: Day, language: Language): string {
  const name = names.findLast(({ from }) => from === undefined || from <= day);
  return name?.[language] ?? name?.en ?? '';
}
