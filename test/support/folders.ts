import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Makes empty folders for the specs of one file, and removes them after the last of them. */
export function emptyFolders(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    await Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 3 })));
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kosh-spec-'));
    made.push(folder);
    return folder;
  };
}
