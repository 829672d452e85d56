import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonical } from './canonical.js';

/** The same, said the long way. */
function slowly(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(slowly).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${slowly(member)}`).join(',')}}`;
}

describe('canonical JSON', () => {
  it('is sorted by name and written as ECMAScript does, whatever the text, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(canonical(value)).toBe(slowly(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('sorts names as code units, numbers among them too, and leaves out what is undefined', () => {
    expect(canonical({ b: [{ d: 1, c: -0 }], a: undefined, 9: null, 10: 1e21, B: true })).toBe(
      '{"10":1e+21,"9":null,"B":true,"b":[{"c":0,"d":1}]}',
    );
    expect(canonical('"\\\n\u0001\ud800é')).toBe('"\\"\\\\\\n\\u0001\\ud800é"');
  });

  it('is refused to what JSON cannot hold', () => {
    for (const value of [Number.NaN, Infinity, 1n, undefined, Symbol('a'), () => 1, [undefined], { a: 1n }]) {
      expect(() => canonical(value)).toThrow(TypeError);
    }
  });
});
