import { connect, type Driver } from './connect.js';
import { EventStore } from './event-store.js';
import { Gatherer } from './gatherer.js';

export type OpenStore = Readonly<{
  store: EventStore;
  /** For reading, with the rights of the API. */
  pool: ReturnType<typeof connect>;
  /** Waits for what is being written, then closes the connections. */
  close: () => Promise<void>;
}>;

export type StoreOptions = Readonly<{
  /** Connections to read. */
  readers?: number;
  /** Told how many seconds each call of `log.append` took. */
  onAppend?: (seconds: number) => void;
  /** What speaks to the server in place of pg's own client. */
  Client?: Driver;
}>;

/** A request that got no connection in this time is better told so than kept. */
const WAIT_MS = 2_000;
/** Nor does one that the database does not answer wait longer than its caller will. */
const SILENCE_MS = 7_000;

/**
 * A store with its two pools: one to read, and one of three connections to write: two calls, since more would only queue
 * for the same lock, and the notice. `url` is a Postgres address.
 */
export function openStore(url: string, { readers = 10, onAppend, ...driver }: StoreOptions = {}): OpenStore {
  const pool = connect(url, 'kosh_api', {
    ...driver,
    max: readers,
    statementTimeoutMs: 15_000,
    waitMs: WAIT_MS,
    silenceMs: SILENCE_MS,
  });
  const writer = connect(url, 'kosh_api', {
    ...driver,
    max: 3,
    statementTimeoutMs: 5_000,
    waitMs: WAIT_MS,
    applicationName: 'kosh-writer',
  });
  const gatherer = new Gatherer(writer, onAppend);
  return {
    store: new EventStore(pool, gatherer),
    pool,
    async close() {
      await gatherer.idle();
      await Promise.all([pool.end(), writer.end()]);
    },
  };
}
