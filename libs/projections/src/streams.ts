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
  /** Whether it must have the events of a stream from the first on. */
  folds: boolean;
  /** Takes an event, and, where rows are given, what it changed into rows. */
  read: (id: string, told: Published, rows: Rows | undefined) => void;
  forget: () => void;
}>;

/** The streams that a projection reads, each folded by its decider as far as its events have come by. */
export class Streams {
  private readonly readers: ReadonlyMap<string, Reader>;

  constructor({ fold, note }: Projection) {
    this.readers = new Map([
      ...readerOf<'case'>(caseFile, fold?.case, note?.case),
      ...readerOf<'flight'>(flight, fold?.flight, note?.flight),
      ...readerOf<'estimate'>(estimate, fold?.estimate, note?.estimate),
    ]);
  }

  /** Whether the projection folds the stream, and so must have read it from its start. */
  folds(stream: string): boolean {
    return this.readers.get(categoryOf(stream))?.folds ?? false;
  }

  /** Drops all of them from memory: none of their events will come again. */
  forget(): void {
    for (const { forget } of this.readers.values()) forget();
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
    const { stream } = told;
    const category = categoryOf(stream);
    this.readers.get(category)?.read(stream.slice(category.length + 1), told, rows);
  }
}

function categoryOf(stream: string): string {
  return stream.slice(0, stream.indexOf('-'));
}

function readerOf<C extends Category>(
  {
    category,
    initial,
    evolve,
  }: Pick<Decider<States[C], never, Events[C]>, 'category' | 'initial' | 'evolve'>,
  fold: ((change: Change<C>, rows: Rows) => void) | undefined,
  note: ((event: Noted<C>, rows: Rows) => void) | undefined,
): readonly (readonly [string, Reader])[] {
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
  return [[category, { folds: fold !== undefined, read, forget }]];
}
