import type { Line } from './link.js';
import type { Event, World } from './world.js';

/** What a machine runs. Ends when the signal says so; rejects where a process would end with an error. */
type Work = (signal: AbortSignal) => Promise<void>;

/** After so long a process that was told to stop is killed. */
const STOP_MAX_MS = 10_000;
/** How a supervisor starts a process again. */
const RESTART_MS = { from: 20, to: 1_000 };

/** A process of Kosh, on a machine of its own, with a supervisor that starts it again. */
export class Machine {
  /** Which of its lives it is in: what was begun in an earlier one never goes on. */
  life = 0;
  up = false;
  pausedUntil = 0;
  readonly lines = new Set<Line>();
  /** The connection on which an append is under way. */
  appending: object | undefined;
  /** Told when it dies. */
  readonly callers = new Set<() => void>();
  /** That it dies where it might go on. */
  diesAtAwait = 0;
  /** How often its code has gone on, and at which time of these it dies, if at any. */
  awaits = 0;
  diesAt: number | undefined;
  private stopping = new AbortController();
  /** Of earlier lives. */
  private readonly forgotten: AbortController[] = [];

  constructor(
    readonly world: World,
    readonly name: string,
    private readonly work: Work,
  ) {}

  /** Its code goes on after so long, if it lives. */
  resume(delayMs: number, what: string, run: () => void): Event {
    return this.world.plan(delayMs, this, what, run);
  }

  diesHere(): boolean {
    this.awaits += 1;
    if (this.awaits === this.diesAt) return true;
    return this.diesAtAwait > 0 && this.world.dice.chance(this.diesAtAwait);
  }

  start(): void {
    if (this.up) return;
    this.life += 1;
    this.up = true;
    this.forgotten.push(this.stopping);
    this.stopping = new AbortController();
    this.world.tell(`${this.name} starts`);
    this.resume(0, 'start', () => {
      const { life } = this;
      const exit = (how: string) => {
        if (this.life === life) this.end(how);
      };
      this.work(this.stopping.signal).then(
        () => exit('ends'),
        (error: unknown) => exit(`ends with ${String(error)}`),
      );
    });
  }

  /** As `kill -9` does. Its kernel still says so to whoever it was connected to, if it can. */
  crash(why = ''): void {
    if (this.up) this.end(`is killed ${why}`);
  }

  /** As SIGTERM does. */
  stop(): void {
    if (!this.up) return;
    this.world.tell(`${this.name} is told to stop`);
    this.resume(0, 'stop', () => this.stopping.abort());
    const { life } = this;
    this.world.at(STOP_MAX_MS, `the end of ${this.name}`, () => {
      if (this.life === life) this.crash('since it does not stop');
    });
  }

  pause(ms: number): void {
    if (!this.up) return;
    this.world.tell(`${this.name} stands still for ${ms.toFixed(0)} ms`);
    this.pausedUntil = this.world.now + ms;
  }

  /**
   * After the end of the world. Node keeps an `AbortSignal.any` for as long as somebody listens to it, and with it all
   * that he knows: whoever was left waiting is let go.
   */
  dissolve(): void {
    this.world.running = this;
    for (const one of [...this.forgotten, this.stopping]) one.abort();
  }

  private end(how: string): void {
    this.world.tell(`${this.name} ${how}`);
    this.life += 1;
    this.up = false;
    this.pausedUntil = 0;
    this.appending = undefined;
    for (const line of this.lines) line.hangUp();
    this.lines.clear();
    for (const gone of this.callers) gone();
    this.callers.clear();
    const { dice } = this.world;
    this.world.at(dice.between(RESTART_MS.from, RESTART_MS.to), `restart of ${this.name}`, () =>
      this.start(),
    );
  }
}
