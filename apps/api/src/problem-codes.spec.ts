import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FAULTS } from './fault-codes.js';
import { PROBLEMS } from './problem-codes.js';
import { REFUSALS } from './refusal-codes.js';

/** The text of all sources below a folder of the repository, specs and tables left out. */
function sourcesOf(folder: string): string {
  const root = new URL(`../../../${folder}/`, import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.spec\.ts$|-codes\.ts$/.test(name))
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
    .join('\n');
}

function codesIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].flatMap(([, code]) => code ?? []))].toSorted();
}

describe('every code that the rules refuse with', () => {
  const used = codesIn(sourcesOf('libs/domain/src'), /(?:Refused|refuse\w*)\(\s*'([a-z-]+)'/g);

  it('has a page with cause and cure', () => {
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter((code) => !(code in REFUSALS))).toEqual([]);
  });
});

describe('every code that the API answers with', () => {
  const text = sourcesOf('apps/api/src');

  it('has a page with cause and cure', () => {
    const known = { ...PROBLEMS, ...REFUSALS, ...FAULTS };
    const used = codesIn(text, /\bcode: '([a-z-]+)'/g);
    expect(used.length).toBeGreaterThan(15);
    expect(used.filter((code) => !(code in known))).toEqual([]);
  });

  it('is used somewhere', () => {
    const unused = Object.keys({ ...FAULTS, ...PROBLEMS }).filter((code) => !text.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});
