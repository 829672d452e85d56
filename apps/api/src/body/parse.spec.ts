import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Problem } from '../problem.js';
import { parseBody } from './parse.js';

const parsed = (text: string): object => parseBody(Buffer.from(text));

describe('a body that names a member twice', () => {
  it.each([
    ['sex', '/sex', '{"sex":"M","sex":"F"}'],
    ['sex', '/sex', '{"sex":"M","se\\u0078":"F"}'],
    ['sex', '/sex', '{"sex" : "M" ,\n\t"sex"\r\n:"M"}'],
    ['a"b', '/a"b', '{"a\\"b":1,"x":"\\\\","a\\"b":2}'],
    ['country', '/places/1/country', '{"places":[{"country":"RUS"},{"country":"RUS","country":"AFG"}]}'],
    ['b/c', '/a/2/b~1c', '{"a":["x,y",[1,2],{"b/c":"[","b/c":1}]}'],
    ['a', '/a', '{"a":{"a":{"b":[]}},"b":[{}],"a":1}'],
    ['', '/', '{"":1,"":2}'],
  ])('is refused, and the member %j is named, at %s: %s', (name, pointer, text) => {
    const detail = `One object has the member ${JSON.stringify(name)} twice. Send it once.`;
    let found: unknown;
    try {
      parsed(text);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(Problem);
    expect(found).toMatchObject({
      code: 'malformed-json',
      message: detail,
      more: { errors: [{ pointer: `#${pointer}`, code: 'malformed-json', detail }] },
    });
  });

  it.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '{"a":[{"a":1},{"a":1}]}',
    '{"a":"a","b":"a\\":","c":":"}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"A":1,"a":2,"a ":3}',
  ])('is not what %s is', (text) => {
    expect(parsed(text)).toEqual(JSON.parse(text));
  });

  it('is none that JSON.stringify can make, however odd its names', () => {
    const anyObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(anyObject, (value) => {
        // Names of every object, such as toString, are refused by another rule.
        fc.pre(!/"(__\w+__|[a-z]+[A-Z]\w+|constructor)"/.test(JSON.stringify(value)));
        expect(parsed(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
