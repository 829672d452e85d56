import { startProjector } from './projector.js';
import { BadSettings, settingsFrom } from './settings.js';

const EX_CONFIG = 78;
const STOP_MAX_MS = 10_000;

try {
  const projector = await startProjector(settingsFrom(process.env));
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_MAX_MS).unref();
    void projector.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof BadSettings ? EX_CONFIG : 1;
}
