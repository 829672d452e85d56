import { HOME } from '#reference';
import { type Contradicted, Refused } from '../decider.js';
import type { CaseEvent } from './case.events.js';
import { evolveCase } from './case.evolve.js';
import { type KnownCase, type Move } from './case.state.js';
import { inWords, when } from './case.words.js';
import { inOrder, startOf } from './presence.js';
import { type Fact, firstOf, lastOf, named } from './track.js';

/** The events, if they fit what the case holds. Throws `would-contradict` with the events they contradict. */
export function mustFit(
  state: KnownCase,
  events: readonly CaseEvent[],
  pointer: string,
): readonly CaseEvent[] {
  const next = events.reduce(evolveCase, state);
  if (!next.known) return events;
  const isNew = ({ version }: Contradicted) => version > state.version;
  const clashes = clashesIn(next).filter((clash) => clash.some(isNew));
  const fits = movesFit(next) || !movesFit(state);
  if (clashes.length === 0 && fits) return events;
  const inWay = fits ? [] : inTheWay(next, isNew);
  const { facts, detail } =
    clashes.length === 0
      ? whyMovesClash(next, inWay, isNew)
      : whyFactsClash(next, [...clashes.flat(), ...inWay], isNew);
  const contradicts = [...new Map(facts.map((fact) => [fact.version, named(fact)])).values()];
  throw new Refused('would-contradict', detail, { pointer, contradicts });
}

/** What stands against the new events, and what to tell whoever sent them. */
type Why = Readonly<{ facts: readonly Fact<unknown>[]; detail: string }>;
type IsNew = (fact: Contradicted) => boolean;

function whyFactsClash(state: KnownCase, clashing: readonly Fact<unknown>[], isNew: IsNew): Why {
  const facts = clashing.filter((fact) => !isNew(fact));
  const relocation = state.regions.find((fact) => isNew(fact) && clashing.includes(fact));
  const departure = state.moves.find((move) => move.value === 'departed' && facts.includes(move));
  if (!relocation || !departure) return { facts, detail: contradiction(state, facts) };
  const next = state.moves[state.moves.indexOf(departure) + 1];
  const until = next?.value === 'returned' ? `returned ${stated(next)}` : 'has not returned since';
  const detail =
    `The person departed ${stated(departure)} and ${until}, so cannot have moved within the country ` +
    `${when(relocation.on)}. Check the date, or record the return first.`;
  return { facts, detail };
}

function contradiction(state: KnownCase, facts: readonly Fact<unknown>[]): string {
  const isFirst = ({ version }: Contradicted, at: number) =>
    facts.findIndex((fact) => fact.version === version) === at;
  const those = facts
    .filter(isFirst)
    .map((fact) => inWords(state, fact))
    .join('; ');
  return `This contradicts ${those}. Check the date, or correct what was recorded before.`;
}

/** Whoever returns has departed, and whoever departs is here. */
function whyMovesClash(state: KnownCase, facts: Why['facts'], isNew: IsNew): Why {
  const [move, another] = state.moves.filter(isNew);
  const isAfterDeath = state.moves.some((one) => one.value === 'died' && facts.includes(one));
  const told = move && !another && !isAfterDeath ? whyNoMove(state, move) : undefined;
  return { facts: told?.facts ?? facts, detail: told?.detail ?? contradiction(state, facts) };
}

type Told = Readonly<{ detail: string; facts?: Why['facts'] }> | undefined;

function whyNoMove(state: KnownCase, move: Move): Told {
  if (move.type === 'MigrantReturned') return whyNoReturn(state, move);
  return move.type === 'MigrantDeparted' ? whyNoDeparture(state, move) : undefined;
}

function whyNoReturn(state: KnownCase, move: Move): Told {
  const on = when(move.on);
  const last = othersOf(state, move).at(-1);
  if (!last) {
    const remedy = 'Record the departure first, or both as one trip: a departure with returnedOn.';
    return { detail: `The person has not departed, so cannot have returned ${on}. ${remedy}` };
  }
  if (last.value === 'returned') {
    const remedy = 'Check the date, or record the departure first.';
    return { detail: `The person returned ${stated(last)} and has not departed since. ${remedy}` };
  }
  if (!liesAfter(last, move)) return undefined;
  const detail = `The person departed ${stated(last)}, so cannot have returned before, ${on}.`;
  return { detail: `${detail} Check both dates.`, facts: [last] };
}

function whyNoDeparture(state: KnownCase, move: Move): Told {
  const start = startOf(state)?.fact;
  if (!start) return { detail: 'The person was never in the country. Check which case it is.' };
  if (liesAfter(start, move)) {
    const detail = `The person was not here yet ${when(move.on)}: ${inWords(state, start)} came first.`;
    return { detail: `${detail} Check both dates.`, facts: [start] };
  }
  const last = othersOf(state, move).at(-1);
  const remedy = 'Of an earlier trip send the return with the departure, as returnedOn.';
  if (last?.value === 'departed') {
    const detail = `The person departed ${stated(last)} and has not returned since.`;
    return { detail: `${detail} Record the return first. ${remedy}` };
  }
  return last && { detail: `The person was here again from ${stated(last)} on. ${remedy}` };
}

function othersOf({ moves }: KnownCase, move: Move): readonly Move[] {
  return moves.filter((other) => other !== move && other.value !== 'died');
}

function stated({ on, version }: Fact<unknown>): string {
  return `${when(on)} (event ${version})`;
}

/** Pairs of facts of which the first would have to come before the second, and cannot. */
function clashesIn(state: KnownCase): readonly (readonly [Fact<unknown>, Fact<unknown>])[] {
  const { arrival, met, registrations, statuses, regions, moves } = state;
  const death = moves.find(({ value }) => value === 'died');
  const inLife = [...(met ? [met] : []), ...registrations, ...statuses, ...regions];
  const inPresence = [
    ...(met?.value.country === HOME ? [met] : []),
    ...regions.filter(({ type }) => type === 'MigrantRelocated'),
  ];
  const pairs: [Fact<unknown>, Fact<unknown>][] = [
    ...(death ? inLife.map((fact): [Fact<unknown>, Fact<unknown>] => [fact, death]) : []),
    ...(arrival ? inPresence.map((fact): [Fact<unknown>, Fact<unknown>] => [arrival, fact]) : []),
  ];
  return [...pairs.filter(([first, second]) => liesAfter(first, second)), ...movesAbroad(state)];
}

/** Departures, each with a move within the country that certainly lies between it and the return. */
function movesAbroad({ regions, moves }: KnownCase): readonly (readonly [Fact<unknown>, Fact<unknown>])[] {
  const relocations = regions.filter(({ type }) => type === 'MigrantRelocated');
  return moves.flatMap((departure, at) => {
    if (departure.value !== 'departed') return [];
    const back = moves.slice(at + 1).find(({ value }) => value === 'returned');
    return relocations
      .filter((fact) => liesAfter(fact, departure) && (!back || liesAfter(back, fact)))
      .map((fact) => [departure, fact] as const);
  });
}

function movesFit(state: KnownCase): boolean {
  const start = startOf(state);
  if (!start) return state.moves.every(({ value }) => value === 'died');
  return inOrder(start.day, state.moves) !== undefined;
}

/** What keeps the moves from fitting: one too many, those before the start, or what the new one follows. */
function inTheWay(state: KnownCase, isNew: IsNew): readonly Fact<unknown>[] {
  const { met, moves } = state;
  const start = startOf(state);
  if (!start) return met ? [met] : [];
  const old = moves.filter((move) => !isNew(move));
  const suspects = [
    old.filter((move) =>
      inOrder(
        start.day,
        moves.filter((other) => other !== move),
      ),
    ),
    old.filter((move) => liesAfter(start.fact, move)),
    [start.fact, ...old]
      .filter((fact) => moves.some((move) => isNew(move) && !liesAfter(fact, move)))
      .slice(-1),
  ];
  return suspects.find((facts) => facts.length > 0) ?? [start.fact];
}

function liesAfter(one: Fact<unknown>, other: Fact<unknown>): boolean {
  return firstOf(one) > lastOf(other);
}
