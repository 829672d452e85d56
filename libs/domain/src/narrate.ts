import {
  AIRPORTS,
  areaName,
  type CountryCode,
  countryName,
  firstDay,
  type PartialDate,
  statusLabel,
} from '#reference';
import type {
  CaseCorrected,
  ManifestLeft,
  MigrantDeparted,
  MigrantEncountered,
  MigrantRegistered,
  Place,
  StatusChanged,
} from './case/case.events.js';
import type { EstimateRecorded, Figure } from './estimate/estimate.events.js';
import type { KoshEvent } from './events.js';
import type { FlightPlanned, Passenger } from './flight/flight.events.js';

/** What happened, in a sentence of plain English: for the history of a case, a flight or an estimate. */
export function narrate({ type, data }: KoshEvent): string {
  switch (type) {
    case 'MigrantEncountered':
      return encountered(data);
    case 'MigrantRegistered':
      return registered(data);
    case 'StatusChanged':
      return statusChanged(data);
    case 'CaseCorrected':
      return corrected(data);
    case 'PersonDetailsCorrected':
      return `Personal details were corrected: ${data.fields.join(', ')}.`;
    case 'MigrantRelocated':
      return `Moved to ${area(data.region, data.relocatedOn)} ${when(data.relocatedOn)}.`;
    case 'MigrantArrived':
      return `Arrived in ${airport(data.airport)} ${when(data.arrivedOn)} on flight ${data.flight}.`;
    case 'MigrantDeparted':
      return departed(data);
    case 'MigrantReturned':
      return `Returned to the country ${when(data.returnedOn)}.`;
    case 'MigrantDied':
      return `Died ${when(data.diedOn)}.`;
    case 'ManifestJoined':
      return `Was put on the manifest of flight ${data.flight}.`;
    case 'ManifestLeft':
      return `Is no longer on the manifest of flight ${data.flight}: ${WHY_LEFT[data.why]}.`;
    case 'FlightPlanned':
      return planned(data);
    case 'PassengerAdded':
      return `On the list: ${passenger(data)}.`;
    case 'PassengerRemoved':
      return `Taken off the list: ${passenger(data)}.`;
    case 'ManifestFinalised':
      return `The manifest was fixed: version ${data.version}, ${data.listed} listed.`;
    case 'PassengerBoarded':
      return `Boarded: ${passenger(data)}.`;
    case 'PassengerNoShow':
      return `Did not come: ${passenger(data)}${because(data.reasonCode)}.`;
    case 'PassengerOffloaded':
      return `Was not carried: ${passenger(data)}${because(data.reasonCode)}.`;
    case 'FlightDeparted':
      return `Departed ${moment(data.departedAt)} with ${data.onBoard} on board.`;
    case 'FlightDiverted':
      return `Was diverted: landed in ${landing(data.airport, data.landedAt, data.onBoard)}.`;
    case 'PassengerDisembarked':
      return `Left the flight in ${airport(data.airport)}: ${passenger(data)}.`;
    case 'FlightArrived':
      return `Arrived in ${landing(data.airport, data.arrivedAt, data.onBoard)}.`;
    case 'FlightCancelled':
      return `The flight was cancelled${because(data.reasonCode)}.`;
    case 'PassengerArrivalRefused':
      return `The case of ${passenger(data)} did not allow the arrival${because(data.code)}.`;
    case 'EstimateRecorded':
      return estimated(data);
    case 'EstimateSuperseded':
      return `Estimate ${data.by} took its place.`;
    case 'EstimateRetracted':
      return `The estimate was retracted${because(data.reasonCode)}.`;
  }
}

function encountered({ metOn, place, placeFled }: MigrantEncountered['data']): string {
  const fled = placeFled ? `, having fled ${named(placeFled, metOn)}` : '';
  return `Met ${when(metOn)} in ${named(place, metOn)}, registered with nobody${fled}.`;
}

function registered(data: MigrantRegistered['data']): string {
  const { authority, status, legalBasis, citizenship, placeFled, arrivedOn, registeredOn, region } = data;
  const facts = [
    `citizenship ${countryName(citizenship)}`,
    `fled ${named(placeFled, registeredOn)}`,
    ...(arrivedOn === undefined ? [] : [`arrived ${when(arrivedOn)}`]),
    `lives in ${area(region, registeredOn)}`,
    ...(data.late ? ['more than five days after arrival'] : []),
  ];
  const as = `${label(status, registeredOn)} under ${legalBasis}`;
  return `Registered by ${authority} ${when(registeredOn)} as ${as}: ${facts.join(', ')}.`;
}

function statusChanged(data: StatusChanged['data']): string {
  const { from, to, legalBasis, issuer, effectiveOn, reasonCode } = data;
  const change = `from ${label(from, effectiveOn)} to ${label(to, effectiveOn)} under ${legalBasis}`;
  return `${issuer} changed the status ${when(effectiveOn)} ${change}${because(reasonCode)}.`;
}

function departed({ departedOn, kind, destination }: MigrantDeparted['data']): string {
  const where = destination === undefined ? '' : ` for ${countryName(destination)}`;
  return `Left the country ${when(departedOn)}${where} (${kind}).`;
}

const WHY_LEFT: Readonly<Record<ManifestLeft['data']['why'], string>> = {
  removed: 'taken off the list',
  'no-show': 'did not come',
  offloaded: 'was not carried',
  'left-elsewhere': 'left the flight on the way',
  cancelled: 'the flight was cancelled',
  'arrival-refused': 'the case did not allow the arrival',
};

function corrected(data: CaseCorrected['data']): string {
  const [from, to] = correctedValues(data);
  const since = data.validFrom === undefined ? '' : `, valid from ${said(data.validFrom)}`;
  return `${FIELDS[data.field]} was corrected from ${from} to ${to}${since}${because(data.reasonCode)}.`;
}

const FIELDS: Readonly<Record<CaseCorrected['data']['field'], string>> = {
  citizenship: 'The citizenship',
  habitualResidence: 'The country of habitual residence',
  placeFled: 'The place fled',
  sex: 'The sex',
  birthYear: 'The year of birth',
  region: 'The region',
  arrivedOn: 'The date of arrival',
  registeredOn: 'The date of registration',
  authority: 'The authority of the registration',
};

function correctedValues(data: CaseCorrected['data']): readonly [string, string] {
  const country = (code: CountryCode | null) => (code === null ? 'unknown' : countryName(code));
  const place = (one: Place | null) => (one === null ? 'unknown' : named(one, data.validFrom));
  switch (data.field) {
    case 'citizenship':
    case 'habitualResidence':
      return [country(data.from), country(data.to)];
    case 'placeFled':
      return [place(data.from), place(data.to)];
    case 'region':
      return [area(data.from, data.validFrom), area(data.to, data.validFrom)];
    case 'arrivedOn':
    case 'registeredOn':
      return [data.from === null ? 'unknown' : said(data.from), said(data.to)];
    case 'sex':
    case 'birthYear':
    case 'authority':
      return [String(data.from ?? 'unknown'), String(data.to)];
  }
}

function planned(data: FlightPlanned['data']): string {
  const { carrier, number, from, to, seats, departsAt, funding } = data;
  const route = `from ${airport(from)} to ${airport(to)}`;
  const paid = funding === 'self' ? 'paid by the passengers' : `paid by ${PAYERS[funding]}`;
  return `Planned ${carrier} ${number} ${route}, ${moment(departsAt)}: ${seats} seats, ${paid}.`;
}

const PAYERS = { state: 'the state', iom: 'IOM', unhcr: 'UNHCR' };

function estimated(data: EstimateRecorded['data']): string {
  const { population, measure, period, unit, publisher, citedSource } = data;
  const days = period.from === period.to ? said(period.to) : `${said(period.from)} to ${said(period.to)}`;
  const source = citedSource === undefined ? publisher : `${publisher}, citing ${citedSource}`;
  const of = data.placeFled ? ` from ${named(data.placeFled)}` : '';
  const where = data.area === undefined ? '' : ` in ${area(data.area, period.to)}`;
  return `Estimated, ${measure} of ${population}${of}${where}, ${days}: ${figure(data, unit)} (${source}).`;
}

function figure({ qualifier, value, low, high }: Figure, unit: string): string {
  switch (qualifier) {
    case 'exact':
      return `${count(value)} ${unit}`;
    case 'about':
      return `about ${count(value)} ${unit}`;
    case 'at-least':
      return `at least ${count(value)} ${unit}`;
    case 'more-than':
      return `more than ${count(value)} ${unit}`;
    case 'at-most':
      return `at most ${count(value)} ${unit}`;
    case 'range':
      return `${count(low)} to ${count(high)} ${unit}`;
    case 'most-of':
      return `most of the ${unit}`;
    case 'unquantified':
      return `${unit}, not quantified`;
  }
}

function count(value: number | undefined): string {
  return value === undefined ? 'an unknown number of' : value.toLocaleString('en');
}

function passenger({ passenger: id, case: file }: Passenger): string {
  return file === undefined ? `passenger ${id}` : `passenger ${id} (case ${file})`;
}

function label(status: StatusChanged['data']['to'], on: PartialDate): string {
  return statusLabel(status, firstDay(on));
}

function named({ country, area: part }: Place, on?: PartialDate): string {
  return part === undefined ? countryName(country) : `${area(part, on)}, ${countryName(country)}`;
}

/** The name of that time, or of today. */
function area(code: string, on = '9999'): string {
  return areaName(code, firstDay(on));
}

function landing(at: string, instant: string, onBoard: number): string {
  return `${airport(at)} ${moment(instant)} with ${onBoard} on board`;
}

function airport(code: string): string {
  return AIRPORTS.get(code)?.city ?? code;
}

function because(code: string | undefined): string {
  return code === undefined ? '' : ` (${code.replaceAll('-', ' ')})`;
}

/** `in 1998`, `in June 1998` or `on 20 June 1998`. */
function when(on: PartialDate): string {
  return `${on.length === 10 ? 'on' : 'in'} ${said(on)}`;
}

/** `1998`, `June 1998` or `20 June 1998`. */
function said(on: PartialDate): string {
  const [year = '', month, day] = on.split('-');
  const words = month === undefined ? [] : [MONTHS[Number(month) - 1]];
  return [...(day === undefined ? [] : [String(Number(day))]), ...words, year].join(' ');
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `on 26 June 1998 at 04:30 UTC`, from an instant in UTC. */
function moment(instant: string): string {
  return `on ${said(instant.slice(0, 10))} at ${instant.slice(11, 16)} UTC`;
}
