import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { caseFile, flight, type FlightArrived, type FlightEvent, intend, Refused } from '#domain';
import type { By, EventStore, Recorded } from '#event-store';
import { todayIn } from '#reference';
import type { Process } from './process.js';

const NAME = 'process_arrivals';
/** Cases of one flight that are written at the same time. */
const AT_ONCE = 32;
/** The namespace of the keys of this process's commands (a random UUID, fixed for ever). */
const KEYS = '3f1c5f0e-6a3b-4b57-9c0d-0a8f4b1f7c55';

type Arrival = Readonly<{ flight: string; arrived: FlightArrived['data']; cause: Recorded }>;
type Landed = Readonly<{ passenger: string; case: string }>;

/**
 * A flight has arrived: that is recorded in the case of everyone on board. A case that refuses it leaves the manifest,
 * and the refusal stands on the flight, for a person to look at. Days are those of the agency's time zone.
 */
export function arrivals(store: EventStore, timeZone: string): Process {
  async function record({ flight: id, arrived, cause }: Arrival, landed: Landed): Promise<void> {
    const arrivedOn = todayIn(timeZone, new Date(arrived.arrivedAt));
    const { passenger } = landed;
    const data = { flight: id, passenger, airport: arrived.airport, arrivedOn, today: arrivedOn };
    try {
      await store.transact(
        [intend(caseFile, landed.case, { type: 'RecordArrival', data })],
        by(cause, landed.case),
      );
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await refuse(store, id, landed, error.code, by(cause, `${landed.case}/refusal`));
    }
  }

  return {
    name: NAME,
    async react(events) {
      for (const { stream, position, event } of events) {
        if (event.type !== 'FlightArrived') continue;
        const past = await store.read(stream, position);
        const cause = past.at(-1);
        if (!cause) throw new Error(`The flight of position ${position} is not in the log.`);
        const arrival = { flight: stream.slice('flight-'.length), arrived: event.data, cause };
        await atMost(AT_ONCE, landedIn(past), (landed) => record(arrival, landed));
      }
    },
  };
}

async function refuse(store: EventStore, id: string, landed: Landed, code: string, by: By): Promise<void> {
  const { passenger } = landed;
  await store.transact(
    [
      intend(flight, id, { type: 'RecordArrivalRefusal', data: { passenger, case: landed.case, code } }),
      intend(caseFile, landed.case, {
        type: 'LeaveManifest',
        data: { flight: id, passenger, why: 'arrival-refused' },
      }),
    ],
    by,
  );
}

/** Everyone with a case who was on board to the end. */
function landedIn(past: readonly Recorded[]): readonly Landed[] {
  // A flight's stream holds flight events only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const state = past.map(({ event }) => event as FlightEvent).reduce(flight.evolve, flight.initial);
  if (state.phase !== 'arrived') return [];
  return state.lines.flatMap(({ passenger, case: file, outcome }) =>
    outcome === 'arrived' && file !== undefined ? [{ passenger, case: file }] : [],
  );
}

/** The same event and target give the same key, however often they come. */
function by({ position, stream, version, meta }: Recorded, target: string): By {
  const key = uuidv5(`${position}/${target}`, KEYS);
  return {
    actor: 'process:arrivals',
    office: meta.office,
    scope: 'nation',
    key,
    fingerprint: createHash('sha256').update(key).digest(),
    correlationId: meta.correlationId,
    causationId: `${stream}/${version}`,
  };
}

async function atMost<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
