import { UnknownEvent } from '#domain';
import { pause } from '#event-store';
import type { Log } from '#kafka';
import type { Progress } from '#projections';

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export type Run = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<void>;

/** One read model or process manager that this process runs, for as long as it is not closed. */
export class Reader {
  /** How many events this process has applied. */
  events = 0;
  /** How often it failed. */
  failures = 0;
  /** Why it does not go on, if it does not. */
  trouble: string | undefined;

  constructor(
    readonly name: string,
    private readonly run: Run,
    private readonly log: Log,
  ) {}

  /**
   * Runs until aborted, and again after a failure, since a database that restarts needs no person. An event that this
   * version does not know ends it: only another version can go on.
   */
  async keepRunning(signal: AbortSignal): Promise<void> {
    const { name, log } = this;
    let retryMs = RETRY_MIN_MS;
    while (!signal.aborted) {
      try {
        await this.run(signal, (progress) => {
          this.events += progress.events;
          this.trouble = undefined;
          retryMs = RETRY_MIN_MS;
        });
      } catch (error) {
        if (signal.aborted) return;
        this.failures += 1;
        this.trouble = error instanceof Error ? error.message : String(error);
        if (error instanceof UnknownEvent) {
          log.warn({ err: error, name }, `${name} has stopped. ${this.trouble}`);
          return;
        }
        log.warn({ err: error, name, retryMs }, `${name} failed and tries again.`);
        await pause(retryMs, signal);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
  }
}
