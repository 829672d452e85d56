import { isDeepStrictEqual } from 'node:util';
import { type Day, firstDay, lastDay } from '#reference';
import type { Place } from '../case/case.events.js';
import { mustBePast, mustBePlace } from '../case/case.rules.js';
import { placeOf } from '../case/case.state.js';
import { type Command, type Decider, Refused } from '../decider.js';
import type {
  Component,
  EstimateEvent,
  EstimateRecorded,
  EstimateRetracted,
  EstimateSuperseded,
} from './estimate.events.js';
import { figureOf, least, most, mustBeCoherent } from './figure.js';

/** `today` is the agency's day. */
export type RecordEstimate = Command<'RecordEstimate', EstimateRecorded['data'] & { today: Day }>;
/** `estimate` is this estimate's own id, `by` that of the newer one. */
export type SupersedeEstimate = Command<
  'SupersedeEstimate',
  EstimateSuperseded['data'] & { estimate: string }
>;
export type RetractEstimate = Command<'RetractEstimate', EstimateRetracted['data']>;
export type EstimateCommand = RecordEstimate | SupersedeEstimate | RetractEstimate;

export type EstimateState =
  | Readonly<{ known: false }>
  | Readonly<{ known: true; standing: 'valid'; said: EstimateRecorded['data'] }>
  | Readonly<{ known: true; standing: 'superseded'; said: EstimateRecorded['data']; by: string }>
  | Readonly<{ known: true; standing: 'retracted'; said: EstimateRecorded['data']; reasonCode: string }>;

/** Estimates as they were said. What their figures may be: `figure.ts`; how they meet counts: `gap.ts`. */
export const estimate: Decider<EstimateState, EstimateCommand, EstimateEvent> = {
  category: 'estimate',
  opens: ['RecordEstimate'],
  initial: { known: false },

  decide(command, state) {
    if (command.type === 'RecordEstimate') return record(command.data, state);
    if (!state.known) throw new Refused('estimate-unknown', 'There is no such estimate. Record it first.');
    switch (command.type) {
      case 'SupersedeEstimate':
        return supersede(command.data, state);
      case 'RetractEstimate':
        return retract(command.data, state);
    }
  },

  evolve(state, event) {
    if (event.type === 'EstimateRecorded') return { known: true, standing: 'valid', said: event.data };
    if (!state.known) return state;
    switch (event.type) {
      case 'EstimateSuperseded':
        return { known: true, standing: 'superseded', said: state.said, by: event.data.by };
      case 'EstimateRetracted':
        return { known: true, standing: 'retracted', said: state.said, reasonCode: event.data.reasonCode };
    }
  },

  /** An estimate became true when it was published; its period is what it is about. */
  occurredOn: (event) => (event.type === 'EstimateRecorded' ? (event.data.publishedOn ?? null) : null),
};

type Known = Extract<EstimateState, { known: true }>;

function record(data: RecordEstimate['data'], state: EstimateState): EstimateEvent[] {
  mustBeOfItsTime(data);
  if (data.qualifier === 'most-of') {
    const detail =
      'Only a component can be most of something. Say unquantified, or the qualifier that was said.';
    throw new Refused('most-of-not-component', detail, { pointer: '/qualifier' });
  }
  mustBeCoherent(data, '');
  mustBePlace(data.placeFled, '/placeFled');
  mustFit(data.components ?? [], data);

  const said = saidIn(data);
  if (!state.known) return [{ type: 'EstimateRecorded', data: said }];
  if (isDeepStrictEqual(state.said, said)) return [];
  const detail = 'An estimate is kept as it was said: record another, which supersedes it.';
  throw new Refused('already-recorded', detail);
}

function supersede({ estimate: id, by }: SupersedeEstimate['data'], state: Known): EstimateEvent[] {
  if (by === id) {
    const detail = 'An estimate cannot supersede itself. Name the newer one.';
    throw new Refused('superseded-by-itself', detail, { pointer: '/by' });
  }
  if (state.standing === 'retracted') {
    throw retracted(state.reasonCode);
  }
  if (state.standing === 'valid') return [{ type: 'EstimateSuperseded', data: { by } }];
  if (state.by === by) return [];
  const detail = `Estimate ${state.by} superseded it: supersede that one.`;
  throw new Refused('estimate-superseded', detail, { facts: { by: state.by } });
}

function retract({ reasonCode }: RetractEstimate['data'], state: Known): EstimateEvent[] {
  if (state.standing !== 'retracted') return [{ type: 'EstimateRetracted', data: { reasonCode } }];
  if (state.reasonCode === reasonCode) return [];
  throw retracted(state.reasonCode);
}

function retracted(reasonCode: string): Refused {
  const detail = `The estimate was retracted (${reasonCode}), and stands no more. Record a new one.`;
  return new Refused('estimate-retracted', detail, { facts: { reasonCode } });
}

/** An estimate is about time that has passed, if only in part. */
function mustBeOfItsTime({ period, publishedOn, today }: RecordEstimate['data']): void {
  if (firstDay(period.from) > lastDay(period.to)) {
    const detail = `The period ends (${period.to}) before it begins (${period.from}). Check from and to.`;
    throw new Refused('period-reversed', detail, { pointer: '/period/to' });
  }
  mustBePast(period.to, today, '/period/to');
  mustBePast(publishedOn, today, '/publishedOn');
}

function mustFit(components: readonly Component[], { placeFled, ...total }: RecordEstimate['data']): void {
  const named = new Set<string>();
  const limit = most(total) ?? Infinity;
  let sum = 0;
  for (const [index, component] of components.entries()) {
    const at = `/components/${index}`;
    mustBeCoherent(component, at);
    for (const [which, place] of component.placesFled.entries()) {
      const pointer = `${at}/placesFled/${which}`;
      const name = place.area ?? place.country;
      mustBePlace(place, pointer);
      if (placeFled && !isPart(place, placeFled)) {
        const whole = placeFled.area ?? placeFled.country;
        const detail =
          `The estimate is for ${whole}, and ${name} is not a part of it. ` +
          'Leave it out, or record an estimate of its own.';
        throw new Refused('component-outside-place', detail, { pointer });
      }
      if (named.has(name)) {
        const detail = `${name} is in two components or twice in one. Name each place once.`;
        throw new Refused('place-named-twice', detail, { pointer });
      }
      named.add(name);
    }
    sum += least(component);
    if (sum > limit) {
      const detail =
        `With this one the components are ${sum}, more than the total of ${limit}. ` +
        'Check the figures and their qualifiers.';
      throw new Refused('components-exceed-total', detail, { pointer: at, facts: { total: limit, sum } });
    }
  }
}

function isPart(place: Place, whole: Place): boolean {
  return place.country === whole.country && whole.area === undefined && place.area !== undefined;
}

function saidIn(data: EstimateRecorded['data']): EstimateRecorded['data'] {
  const { population, measure, period, area, placeFled, unit } = data;
  const { publisher, citedSource, publishedOn, asReported, components } = data;
  return {
    ...figureOf(data),
    population,
    measure,
    period: { from: period.from, to: period.to },
    ...(area !== undefined && { area }),
    ...(placeFled !== undefined && { placeFled: placeOf(placeFled) }),
    unit,
    publisher,
    ...(citedSource !== undefined && { citedSource }),
    ...(publishedOn !== undefined && { publishedOn }),
    asReported,
    ...(components !== undefined && { components: components.map(componentOf) }),
  };
}

function componentOf(component: Component): Component {
  return { ...figureOf(component), placesFled: component.placesFled.map(placeOf) };
}
