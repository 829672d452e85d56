import type pg from 'pg';
import type { Append, Outcome } from './append.js';
import { BatchRefused, callAppend, callNotify } from './append-call.js';
import { Unavailable } from './errors.js';

const COMMANDS_MAX = 500;
const EVENTS_MAX = 2_000;
const WAITING_MAX = 2_000;
/** While the server works on one call, the next is made ready and waits for the lock there. */
const CALLS_MAX = 2;
/** So many commands are worth a call of their own: with fewer, what a call costs by itself would be paid twice. */
const CROWD = 16;
/** Whoever has waited so long behind a call that hung is told so, while his caller still listens. */
const WAIT_MAX_MS = 3_000;
/** Under load one notice serves all that was written in so long. */
const NOTICE_GAP_MS = 2;

type Waiting = {
  append: Append;
  since: number;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
};

/**
 * Sends the commands that gathered while the last call was in flight as one call, or a crowd of them as two: one commit
 * for all, no timer. Under load this is what makes one lock and one fsync serve many; a lone command waits for nobody.
 */
export class Gatherer {
  private waiting: Waiting[] = [];
  /** Of each that sends one call after the other. */
  private readonly ends = new Set<Promise<void>>();
  /** How many of them go on: whoever comes may count on it. */
  private running = 0;
  private announcing: Promise<void> | undefined;
  /** Something was written since the last notice was sent. */
  private hasNews = false;

  /**
   * The pool's sessions must have a statement timeout: the lock is waited for inside the call. `onCall` is
   * told how long a call took, however it ended.
   */
  constructor(
    private readonly writer: pg.Pool,
    private readonly onCall: (seconds: number) => void = () => undefined,
  ) {}

  /** Throws `Unavailable` if it was certainly not written, `OutcomeUnknown` if it may have been. */
  append(append: Append): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length >= WAITING_MAX) {
        throw new Unavailable(
          `${WAITING_MAX} commands are waiting to be written. Repeat this one in a moment.`,
        );
      }
      this.waiting.push({ append, since: performance.now(), resolve, reject });
      if (this.running === 0) this.start();
    });
  }

  /** Resolves when nothing is waiting or in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.ends);
    await this.announcing;
  }

  private start(): void {
    this.running += 1;
    const end = this.run().finally(() => this.ends.delete(end));
    this.ends.add(end);
  }

  private async run(): Promise<void> {
    // So that commands decided in the same turn go together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.take();
      if (this.running < CALLS_MAX && this.waiting.length >= CROWD) this.start();
      await this.send(batch);
      this.refuseLate();
    }
    this.running -= 1;
  }

  private refuseLate(): void {
    const now = performance.now();
    const isLate = ({ since }: Waiting) => now - since > WAIT_MAX_MS;
    const late = this.waiting.filter(isLate);
    if (late.length === 0) return;
    this.waiting = this.waiting.filter((one) => !isLate(one));
    const why = new Unavailable('The database was too slow. Nothing of this was written.');
    for (const { reject } of late) reject(why);
  }

  /** All that one call may carry; half of a crowd, where another call can take the rest. */
  private take(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex(({ append }, i) => {
      events += append.events.length;
      return i > 0 && (i >= COMMANDS_MAX || events > EVENTS_MAX);
    });
    const all = this.waiting.length;
    const share = this.running < CALLS_MAX && all >= 2 * CROWD ? Math.ceil(all / 2) : all;
    return this.waiting.splice(0, end < 0 ? share : Math.min(share, end));
  }

  /** If the server refuses what is in the batch, nothing was written: then one by one, so that only the culprit fails. */
  private async send(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.call(batch.map(({ append }) => append));
      batch.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i];
        if (outcome) resolve(outcome);
        else reject(new Error('log.append answered fewer rows than it got commands.'));
      });
      if (outcomes.some(({ status }) => status === 'written')) this.announce();
    } catch (error) {
      if (batch.length > 1 && error instanceof BatchRefused) for (const one of batch) await this.send([one]);
      else batch.forEach(({ reject }) => reject(error));
    }
  }

  /**
   * Wakes whoever follows the log, and is waited for by no caller. Where the notice is lost, as with this process, they
   * look by themselves a moment later.
   */
  private announce(): void {
    this.hasNews = true;
    this.announcing ??= this.notify();
  }

  private async notify(): Promise<void> {
    while (this.hasNews) {
      this.hasNews = false;
      await callNotify(this.writer).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, NOTICE_GAP_MS));
    }
    this.announcing = undefined;
  }

  private async call(appends: readonly Append[]): Promise<readonly Outcome[]> {
    const startedAt = performance.now();
    try {
      return await callAppend(this.writer, appends);
    } finally {
      this.onCall((performance.now() - startedAt) / 1_000);
    }
  }
}
