import { Bell } from '#event-store';
import type { Published } from '#event-store';

/** Events that came before their turn, at most. What comes when it is full is left to the log. */
const WAITING_MAX = 1_000;
/** How long the next one may be missing once a later one is there. */
const GAP_MS = 200;

/** Puts what the topic brings, doubled and out of order, into position order behind a cursor. */
export class Inbox {
  private readonly waiting = new Map<number, Published>();
  private overflowed = false;
  private readonly bell = new Bell();

  constructor(private cursor: number) {}

  /** Everything up to here was taken, or read elsewhere. */
  get position(): number {
    return this.cursor;
  }

  offer(event: Published): void {
    if (event.position <= this.cursor || this.waiting.has(event.position)) return;
    if (this.waiting.size < WAITING_MAX) this.waiting.set(event.position, event);
    else this.overflowed = true;
    this.bell.ring();
  }

  /** What is next, as far as there is no gap; the cursor moves behind it. */
  take(): readonly Published[] {
    const run: Published[] = [];
    for (let next = this.next(); next; next = this.next()) {
      run.push(next);
      this.waiting.delete(next.position);
      this.cursor = next.position;
    }
    return run;
  }

  /** What waits now. To be called before the log is read: what comes meanwhile is newer than that reading. */
  early(): readonly number[] {
    this.overflowed = false;
    return [...this.waiting.keys()];
  }

  /** Leaves out what the log did not have, although it was asked later: it is of another log. */
  drop(positions: readonly number[]): void {
    for (const position of positions) this.waiting.delete(position);
  }

  /** Leaves out what was read from the log. */
  skipTo(position: number): void {
    this.drop([...this.waiting.keys()].filter((early) => early <= position));
    this.cursor = position;
  }

  /** Until the next one is here or seems lost, but no longer than `ms`, or until aborted. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    let until = performance.now() + ms;
    let gap = false;
    while (!this.next() && !this.overflowed && !signal.aborted) {
      if (!gap && this.waiting.size > 0) {
        gap = true;
        until = Math.min(until, performance.now() + GAP_MS);
      }
      const left = until - performance.now();
      if (left <= 0) return;
      await this.bell.wait(left, signal);
    }
  }

  private next(): Published | undefined {
    return this.waiting.get(this.cursor + 1);
  }
}
