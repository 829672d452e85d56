import { WrongTopic } from '#kafka';
import { startRelay } from './relay.js';
import { BadSettings, settingsFrom } from './settings.js';

const EX_CONFIG = 78;
const STOP_MAX_MS = 10_000;

try {
  const relay = await startRelay(settingsFrom(process.env));
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
    void relay.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await relay.done;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof BadSettings || error instanceof WrongTopic ? EX_CONFIG : 1);
}
