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

/** A request that got no connection to read in this time is better told so than kept. */
const READER_WAIT_MS = 2_000;

/**
 * A store with its two pools: one to read, and one of two connections to write, since more writers would only
 * queue for the same lock. `url` is a Postgres address.
 */
export function openStore(url: string, { readers = 10, onAppend, ...driver }: StoreOptions = {}): OpenStore {
  const pool = connect(url, 'kosh_api', {
    ...driver,
    max: readers,
    statementTimeoutMs: 15_000,
    waitMs: READER_WAIT_MS,
  });
  const writer = connect(url, 'kosh_api', {
    ...driver,
    max: 2,
    statementTimeoutMs: 5_000,
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
