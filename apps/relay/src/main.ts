import { WrongTopic } from '#kafka';
import { BadSettings, runUntilStopped } from '#running';
import { startRelay } from './relay.js';
import { settingsFrom } from './settings.js';

await runUntilStopped(async (env) => {
  const { done, close } = await startRelay(settingsFrom(env));
  const sooner = done.catch((error: unknown) => {
    throw error instanceof WrongTopic ? new BadSettings([error.message]) : error;
  });
  return { done: sooner, close };
});
