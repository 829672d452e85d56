import type { PartialDate } from '#reference';
import type { KnownCase, Move } from './case.state.js';
import type { Fact } from './track.js';

/** A date of a refusal, with its preposition. */
export function when(on: PartialDate): string {
  return `${on.length === 10 ? 'on' : 'in'} ${on}`;
}

/** A fact of the file in plain words, with the event that tells it: for whoever reads a refusal. */
export function inWords(state: KnownCase, fact: Fact<unknown>): string {
  return `the ${nounOf(state, fact)} ${when(fact.on)} (event ${fact.version})`;
}

function nounOf({ arrival, met, registrations, statuses, regions, moves }: KnownCase, fact: Fact<unknown>) {
  const is = (other: Fact<unknown>) => other === fact;
  if (fact === arrival) return 'arrival';
  if (fact === met) return 'first meeting';
  if (registrations.some(is)) return 'registration';
  const status = statuses.find(is);
  if (status) return `decision on ${status.value.status}`;
  const region = regions.find(is);
  if (region) return `residence in ${region.value}`;
  const move = moves.find(is);
  return move ? MOVES[move.value] : 'entry';
}

const MOVES: Readonly<Record<Move['value'], string>> = {
  departed: 'departure',
  returned: 'return',
  died: 'death',
};
