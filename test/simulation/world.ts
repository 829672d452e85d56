import { Dice } from './dice.js';
import type { Machine } from './machine.js';

/** Something that is to happen, to a machine or to the world around it. */
export type Event = {
  at: number;
  /** Of two at the same moment, the one that was planned first. */
  readonly order: number;
  readonly machine: Machine | undefined;
  /** The life of the machine that it belongs to. */
  readonly life: number;
  readonly what: string;
  readonly run: () => void;
  cancelled: boolean;
};

/** A promise of the system that was not kept. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly rule: string,
    detail: string,
  ) {
    super(`${rule}: ${detail}`);
  }
}

/**
 * Time and chance. One thing happens after the other, each at its moment; between two, all that the code of a machine
 * can do without waiting for anything is done. So a seed decides every interleaving.
 */
export class World {
  /** Milliseconds since the beginning. */
  now = 0;
  /** How many things have happened. */
  steps = 0;
  readonly dice: Dice;
  /** Whose code runs. */
  running: Machine | undefined;
  over = false;
  /** The first promise that was seen broken by something that cannot say so itself. */
  private broken: Violation | undefined;
  /** How often each thing went wrong. */
  readonly troubles = new Map<string, number>();
  /** What has happened, line by line, if anyone wants to read it. */
  readonly story: string[] | undefined;
  private readonly queue = new Queue();
  private planned = 0;

  constructor(
    readonly seed: number,
    options: Readonly<{ story?: boolean }> = {},
  ) {
    this.dice = new Dice(seed);
    this.story = options.story ? [] : undefined;
  }

  tell(line: string | (() => string)): void {
    if (!this.story) return;
    this.story.push(`${this.now.toFixed(3).padStart(10)} ${typeof line === 'string' ? line : line()}`);
  }

  /** Something goes wrong. */
  count(trouble: string): void {
    this.troubles.set(trouble, (this.troubles.get(trouble) ?? 0) + 1);
  }

  /** For whoever is called by the code of a machine, which might catch what is thrown. */
  report(violation: Violation): void {
    this.broken ??= violation;
  }

  /** Something happens to the world. */
  at(delayMs: number, what: string, run: () => void): Event {
    return this.plan(delayMs, undefined, what, run);
  }

  /** The code of a machine goes on, unless the machine has died by then. */
  plan(delayMs: number, machine: Machine | undefined, what: string, run: () => void): Event {
    this.planned += 1;
    const at = this.now + Math.max(0, delayMs);
    const event = { at, order: this.planned, machine, life: machine?.life ?? 0, what, run, cancelled: false };
    this.queue.push(event);
    return event;
  }

  /** Lets things happen until it is over, or nothing is left to happen. Throws what the world throws. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        try {
          while (!this.over) {
            if (this.broken) throw this.broken;
            const event = this.queue.pop();
            if (event === undefined) break;
            if (this.happen(event)) {
              afterwards(next);
              return;
            }
          }
          resolve();
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(error);
        }
      };
      next();
    });
  }

  /** Until no code goes on by itself. */
  quiet(): Promise<void> {
    return new Promise((resolve) => afterwards(() => afterwards(() => afterwards(resolve))));
  }

  /** True if the code of a machine has run, which may have more to do. */
  private happen(event: Event): boolean {
    const { machine, what } = event;
    if (event.cancelled || (machine && machine.life !== event.life)) return false;
    this.now = event.at;
    if (machine && machine.pausedUntil > event.at) {
      event.at = machine.pausedUntil;
      this.queue.push(event);
      return false;
    }
    this.steps += 1;
    this.running = machine;
    if (!machine) {
      event.run();
      return false;
    }
    if (machine.diesHere()) {
      this.count('killed at an await');
      machine.crash(`at «${what}»`);
      return false;
    }
    try {
      event.run();
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('uncaught', `${machine.name} would end at «${what}»: ${String(error)}`);
    }
    return true;
  }
}

/**
 * After everything that can go on does not go on by itself any more. Node runs microtasks until there are none, and
 * then what is left for the next tick; twice, since a pool hands a connection over in a tick of its own.
 */
function afterwards(next: () => void): void {
  queueMicrotask(() =>
    process.nextTick(() => {
      queueMicrotask(() => process.nextTick(next));
    }),
  );
}

/** A binary heap. */
class Queue {
  private readonly events: Event[] = [];

  push(event: Event): void {
    const { events } = this;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = events[parent];
      if (!above || isBefore(above, event)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  pop(): Event | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (events.length === 0 || !last) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [one, other] = [events[left], events[left + 1]];
      const child = one && other && isBefore(other, one) ? left + 1 : left;
      const below = events[child];
      if (!below || isBefore(last, below)) break;
      events[at] = below;
      at = child;
    }
    events[at] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
