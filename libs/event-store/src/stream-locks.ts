import { Unavailable } from './errors.js';
import { within } from './patience.js';

const WAIT_MS = 2_000;

/**
 * Commands on one stream wait for each other inside the process, so that only other processes can conflict.
 * In the order of their arrival; at most 2 s.
 */
export class StreamLocks {
  private readonly tails = new Map<string, Promise<void>>();

  /** Runs `work` while no other holds any of the streams. Throws `Unavailable` if they do not come free. */
  async hold<T>(streams: readonly string[], work: () => Promise<T>): Promise<T> {
    let release = () => {};
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    // All are queued for in one step, so two commands cannot wait for each other in a circle.
    const before = streams.map((stream) => this.queue(stream, done));
    try {
      await within(Promise.all(before), WAIT_MS, 'Waiting for the record').catch((cause: unknown) => {
        throw new Unavailable('Others are writing to the same record. Repeat the command in a moment.', {
          cause,
        });
      });
      return await work();
    } finally {
      release();
    }
  }

  private queue(stream: string, done: Promise<void>): Promise<void> {
    const before = this.tails.get(stream) ?? Promise.resolve();
    const tail = before.then(() => done);
    this.tails.set(stream, tail);
    void tail.then(() => {
      if (this.tails.get(stream) === tail) this.tails.delete(stream);
    });
    return before;
  }
}
