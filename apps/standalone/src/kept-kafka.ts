import type { Kafka } from '#embedded';
import { pause, within } from '#event-store';
import type { Say } from './servers.js';

/** Before each try to bring it back. */
const PAUSES_MS = [1_000, 5_000, 15_000, 60_000, 300_000] as const;
/** Of a Kafka that was up for so long, the tries are counted anew. */
const STEADY_MS = 600_000;
/** For a start that is under way when we stop: what it starts ends with this process. */
const STOP_MAX_MS = 4_000;

export type KeptKafka = Readonly<{
  brokers: string;
  stop: () => Promise<void>;
}>;

/**
 * A Kafka that is started again when it ends by itself, on the same port, at most five times in a row, and then given
 * up: Kosh goes on without it. Says each. Throws what the first `start` throws.
 */
export async function keepKafka(
  start: () => Promise<Kafka>,
  say: Say,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<KeptKafka> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined));
  });
  let running: Kafka | undefined = await start();
  const { brokers } = running;
  let tries = 0;

  const keep = async () => {
    while (running) {
      const upSince = Date.now();
      const how = await Promise.race([running.died, stopped]);
      if (how === undefined) return;
      if (Date.now() - upSince > STEADY_MS) tries = 0;
      say(
        `Kafka has ended (${how}) and is started again. Until then commands are recorded, and reports work.`,
      );
      running = undefined;
      running = await startedAgain();
    }
  };

  const startedAgain = async (): Promise<Kafka | undefined> => {
    for (const ms of pausesMs.slice(tries)) {
      await pause(ms, signal);
      if (signal.aborted) return undefined;
      tries += 1;
      const kafka = await start().catch(unreadied(say));
      if (kafka?.brokers === brokers) {
        say('Kafka is back: what was recorded meanwhile goes to its topic now.');
        return kafka;
      }
      if (kafka) say(`Kafka could not be started again: another program has taken ${brokers}.`);
      await kafka?.stop();
    }
    say(
      `Kafka is given up after ${pausesMs.length} tries. Kosh goes on without it: read models follow the log, and ` +
        'nothing is lost. To try once more, stop Kosh (Ctrl-C) and start it again.',
    );
    return undefined;
  };

  const keeping = keep();
  const stop = async () => {
    stopping.abort();
    await within(keeping, STOP_MAX_MS, 'Starting Kafka').catch(() => undefined);
    await running?.stop();
  };
  return { brokers, stop };
}

function unreadied(say: Say): (error: unknown) => undefined {
  return (error) => {
    say(`Kafka could not be started again: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  };
}
