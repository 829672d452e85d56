export { type Airport, airportCountry, airportRemedy, AIRPORTS, isAirport } from './airports.js';
export {
  type Area,
  type AreaCode,
  areaName,
  AREAS,
  areaValidOn,
  countryOfArea,
  isArea,
  regionsOn,
  successorOn,
} from './areas.js';
export { type CountryCode, countryName, countryOn, HOME, isCountry } from './countries.js';
export {
  addDays,
  type Day,
  FIRST_YEAR,
  firstDay,
  isDay,
  isPartialDate,
  lastDay,
  type PartialDate,
  todayIn,
} from './dates.js';
export { daysInForce, type Law, lawById, lawInForce, lawsOffering, nationalityExcluded } from './law.js';
export { LAWS } from './laws.js';
export type { Language, Name } from './names.js';
export {
  AUTHORITIES,
  type Authority,
  type Population,
  populationOf,
  POPULATIONS,
  type StatusCode,
  STATUSES,
  statusLabel,
} from './statuses.js';
export { suggestCountry, type Suggestion } from './suggest-country.js';
