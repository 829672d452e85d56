import type { Published } from '#event-store';

/**
 * Follows the log and answers with commands. Events may come again after a crash: a command's key is made of the event
 * and the target, so that it is carried out once.
 */
export type Process = Readonly<{
  /** Of its cursor, which is state: no rebuild touches it. */
  name: string;
  /** Returns when every command that these events call for was answered. Throws where that could not be learned. */
  react: (events: readonly Published[]) => Promise<void>;
}>;
