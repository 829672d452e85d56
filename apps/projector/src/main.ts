import { runUntilStopped } from '#running';
import { startProjector } from './projector.js';
import { settingsFrom } from './settings.js';

await runUntilStopped((env) => startProjector(settingsFrom(env)));
