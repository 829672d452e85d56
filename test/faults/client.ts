/**
 * The load client, a process of its own: callers who send commands with keys, repeat what has no known outcome with
 * the same key until it has, and write down all they were told. The parent sends `{phase}` to begin to measure anew and
 * `{stop}` to let it end; it is told `{ready}`, `{count}` twice a second, and `{summary}` at the end.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Caller, type ClientSettings } from './caller.js';
import type { Phases } from './measures.js';
import { Measures } from './measures.js';

export type ToClient = Readonly<{ phase: string }> | Readonly<{ stop: true }>;
export type FromClient =
  | Readonly<{ ready: true }>
  | Readonly<{ count: number }>
  | Readonly<{ summary: { phases: Phases; unanswered: number; acknowledged: number; failedAgain: number } }>;

/** After the end of a run so long is left to learn what became of the last commands. */
const LAST_ANSWERS_MS = 60_000;

const settings = JSON.parse(process.env['KOSH_LOAD'] ?? '{}') as ClientSettings;
const measures = new Measures();
const pool: string[] = [];
const stopping = new AbortController();
const tell = (message: FromClient) => process.send?.(message);

const callers = Array.from({ length: settings.callers }, (_, i) => {
  const name = `${settings.name}-${i}`;
  const file = openSync(join(settings.folder, `${name}.ndjson`), 'a');
  const lines: string[] = [];
  const flush = () => {
    if (lines.length > 0) writeSync(file, `${lines.splice(0).join('\n')}\n`);
  };
  const write = (line: string) => {
    lines.push(line);
    if (lines.length >= 100) flush();
  };
  const caller = new Caller(settings, name, i, pool, write, measures);
  return { caller, close: () => (flush(), closeSync(file)) };
});

process.on('message', (message: ToClient) => {
  if ('phase' in message) measures.begin(message.phase);
  else stopping.abort();
});
process.once('disconnect', () => process.exit(1));

tell({ ready: true });
const counting = setInterval(() => tell({ count: measures.acknowledged }), 500);
const until = new AbortController();
stopping.signal.addEventListener('abort', () => setTimeout(() => until.abort(), LAST_ANSWERS_MS).unref());
await Promise.all(callers.map(({ caller }) => caller.run(stopping.signal, until.signal)));
clearInterval(counting);
for (const { close } of callers) close();
const unanswered = callers.reduce((sum, { caller }) => sum + caller.unanswered, 0);
const { acknowledged, failedAgain } = measures;
tell({ summary: { phases: measures.phases(), unanswered, acknowledged, failedAgain } });
await delay(50);
process.disconnect();
