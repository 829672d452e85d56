import { Injectable } from '@nestjs/common';
import type { CaseEvent, EstimateEvent, FlightEvent } from '#domain';
import { EventStore, type Recorded } from '#event-store';

type Events = { case: CaseEvent; flight: FlightEvent; estimate: EstimateEvent };

/** The records as the log has them: what was written a moment ago is in them. */
@Injectable()
export class Streams {
  constructor(private readonly store: EventStore) {}

  /** The events of one record up to a position; none where there is no such record. */
  async read<C extends keyof Events>(
    category: C,
    id: string,
    upTo?: number,
  ): Promise<readonly Recorded<Events[C]>[]> {
    const events = await this.store.read(`${category}-${id}`, upTo);
    // A stream holds the events of its own category only: its decider is the one way into it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return events as readonly Recorded<Events[C]>[];
  }
}
