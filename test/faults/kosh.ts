import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { World } from './world.js';

export type Answered = Readonly<{ code: number | null; out: string; err: string; seconds: number }>;

/** What an operator types: `npx kosh …` on the database of a world. */
export async function kosh({ databaseUrl, dataDir }: World, ...words: readonly string[]): Promise<Answered> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['dist/apps/kosh/src/main.js', ...words], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, KOSH_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, err, seconds: (performance.now() - startedAt) / 1_000 };
}
