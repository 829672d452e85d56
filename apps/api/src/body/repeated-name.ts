/**
 * The first member that an object of the text has twice, if one has; the text must be JSON. `JSON.parse`
 * keeps the last of the two and other parsers the first, so that whoever looked at the request before us
 * may have seen another one. One pass over the text.
 */
export function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') open.push(new Set());
    if (char === '}') open.pop();
    if (char !== '"') continue;
    const end = closingQuote(text, at);
    if (isBeforeColon(text, end)) {
      // A name belongs to the innermost object that is open.
      const names = open.at(-1);
      const name = nameIn(text.slice(at, end + 1));
      if (names?.has(name)) return name;
      names?.add(name);
    }
    at = end;
  }
  return undefined;
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
