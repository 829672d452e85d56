import { Problem } from '../problem.js';
import { shown } from './field.js';
import { repeatedName } from './repeated-name.js';
import { emptyBody, invalid, UNKNOWN_FIELD } from './validation.js';

/** 32 levels are more than any body needs, and few enough for every walk over it. */
const LEVELS_MAX = 32;
export const BODY_BYTES_MAX = 256 * 1024;

/**
 * A JSON object, or a problem: `malformed-json` where it cannot be parsed or names a member twice,
 * `validation-failed` where it is something else, nests too deep or names a member that every object has
 * already, such as `__proto__`.
 */
export function parseBody(bytes: Buffer): object {
  const body = parse(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid([{ pointer: '#', code: 'not-an-object', detail: 'The body must be one JSON object.' }]);
  }
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > LEVELS_MAX) {
      throw invalid([{ pointer: '#', code: 'too-deep', detail: `Nest at most ${LEVELS_MAX} levels.` }]);
    }
    const name = level.flatMap(Object.keys).find((key) => key in Object.prototype);
    if (name !== undefined) throw invalid([{ pointer: `#/${name}`, ...UNKNOWN_FIELD }]);
    const values = level.flatMap((value): unknown[] => Object.values(value));
    if (values.includes(Infinity) || values.includes(-Infinity)) {
      throw invalid([
        { pointer: '#', code: 'not-a-number', detail: 'A number in the body is beyond all bounds.' },
      ]);
    }
    level = values.filter(isObject);
  }
  return body;
}

function parse(bytes: Buffer): unknown {
  const { text, value } = decoded(bytes);
  const twice = repeatedName(text);
  if (twice === undefined) return value;
  const detail = `One object has the member ${shown(twice.name)} twice. Send it once.`;
  throw new Problem('malformed-json', detail, {
    errors: [{ pointer: `#${twice.pointer}`, code: 'malformed-json', detail }],
  });
}

function decoded(bytes: Buffer): { text: string; value: unknown } {
  const text = textOf(bytes);
  if (text.trim() === '') throw emptyBody();
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new Problem('malformed-json', `The body is not JSON: ${whereIn(String(error))}.`);
  }
}

/** Not the whole message: it quotes the body. Some name a position, and some the character that is wrong. */
function whereIn(message: string): string {
  const position = /position \d+/.exec(message)?.[0];
  const token = /Unexpected token '(.)'/su.exec(message)?.[1];
  if (position === undefined && token !== undefined) return `look for a misplaced ${shown(token)}`;
  return `look near ${position ?? 'the end'}`;
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('malformed-json', 'The body is not UTF-8. Send JSON in UTF-8.');
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
