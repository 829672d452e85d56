import type { CaseEvent, EstimateEvent, FlightEvent } from '#domain';
import type { Published } from '#event-store';

type Events = { case: CaseEvent; flight: FlightEvent; estimate: EstimateEvent };

/** The event with the id of its stream, if it is of that category. */
export function ofCategory<C extends keyof Events>(
  category: C,
  { stream, event }: Published,
): Readonly<{ id: string; event: Events[C] }> | undefined {
  if (!stream.startsWith(`${category}-`)) return undefined;
  // A stream holds the events of its own category only: its decider is the one way into it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { id: stream.slice(category.length + 1), event: event as Events[C] };
}
