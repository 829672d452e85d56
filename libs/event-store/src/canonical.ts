/**
 * Canonical JSON: members sorted by name (UTF-16 code units), no white space, `undefined` members left out,
 * numbers and strings as ECMAScript writes them (the rules of RFC 8785). Throws on what JSON cannot hold.
 */
export function canonical(value: unknown): string {
  // Every row of a rebuild comes through here, so nothing is listed, sorted or escaped that need not be.
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} like that is no JSON.`);
  return Array.isArray(value) ? `[${value.map(canonical).join(',')}]` : `{${members(value)}}`;
}

function members(object: object): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what any object is, which TypeScript does not say
  const values = object as Readonly<Record<string, unknown>>;
  const names = Object.keys(values);
  if (names.some((name, at) => at > 0 && name < (names[at - 1] ?? ''))) names.sort();
  let text = '';
  for (const name of names) {
    const member = values[name];
    if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${canonical(member)}`;
  }
  return text;
}

/** A quotation mark, a backslash, a control character, or half of a pair. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
