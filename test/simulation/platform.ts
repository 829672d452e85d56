import type { Machine } from './machine.js';
import type { Event, World } from './world.js';

/** The platform's own. */
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  now: performance.now.bind(performance),
  date: Date.now,
  random: crypto.getRandomValues.bind(crypto),
};

/** What the clocks of the world show at its beginning: 2026-11-24, 08:00 UTC. */
export const EPOCH_MS = Date.UTC(2026, 10, 24, 8);

type Run = (...args: unknown[]) => void;

/** A timer as Node's, as far as anyone asks it for something. */
class Timer {
  constructor(private event: Event) {}

  cancel(): void {
    this.event.cancelled = true;
  }

  /** An interval rings again. */
  renew(event: Event): void {
    if (!this.event.cancelled) this.event = event;
    else event.cancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/**
 * Gives the code that runs now the world's clock and timers in place of the platform's, until the answer is called.
 * A timer belongs to the machine whose code has set it.
 */
export function enter(world: World): () => void {
  const machine = (): Machine => {
    if (!world.running) throw new Error('Only a machine can set a timer.');
    return world.running;
  };
  const cancel = (timer: unknown) => {
    if (timer instanceof Timer) timer.cancel();
  };
  replace({
    setTimeout: (run: Run, ms = 0, ...args: unknown[]) =>
      new Timer(machine().resume(ms, 'timer', () => run(...args))),
    clearTimeout: cancel,
    setInterval: (run: Run, ms = 0, ...args: unknown[]) => {
      const owner = machine();
      const ring = () => {
        timer.renew(owner.resume(ms, 'interval', ring));
        run(...args);
      };
      const timer = new Timer(owner.resume(ms, 'interval', ring));
      return timer;
    },
    clearInterval: cancel,
    now: () => world.now,
    date: () => EPOCH_MS + Math.floor(world.now),
    random: (bytes: Uint8Array) => {
      bytes.set(bytes.map(() => world.dice.below(256)));
      return bytes;
    },
  });
  return () => replace(real);
}

/** The timers of the types have members that nobody asks a timer of the world for. */
function replace({ now, date, random, ...timers }: Readonly<Record<keyof typeof real, unknown>>): void {
  Object.assign(globalThis, timers);
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true });
  Object.defineProperty(crypto, 'getRandomValues', { value: random, configurable: true, writable: true });
  Object.assign(Date, { now: date });
}
