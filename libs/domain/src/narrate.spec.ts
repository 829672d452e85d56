import { expect, it } from '@jest/globals';
import type { MigrantRegistered } from './case/case.events.js';
import type { EstimateRecorded, Qualifier } from './estimate/estimate.events.js';
import type { KoshEvent } from './events.js';
import { narrate } from './narrate.js';

const registered: MigrantRegistered = {
  type: 'MigrantRegistered',
  data: {
    office: 'almaty',
    authority: 'AMD',
    status: 'asylum-seeker',
    legalBasis: 'KZ-1998-RSD',
    citizenship: 'AFG',
    placeFled: { country: 'RUS', area: 'RU-CE' },
    arrivedOn: '1996-03',
    registeredOn: '1998-06-20',
    region: 'KZ-19',
    sex: 'M',
    late: true,
  },
};
const estimated: EstimateRecorded = {
  type: 'EstimateRecorded',
  data: {
    qualifier: 'more-than',
    value: 4000,
    population: 'refugees',
    measure: 'inflow',
    period: { from: '1994', to: '1997' },
    unit: 'persons',
    publisher: 'Jamestown Monitor 4/130',
    citedSource: 'ICRC',
    asReported: 'an influx of over 4,000 refugees',
  },
};
const estimate = (qualifier: Qualifier): KoshEvent => ({
  type: 'EstimateRecorded',
  data: { ...estimated.data, qualifier, low: 3000, high: 5000 },
});
const { arrivedOn: _, ...unarrived } = registered.data;
const changed = { from: 'asylum-seeker', to: 'refugee', legalBasis: 'KZ-1998-RSD', issuer: 'AMD' } as const;
const passenger = { passenger: 'p-1', case: 'c-1' };

/** What the history of a case, a flight and an estimate reads like. */
const told: readonly (readonly [KoshEvent, string])[] = [
  [
    {
      type: 'MigrantEncountered',
      data: { office: 'almaty', metOn: '1997-05', place: { country: 'KAZ', area: 'KZ-75' } },
    },
    'Met in May 1997 in Almaty city, Kazakhstan, registered with nobody.',
  ],
  [
    {
      type: 'MigrantEncountered',
      data: { office: 'almaty', metOn: '1997', place: { country: 'IRN' }, placeFled: { country: 'AFG' } },
    },
    'Met in 1997 in Islamic Republic of Iran, registered with nobody, having fled Afghanistan.',
  ],
  [
    registered,
    'Registered by AMD on 20 June 1998 as asylum-seeker under KZ-1998-RSD: citizenship Afghanistan, ' +
      'fled Chechnya, Russian Federation, arrived in March 1996, lives in Almaty oblast, ' +
      'more than five days after arrival.',
  ],
  [
    { type: 'MigrantRegistered', data: { ...unarrived, late: false } },
    'Registered by AMD on 20 June 1998 as asylum-seeker under KZ-1998-RSD: citizenship Afghanistan, ' +
      'fled Chechnya, Russian Federation, lives in Almaty oblast.',
  ],
  [
    { type: 'StatusChanged', data: { ...changed, effectiveOn: '1998-09-01', reasonCode: 'interview-held' } },
    'AMD changed the status on 1 September 1998 from asylum-seeker to refugee under KZ-1998-RSD ' +
      '(interview held).',
  ],
  [
    { type: 'StatusChanged', data: { ...changed, effectiveOn: '1998' } },
    'AMD changed the status in 1998 from asylum-seeker to refugee under KZ-1998-RSD.',
  ],
  [
    {
      type: 'CaseCorrected',
      data: {
        field: 'citizenship',
        from: null,
        to: 'TJK',
        validFrom: '1998-07',
        reasonCode: 'document-seen',
      },
    },
    'The citizenship was corrected from unknown to Tajikistan, valid from July 1998 (document seen).',
  ],
  [
    {
      type: 'CaseCorrected',
      data: { field: 'placeFled', from: null, to: { country: 'RUS', area: 'RU-CE' }, reasonCode: 'misheard' },
    },
    'The place fled was corrected from unknown to Chechnya, Russian Federation (misheard).',
  ],
  [
    {
      type: 'CaseCorrected',
      data: { field: 'region', from: 'KZ-61', to: 'KZ-19', validFrom: '1998-07-01', reasonCode: 'misheard' },
    },
    'The region was corrected from South Kazakhstan oblast to Almaty oblast, valid from 1 July 1998 ' +
      '(misheard).',
  ],
  [
    {
      type: 'CaseCorrected',
      data: { field: 'arrivedOn', from: null, to: '1996-03-10', reasonCode: 'stamp-seen' },
    },
    'The date of arrival was corrected from unknown to 10 March 1996 (stamp seen).',
  ],
  [
    { type: 'CaseCorrected', data: { field: 'birthYear', from: 1961, to: 1916, reasonCode: 'misread' } },
    'The year of birth was corrected from 1961 to 1916 (misread).',
  ],
  [
    { type: 'PersonDetailsCorrected', data: { fields: ['names', 'birth'] } },
    'Personal details were corrected: names, birth.',
  ],
  [
    { type: 'MigrantRelocated', data: { region: 'KZ-TALDYKORGAN', relocatedOn: '1996-03-10' } },
    'Moved to Taldykorgan oblast on 10 March 1996.',
  ],
  [
    {
      type: 'MigrantArrived',
      data: { flight: 'f-1', passenger: 'p-1', airport: 'ALA', arrivedOn: '1998-06-26' },
    },
    'Arrived in Almaty on 26 June 1998 on flight f-1.',
  ],
  [
    { type: 'MigrantDeparted', data: { departedOn: '1999-03', kind: 'resettlement', destination: 'CAN' } },
    'Left the country in March 1999 for Canada (resettlement).',
  ],
  [
    { type: 'MigrantDeparted', data: { departedOn: '1999', kind: 'temporary' } },
    'Left the country in 1999 (temporary).',
  ],
  [
    { type: 'MigrantReturned', data: { returnedOn: '1999-08-09' } },
    'Returned to the country on 9 August 1999.',
  ],
  [{ type: 'MigrantDied', data: { diedOn: '1999-12' } }, 'Died in December 1999.'],
  [
    { type: 'ManifestJoined', data: { flight: 'f-1', passenger: 'p-1' } },
    'Was put on the manifest of flight f-1.',
  ],
  [
    { type: 'ManifestLeft', data: { flight: 'f-1', passenger: 'p-1', why: 'left-elsewhere' } },
    'Is no longer on the manifest of flight f-1: left the flight on the way.',
  ],
  [
    {
      type: 'FlightPlanned',
      data: {
        number: 'KZ-7',
        carrier: 'Kazakhstan Airlines',
        from: 'JED',
        to: 'ALA',
        departureCountry: 'SAU',
        seats: 184,
        departsAt: '1998-06-26T01:00:00Z',
        funding: 'state',
      },
    },
    'Planned Kazakhstan Airlines KZ-7 from Jeddah to Almaty, on 26 June 1998 at 01:00 UTC: 184 ' +
      'seats, paid by the state.',
  ],
  [{ type: 'PassengerAdded', data: passenger }, 'On the list: passenger p-1 (case c-1).'],
  [{ type: 'PassengerRemoved', data: { passenger: 'p-1' } }, 'Taken off the list: passenger p-1.'],
  [
    { type: 'ManifestFinalised', data: { version: 2, listed: 181 } },
    'The manifest was fixed: version 2, 181 listed.',
  ],
  [{ type: 'PassengerBoarded', data: passenger }, 'Boarded: passenger p-1 (case c-1).'],
  [{ type: 'PassengerNoShow', data: passenger }, 'Did not come: passenger p-1 (case c-1).'],
  [
    { type: 'PassengerOffloaded', data: { ...passenger, reasonCode: 'unfit-to-fly' } },
    'Was not carried: passenger p-1 (case c-1) (unfit to fly).',
  ],
  [
    { type: 'FlightDeparted', data: { departedAt: '1998-06-26T01:30:00Z', onBoard: 177 } },
    'Departed on 26 June 1998 at 01:30 UTC with 177 on board.',
  ],
  [
    { type: 'FlightDiverted', data: { airport: 'TAS', landedAt: '1998-06-26T05:10:00Z', onBoard: 175 } },
    'Was diverted: landed in Tashkent on 26 June 1998 at 05:10 UTC with 175 on board.',
  ],
  [
    { type: 'PassengerDisembarked', data: { ...passenger, airport: 'TAS' } },
    'Left the flight in Tashkent: passenger p-1 (case c-1).',
  ],
  [
    { type: 'FlightArrived', data: { airport: 'QQQ', arrivedAt: '1998-06-26T08:00:00Z', onBoard: 175 } },
    'Arrived in QQQ on 26 June 1998 at 08:00 UTC with 175 on board.',
  ],
  [
    { type: 'FlightCancelled', data: { reasonCode: 'no-landing-permit' } },
    'The flight was cancelled (no landing permit).',
  ],
  [
    { type: 'PassengerArrivalRefused', data: { ...passenger, code: 'would-contradict' } },
    'The case of passenger p-1 (case c-1) did not allow the arrival (would contradict).',
  ],
  [
    estimate('more-than'),
    'Estimated, inflow of refugees, 1994 to 1997: more than 4,000 persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [
    {
      type: 'EstimateRecorded',
      data: {
        population: 'workers',
        qualifier: 'unquantified',
        measure: 'stock',
        period: { from: '1997-12-31', to: '1997-12-31' },
        area: 'KZ-23',
        placeFled: { country: 'RUS', area: 'RU-CE' },
        unit: 'persons',
        publisher: 'Delovaya nedelya',
        asReported: 'precise numbers are not available',
      },
    },
    'Estimated, stock of workers from Chechnya, Russian Federation in Atyrau oblast, 31 December ' +
      '1997: persons, not quantified (Delovaya nedelya).',
  ],
  [
    estimate('exact'),
    'Estimated, inflow of refugees, 1994 to 1997: 4,000 persons (Jamestown Monitor 4/130, citing ICRC).',
  ],
  [
    estimate('about'),
    'Estimated, inflow of refugees, 1994 to 1997: about 4,000 persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [
    estimate('at-least'),
    'Estimated, inflow of refugees, 1994 to 1997: at least 4,000 persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [
    estimate('at-most'),
    'Estimated, inflow of refugees, 1994 to 1997: at most 4,000 persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [
    estimate('range'),
    'Estimated, inflow of refugees, 1994 to 1997: 3,000 to 5,000 persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [
    estimate('most-of'),
    'Estimated, inflow of refugees, 1994 to 1997: most of the persons (Jamestown Monitor 4/130, ' +
      'citing ICRC).',
  ],
  [{ type: 'EstimateSuperseded', data: { by: 'e-2' } }, 'Estimate e-2 took its place.'],
  [{ type: 'EstimateRetracted', data: { reasonCode: 'misread' } }, 'The estimate was retracted (misread).'],
];

it.each(told.map(([event, sentence]) => ({ event, sentence })))('says: $sentence', ({ event, sentence }) => {
  expect(narrate(event)).toBe(sentence);
});
