/**
 * Given to Node by `--import` before a projector: the next version of Kosh, which knows one more event than this one. The
 * list of known events is closed when the domain is loaded, so it is added to in that moment.
 */
const entries = Object.entries;
const more = (value: object): [string, unknown][] =>
  'MigrantEncountered' in value ? [...entries(value), ['EventOfLater', 1]] : entries(value);
Object.entries = more as typeof Object.entries;
await import('#domain');
Object.entries = entries;
