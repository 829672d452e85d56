import { runUntilStopped } from '#running';
import { createApi } from './api.js';
import { Settings } from './settings.js';

await runUntilStopped(async (env) => {
  const api = await createApi(Settings.from(env));
  await api.listen();
  return api;
});
