import { createApi } from './api.js';
import { BadSettings, Settings } from './settings.js';

const EX_CONFIG = 78;

try {
  const api = await createApi(Settings.from(process.env));
  const stop = () => void api.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await api.listen();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof BadSettings ? EX_CONFIG : 1);
}
