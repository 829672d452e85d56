import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { given, unknownSettings } from './known-settings.js';

const ROOT = new URL('../../..', import.meta.url).pathname;

describe('the environment', () => {
  it('is told of a setting that nothing reads, and what was meant', () => {
    const env = { KOSH_REQUEST_PER_MINUTE: '1', KOSH_DATADIR: 'x', KOSH_MODE: 'local', PATH: '/bin' };
    expect(unknownSettings(env)).toEqual([
      expect.stringMatching(/^KOSH_REQUEST_PER_MINUTE .*Did you mean KOSH_REQUESTS_PER_MINUTE\?$/),
      expect.stringMatching(/^KOSH_DATADIR .*Did you mean KOSH_DATA_DIR\?$/),
    ]);
  });

  it('is told so of none that some process, Compose or the README names', () => {
    const where = ['apps', 'libs', 'docker-compose.yml', 'Dockerfile', 'README.md'];
    const found = execFileSync('grep', ['-rhoE', '--exclude=*.spec.ts', 'KOSH_[A-Z_]+', ...where], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const names = new Set(found.trim().split('\n'));
    expect(names.size).toBeGreaterThan(10);
    expect(unknownSettings(Object.fromEntries([...names].map((name) => [name, 'x'])))).toEqual([]);
  });

  it('has nothing in an empty setting', () => {
    expect(given({ PORT: '', HOST: '127.0.0.1' })).toEqual({ HOST: '127.0.0.1' });
  });
});
