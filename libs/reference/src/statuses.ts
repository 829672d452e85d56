import type { Day } from './dates.js';
import { type Language, type Name, nameOn } from './names.js';

/**
 * Who keeps a list of people and decides on their status. AMD is the Agency on Migration and Demography
 * (1997–2004) with the bodies before and after it, and records the labour licences of the Ministry of Labour;
 * MOI is the Ministry of Internal Affairs.
 */
export const AUTHORITIES = ['AMD', 'MOI', 'UNHCR'] as const;
export type Authority = (typeof AUTHORITIES)[number];

export const POPULATIONS = ['refugees', 'returnees', 'workers', 'foreigners', 'citizens'] as const;
export type Population = (typeof POPULATIONS)[number];

/** `prospective-asylum-seeker` is nobody's to give: it is what a person is called before any registration. */
export const STATUSES = [
  'prospective-asylum-seeker',
  'asylum-seeker',
  'refugee',
  'convention-refugee',
  'mandate-refugee',
  'temporary-protection',
  'political-asylum',
  'ethnic-returnee',
  'guest-worker',
  'registered-foreigner',
  'rejected',
  'claim-closed',
  'citizen',
] as const;
export type StatusCode = (typeof STATUSES)[number];

/** The population that people of this status are counted in: exactly one. */
export function populationOf(status: StatusCode): Population {
  return POPULATION[status];
}

/** What a status was called on that day: a law that renames it changes the word, never the code. */
export function statusLabel(status: StatusCode, day: Day, language: Language = 'en'): string {
  return nameOn(LABELS[status], day, language);
}

const POPULATION: Readonly<Record<StatusCode, Population>> = {
  'prospective-asylum-seeker': 'refugees',
  'asylum-seeker': 'refugees',
  refugee: 'refugees',
  'convention-refugee': 'refugees',
  'mandate-refugee': 'refugees',
  'temporary-protection': 'refugees',
  'political-asylum': 'refugees',
  'ethnic-returnee': 'returnees',
  'guest-worker': 'workers',
  'registered-foreigner': 'foreigners',
  rejected: 'foreigners',
  'claim-closed': 'foreigners',
  citizen: 'citizens',
};

const LABELS: Readonly<Record<StatusCode, readonly Name[]>> = {
  'prospective-asylum-seeker': [
    { en: 'prospective asylum-seeker', ru: 'незарегистрированное лицо', kk: 'тіркелмеген адам' },
  ],
  'asylum-seeker': [{ en: 'asylum-seeker', ru: 'лицо, ищущее убежище', kk: 'пана іздеген адам' }],
  refugee: [{ en: 'refugee', ru: 'беженец', kk: 'босқын' }],
  'convention-refugee': [
    {
      en: 'Convention refugee',
      ru: 'беженец по Конвенции 1951 года',
      kk: '1951 жылғы Конвенция бойынша босқын',
    },
  ],
  'mandate-refugee': [
    { en: 'mandate refugee (UNHCR)', ru: 'мандатный беженец (УВКБ ООН)', kk: 'мандаттық босқын (БҰҰ БЖКБ)' },
  ],
  'temporary-protection': [{ en: 'temporary protection', ru: 'временная защита', kk: 'уақытша қорғау' }],
  'political-asylum': [{ en: 'political asylum', ru: 'политическое убежище', kk: 'саяси баспана' }],
  // Law 313-II of 2002-03-27; Law 327-VI of 2020-05-13, in force from 2021-01-02.
  'ethnic-returnee': [
    { en: 'returnee', ru: 'репатриант', kk: 'репатриант' },
    { from: '2002-03-27', en: 'oralman', ru: 'оралман', kk: 'оралман' },
    { from: '2021-01-02', en: 'kandas', ru: 'кандас', kk: 'қандас' },
  ],
  'guest-worker': [{ en: 'guest worker', ru: 'иностранный работник', kk: 'шетелдік жұмыскер' }],
  'registered-foreigner': [
    { en: 'registered foreigner', ru: 'зарегистрированный иностранец', kk: 'тіркелген шетелдік' },
  ],
  rejected: [{ en: 'claim rejected', ru: 'в статусе отказано', kk: 'мәртебе беруден бас тартылды' }],
  'claim-closed': [{ en: 'claim closed', ru: 'ходатайство закрыто', kk: 'өтініш жабылды' }],
  citizen: [{ en: 'citizen', ru: 'гражданин', kk: 'азамат' }],
};
