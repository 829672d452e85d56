import type pg from 'pg';
import type { Append, Outcome } from './append.js';
import { BatchRefused, callAppend } from './append-call.js';
import { Unavailable } from './errors.js';

const COMMANDS_MAX = 500;
const EVENTS_MAX = 2_000;
const WAITING_MAX = 2_000;
/** Whoever has waited so long behind a call that hung is told so, while his caller still listens. */
const WAIT_MAX_MS = 3_000;

type Waiting = {
  append: Append;
  since: number;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
};

/**
 * Sends the commands that gathered while the last call was in flight as one call: one commit for all, no timer.
 * Under load this is what makes one lock and one fsync serve many; a lone command waits for nobody.
 */
export class Gatherer {
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

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
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing is waiting or in flight. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // One turn of the event loop, so that commands decided in the same turn go together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      await this.send(this.take());
      this.refuseLate();
    }
    this.running = undefined;
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

  private take(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex(({ append }, i) => {
      events += append.events.length;
      return i > 0 && (i >= COMMANDS_MAX || events > EVENTS_MAX);
    });
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
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
    } catch (error) {
      if (batch.length > 1 && error instanceof BatchRefused) for (const one of batch) await this.send([one]);
      else batch.forEach(({ reject }) => reject(error));
    }
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
