/** A member that one object has twice, and where: a JSON pointer. */
export type Repeated = Readonly<{ name: string; pointer: string }>;

/** An object or list that is open, and the member or item of it that is being read. */
type Open = { names: Set<string> | null; at: string | number };

/**
 * The first member that an object of the text has twice, if one has; the text must be JSON. `JSON.parse`
 * keeps the last of the two and other parsers the first, so that whoever looked at the request before us
 * may have seen another one. One pass over the text.
 */
export function repeatedName(text: string): Repeated | undefined {
  const open: Open[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    const inner = open.at(-1);
    if (char === '{') open.push({ names: new Set(), at: '' });
    if (char === '[') open.push({ names: null, at: 0 });
    if (char === '}' || char === ']') open.pop();
    if (char === ',' && typeof inner?.at === 'number') inner.at += 1;
    if (char !== '"') continue;
    const end = closingQuote(text, at);
    if (inner?.names && isBeforeColon(text, end)) {
      // A name belongs to the innermost object that is open.
      const name = nameIn(text.slice(at, end + 1));
      inner.at = name;
      if (inner.names.has(name)) return { name, pointer: pointerTo(open) };
      inner.names.add(name);
    }
    at = end;
  }
  return undefined;
}

function pointerTo(open: readonly Open[]): string {
  return open.map(({ at }) => `/${String(at).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function closingQuote(text: string, openingQuote: number): number {
  let at = openingQuote + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isBeforeColon(text: string, closingQuote: number): boolean {
  let at = closingQuote + 1;
  while (BLANKS.has(text[at] ?? '')) at += 1;
  return text[at] === ':';
}

const BLANKS: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r']);

/** `"sex"` and `"se\u0078"` are one name. */
function nameIn(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
