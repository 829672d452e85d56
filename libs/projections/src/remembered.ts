import { type CaseState, type Stretch, timelineOf } from '#domain';

/**
 * As `evolve`. Where several read models are made of one reading, they fold each event one after the other, from the
 * same state: the first does it for all.
 */
export function evolvingOnce<S extends object, E extends object>(
  evolve: (state: S, event: E) => S,
): (state: S, event: E) => S {
  let [from, by, to]: [S?, E?, S?] = [];
  return (state, event) => {
    if (to !== undefined && from === state && by === event) return to;
    [from, by, to] = [state, event, evolve(state, event)];
    return to;
  };
}

/** As `timelineOf`, for the same reason. */
export const timelineIn = (() => {
  let of: CaseState | undefined;
  let timeline: readonly Stretch[] = [];
  return (state: CaseState): readonly Stretch[] => {
    if (state !== of) [of, timeline] = [state, timelineOf(state)];
    return timeline;
  };
})();
