import { isDeepStrictEqual } from 'node:util';
import { type CountryCode, type Day, firstDay, type PartialDate } from '#reference';
import { type Command, Refused } from '../decider.js';
import type { CaseCorrected, CaseCorrection, CaseEvent } from './case.events.js';
import { evolveCase } from './case.evolve.js';
import { mustFit } from './case.fit.js';
import { mustArriveFirst, mustBePast, mustBePlace, mustBePlausible, mustBeRegion } from './case.rules.js';
import { type KnownCase, placeOf, UNKNOWN } from './case.state.js';
import { mustBeLawful, mustStayInSequence } from './status.rules.js';
import { type Dated, firstOf, type Held, heldOn, named, type Track } from './track.js';

export type CorrectCase = Command<'CorrectCase', CaseCorrected['data'] & { today: Day }>;

/** A fact of the file was wrong: from the start, or from `validFrom` until the next value of that field. */
export function correctCase(data: CorrectCase['data'], state: KnownCase): readonly CaseEvent[] {
  const { validFrom, reasonCode, today } = data;
  mustBePast(validFrom, today, '/validFrom');
  const correction = checked(data, state);
  if (isDeepStrictEqual(correction.from, correction.to)) return [];
  const dated = validFrom === undefined ? {} : { validFrom };
  const event: CaseCorrected = { type: 'CaseCorrected', data: { ...correction, ...dated, reasonCode } };
  mustStand(state, event);
  return mustFit(state, [event], '/to');
}

/** The citizenship on the first day that a date may mean. */
export function citizenshipOn({ citizenship }: KnownCase, date: Dated): CountryCode {
  return heldOn(citizenship, firstOf(date)) ?? UNKNOWN.citizenship;
}

/** The correction, if `from` is what the file holds and `to` can be. */
function checked(data: CorrectCase['data'], state: KnownCase): CaseCorrection {
  const { arrival, met, registrations, regions } = state;
  switch (data.field) {
    case 'citizenship':
    case 'habitualResidence': {
      const { field, from, to, validFrom } = data;
      mustBeAmong(valuesOf(state[field], UNKNOWN[field], validFrom), from ?? UNKNOWN[field]);
      return { field, from, to };
    }
    case 'placeFled': {
      const { field, from, to, validFrom } = data;
      mustBeAmong(
        valuesOf(state.placeFled, UNKNOWN.placeFled, validFrom),
        placeOf(from ?? UNKNOWN.placeFled),
      );
      mustBePlace(to, '/to');
      return { field, from: from && placeOf(from), to: placeOf(to) };
    }
    case 'sex': {
      const { field, from, to, validFrom } = data;
      mustBeAmong(valuesOf(state.sex, UNKNOWN.sex, validFrom), from ?? UNKNOWN.sex);
      return { field, from, to };
    }
    case 'birthYear': {
      const { field, from, to } = data;
      mustBeUndated(data);
      mustBeAmong(valuesOf(state.birthYear, null), from);
      mustBePlausible(to, [arrival?.on, met?.on, registrations[0]?.on], '/to');
      return { field, from, to };
    }
    case 'region': {
      const { field, from, to, validFrom } = data;
      mustBeAmong(valuesOf(regions, null, validFrom), from);
      return { field, from, to };
    }
    case 'arrivedOn': {
      const { field, from, to, today } = data;
      mustBeUndated(data);
      mustBeAmong([arrival?.on ?? null], from);
      mustBePast(to, today, '/to');
      const [first] = arrival?.value === 'flight' ? [] : registrations;
      if (first) mustArriveFirst(to, first.on, '/to', first);
      return { field, from, to };
    }
    case 'registeredOn': {
      const { field, from, to, today } = data;
      mustBeUndated(data);
      mustBeAmong(
        registrations.map(({ on }) => on),
        from,
      );
      mustBePast(to, today, '/to');
      if (arrival?.value === 'told') mustArriveFirst(arrival.on, to, '/to', arrival);
      return { field, from, to };
    }
    case 'authority': {
      const { field, from, to } = data;
      mustBeUndated(data);
      mustBeAmong(
        registrations.map(({ value }) => value),
        from,
      );
      const other = from === to ? undefined : registrations.find(({ value }) => value === to);
      if (other) {
        const detail = `The person is registered with ${to} already, since ${other.on}. Name another one.`;
        throw new Refused('already-registered-with', detail, { pointer: '/to', contradicts: [named(other)] });
      }
      return { field, from, to };
    }
  }
}

/** What was corrected of a registration is judged by the law, and a region by the map, of its date. */
function mustStand(state: KnownCase, event: CaseCorrected): void {
  const next = evolveCase(state, event);
  if (!next.known) return;
  for (const fact of next.statuses.filter((one) => !state.statuses.includes(one))) {
    const citizenship = citizenshipOn(next, fact);
    mustBeLawful({ ...fact.value, on: fact.on, citizenship }, IN_CORRECTION);
  }
  for (const { value, on } of next.regions.filter((one) => !state.regions.includes(one))) {
    mustBeRegion(value, on, '/to');
  }
  if (event.data.field === 'registeredOn') mustStayInSequence(next, '/to');
}

const IN_CORRECTION = { status: '/to', legalBasis: '/to', issuer: '/to' };

/** What the file holds in a field: on one day, or ever. */
function valuesOf<Value, None>(
  track: Track<Held<Value>>,
  none: None,
  on?: PartialDate,
): readonly (Value | None)[] {
  if (on !== undefined) return [heldOn(track, firstDay(on)) ?? none];
  return track.length === 0 ? [none] : track.map(({ value }) => value);
}

function mustBeAmong(held: readonly unknown[], from: unknown): void {
  if (held.some((value) => isDeepStrictEqual(value, from))) return;
  const shown = held.flatMap((value) => {
    if (value === null) return [];
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  const detail = `The file holds ${shown.join(', ') || 'nothing'} there. Send what it holds as from.`;
  throw new Refused('from-not-held', detail, { pointer: '/from', facts: { held: shown } });
}

function mustBeUndated({ field, validFrom }: CorrectCase['data']): void {
  if (validFrom === undefined) return;
  const detail = `The ${field} is either right or wrong; it does not change on a day. Leave validFrom out.`;
  throw new Refused('not-dated', detail, { pointer: '/validFrom' });
}
