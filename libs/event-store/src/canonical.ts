/**
 * Canonical JSON: members sorted by name (UTF-16 code units), no white space, `undefined` members left out,
 * numbers and strings as ECMAScript writes them (the rules of RFC 8785). Throws on what JSON cannot hold.
 */
export function canonical(value: unknown): string {
  // Every row of a rebuild comes through here, and most of what we write stands in order.
  return isInOrder(value) ? JSON.stringify(value) : written(value);
}

/** Whether `JSON.stringify` writes it like that. False, too, for what JSON cannot hold. */
function isInOrder(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isInOrder);
  if (typeof value !== 'object' || 'toJSON' in value) return false;
  const members = membersOf(value);
  let last = '';
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (name < last || (member !== undefined && !isInOrder(member))) return false;
    last = name;
  }
  return true;
}

function written(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} like that is no JSON.`);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const members = membersOf(value);
  let text = '';
  for (const name of Object.keys(members).toSorted()) {
    const member = members[name];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${written(member)}`;
  }
  return `{${text}}`;
}

function membersOf(value: object): Readonly<Record<string, unknown>> {
  // What any object is, which TypeScript does not say.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as Readonly<Record<string, unknown>>;
}
