import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadCheckpointKey, UnsafeSecret } from './index.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kosh-key-'));
});

afterEach(() => rm(dataDir, { recursive: true }));

describe('the key that signs checkpoints', () => {
  it('is made on the first start, once, for its owner alone, and is not the master key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadCheckpointKey({ dataDir })));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    const path = join(dataDir, 'checkpoint.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe(`${keys[0]?.toString('base64')}\n`);
    expect(await loadCheckpointKey({ dataDir, file: path })).toEqual(keys[0]);
  });

  it('is refused by the name of its setting where it is none', async () => {
    const loading = loadCheckpointKey({ env: 'short', dataDir });
    await expect(loading).rejects.toThrow(UnsafeSecret);
    await expect(loading).rejects.toThrow('KOSH_CHECKPOINT_KEY is not 32 bytes in base64');
  });
});
