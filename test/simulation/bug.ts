import type { Tamper } from './kafka.js';
import type { Between } from './pg-client.js';
import type { Postgres } from './postgres.js';

/** A fault of Kosh, planted between it and what it stands on, or in one of its methods. */
export type Bug = Readonly<{
  name: string;
  /** Stands between Kosh and the database, on one connection. */
  between?: (server: Postgres) => Between;
  /** Stands between Kosh and kafkajs, on one machine. */
  tamper?: () => Tamper;
  /** Changes `log.append`. */
  plant?: (server: Postgres) => void;
  /** Changes a method of Kosh; answers what gives it back. */
  install?: () => () => void;
}>;
