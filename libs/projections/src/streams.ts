import {
  caseFile,
  type CaseEvent,
  type CaseState,
  type Decider,
  estimate,
  type EstimateEvent,
  type EstimateState,
  flight,
  type FlightEvent,
  type FlightState,
} from '#domain';
import type { Published } from '#event-store';
import type { Projection } from './projection.js';
import { evolvingOnce } from './remembered.js';
import type { Rows } from './rows.js';

type Events = { case: CaseEvent; flight: FlightEvent; estimate: EstimateEvent };
type States = { case: CaseState; flight: FlightState; estimate: EstimateState };
export type Category = keyof Events;

/** An event by itself. */
export type Noted<C extends Category> = Readonly<{
  /** Of the case, the flight or the estimate. */
  id: string;
  position: number;
  version: number;
  recordedAt: string;
  event: Events[C];
}>;

/** An event, and what its stream was before and is after it. */
export type Change<C extends Category> = Noted<C> & Readonly<{ before: States[C]; after: States[C] }>;

type Reader = Readonly<{
  /** How the names of its streams begin. */
  prefix: string;
  /** Whether it must have the events of a stream from the first on. */
  folds: boolean;
  /** Takes an event, and, where rows are given, what it changed into rows. */
  read: (id: string, told: Published, rows: Rows | undefined) => void;
  forget: () => void;
}>;

/** The streams that a projection reads, each folded by its decider as far as its events have come by. */
export class Streams {
  private readonly readers: readonly Reader[];

  constructor({ fold, note }: Projection) {
    this.readers = [
      ...readerOf<'case'>(CASE, fold?.case, note?.case),
      ...readerOf<'flight'>(FLIGHT, fold?.flight, note?.flight),
      ...readerOf<'estimate'>(ESTIMATE, fold?.estimate, note?.estimate),
    ];
  }

  /** Whether the projection folds the stream, and so must have read it from its start. */
  folds(stream: string): boolean {
    return this.readerOf(stream)?.folds ?? false;
  }

  /** Drops all of them from memory: none of their events will come again. */
  forget(): void {
    for (const { forget } of this.readers) forget();
  }

  /** Folds an event that the rows have already. */
  recall(told: Published): void {
    this.take(told, undefined);
  }

  /** Folds an event into its stream, and what that changed into rows. */
  fold(told: Published, rows: Rows): void {
    this.take(told, rows);
  }

  private take(told: Published, rows: Rows | undefined): void {
    const reader = this.readerOf(told.stream);
    reader?.read(told.stream.slice(reader.prefix.length), told, rows);
  }

  /** Asked for every event of every read model: there are at most three, and no name is cut up for it. */
  private readerOf(stream: string): Reader | undefined {
    return this.readers.find(({ prefix }) => stream.startsWith(prefix));
  }
}

type Folding<C extends Category> = Pick<
  Decider<States[C], never, Events[C]>,
  'category' | 'initial' | 'evolve'
>;

const CASE: Folding<'case'> = { ...caseFile, evolve: evolvingOnce(caseFile.evolve) };
const FLIGHT: Folding<'flight'> = { ...flight, evolve: evolvingOnce(flight.evolve) };
const ESTIMATE: Folding<'estimate'> = { ...estimate, evolve: evolvingOnce(estimate.evolve) };

function readerOf<C extends Category>(
  { category, initial, evolve }: Folding<C>,
  fold: ((change: Change<C>, rows: Rows) => void) | undefined,
  note: ((event: Noted<C>, rows: Rows) => void) | undefined,
): readonly Reader[] {
  if (!fold && !note) return [];
  const states = new Map<string, States[C]>();
  const read: Reader['read'] = (id, { position, version, recordedAt, event: told }, rows) => {
    // A stream holds the events of its own category only: its decider is the one way into it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const event = told as Events[C];
    if (rows) note?.({ id, position, version, recordedAt, event }, rows);
    if (!fold) return;
    const known = states.get(id);
    if (known === undefined && version > 1) throw new Error(`${category} ${id} was not read from its start.`);
    const before = known ?? initial;
    const after = evolve(before, event);
    states.set(id, after);
    if (rows) fold({ id, position, version, recordedAt, event, before, after }, rows);
  };
  const forget = () => {
    if (states.size > 0) states.clear();
  };
  return [{ prefix: `${category}-`, folds: fold !== undefined, read, forget }];
}
