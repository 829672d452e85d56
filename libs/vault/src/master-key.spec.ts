import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { emptyFolders } from '../../../test/support/folders.js';
import { loadMasterKey } from './master-key.js';

const dataDir = emptyFolders();
const KEY = Buffer.alloc(32, 7);

describe('the master key', () => {
  it('is taken from the environment first', async () => {
    const from = { env: KEY.toString('base64'), file: '/nowhere', dataDir: '/nowhere' };
    await expect(loadMasterKey(from)).resolves.toEqual(KEY);
  });

  it('is taken from the file that the environment names', async () => {
    const file = join(await dataDir(), 'key');
    await writeFile(file, `${KEY.toString('base64')}\n`, { mode: 0o600 });
    await expect(loadMasterKey({ file, dataDir: '/nowhere' })).resolves.toEqual(KEY);
  });

  it('is refused from a file that others can read', async () => {
    const file = join(await dataDir(), 'key');
    await writeFile(file, KEY.toString('base64'), { mode: 0o640 });
    await expect(loadMasterKey({ file, dataDir: '/nowhere' })).rejects.toThrow(/Others can read .*chmod 600/);
  });

  it('is never made anew where the environment names a file that is not there', async () => {
    await expect(loadMasterKey({ file: '/nowhere/key', dataDir: '/nowhere' })).rejects.toThrow(/ENOENT/);
  });

  it.each(['', 'short', KEY.toString('hex'), `${KEY.toString('base64')}AAAA`])(
    'is refused as "%s"',
    async (env) => {
      const file = join(await dataDir(), 'key');
      await writeFile(file, env, { mode: 0o600 });
      await expect(loadMasterKey({ file, dataDir: '/nowhere' })).rejects.toThrow(/openssl rand -base64 32/);
    },
  );

  it('is made on the first start, once, for its owner alone, by whoever comes first', async () => {
    const dir = join(await dataDir(), 'new');
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ dataDir: dir })));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    expect(await readdir(dir)).toEqual(['master.key']);
    expect((await stat(join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
  });
});
