import type { Row } from '#event-store';

/** A row of the log, with what Postgres sends of it, and what is asked of it again and again. */
export type Stored = Row &
  Readonly<{
    fields: readonly (string | null)[];
    actor: string;
    key: string;
    meta: string;
    /** Parsed. */
    by: Readonly<{ commandId: string; causationId: string; source?: string }>;
    hex: string;
  }>;

export type Key = Readonly<{ fingerprint: Buffer; first: number; last: number; version: number }>;

/** What `log.append` sees under its lock. */
export type Log = Readonly<{
  log: readonly Stored[];
  keys: ReadonlyMap<string, Key>;
  /** A planted bug is an append that does not. */
  looksKeysUp: boolean;
  version: (stream: string) => number;
  /** When it is, in milliseconds since 1970. */
  moment: () => number;
}>;

export type Writes = Readonly<{
  /** The answer. */
  rows: readonly unknown[];
  written: readonly Stored[];
  keys: ReadonlyMap<string, Key>;
}>;

/** The arrays that `log.append` takes, by the names it gives them. */
type Arrays = readonly [
  streams: readonly string[],
  actor: readonly string[],
  key: readonly string[],
  fingerprint: readonly Buffer[],
  meta: readonly string[],
  targets: readonly number[],
  events: readonly number[],
  sealed: readonly number[],
  targetStream: readonly number[],
  expected: readonly number[],
  eventStream: readonly number[],
  type: readonly string[],
  schemaVersion: readonly number[],
  occurredOn: readonly (string | null)[],
  body: readonly string[],
];

const BODY_MAX = 65_536;

export function keyOf(actor: unknown, key: unknown): string {
  return `${String(actor)}\t${String(key)}`;
}

/** Why the server does not take what it was to write, if it does not. */
export function refusalOf({ written }: Writes): [code: string, message: string] | undefined {
  const isTooLong = written.some(({ body }) => body.length > BODY_MAX || Buffer.byteLength(body) > BODY_MAX);
  return isTooLong ? ['23514', 'new row for relation "events" violates check constraint'] : undefined;
}

/** What `log.append` answers, command by command, and what it writes. The vault is left out: nothing reads it here. */
export function append(log: Log, values: readonly unknown[]): Writes {
  const [names, actors, keys, fingerprints, metas, targets, events, , targetStream, expected, ...event] =
    values as unknown as Arrays;
  const [eventStream, types, schemaVersions, occurredOn, bodies] = event;
  const versions = names.map((name) => log.version(name));
  const recordedAt = new Date(log.moment()).toISOString();
  const written: Stored[] = [];
  const taken = new Map<string, Key>();
  const receipt = (status: string, { version, first, last }: Key) => {
    const row = log.log[last - 1] ?? written[last - 1 - log.log.length];
    const [at, hash] = [row?.fields[6] ?? '', row?.fields[10] ?? ''];
    return [status, String(version), String(first), String(last), hash, at];
  };
  let nextTarget = 0;
  let nextEvent = 0;
  const rows = actors.map((actor, c) => {
    const [fromTarget, fromEvent] = [nextTarget, nextEvent];
    nextTarget += targets[c] ?? 0;
    nextEvent += events[c] ?? 0;
    const id = keyOf(actor, keys[c]);
    const fingerprint = fingerprints[c] ?? Buffer.alloc(0);
    const earlier = log.looksKeysUp ? (log.keys.get(id) ?? taken.get(id)) : undefined;
    if (earlier) {
      return receipt(earlier.fingerprint.equals(fingerprint) ? 'duplicate' : 'key-reused', earlier);
    }
    for (let t = fromTarget; t < nextTarget; t += 1) {
      const actual = versions[(targetStream[t] ?? 0) - 1] ?? 0;
      const wanted = expected[t] ?? -1;
      if (wanted >= 0 && wanted !== actual) return ['conflict', String(actual), null, null, null, null];
    }
    for (let e = fromEvent; e < nextEvent; e += 1) {
      const at = (eventStream[e] ?? 0) - 1;
      const version = (versions[at] ?? 0) + 1;
      versions[at] = version;
      const row = {
        position: log.log.length + written.length + 1,
        stream: names[at] ?? '',
        version,
        type: types[e] ?? '',
        schemaVersion: schemaVersions[e] ?? 0,
        occurredOn: occurredOn[e] ?? null,
        recordedAt,
        body: bodies[e] ?? '',
        meta: metas[c] ?? '',
      };
      written.push(stored(row, actor, keys[c] ?? ''));
    }
    const last = log.log.length + written.length;
    const first = last - (nextEvent - fromEvent) + 1;
    const key = { fingerprint, first, last, version: versions[(targetStream[fromTarget] ?? 0) - 1] ?? 0 };
    taken.set(id, key);
    return receipt('written', key);
  });
  return { rows, written, keys: taken };
}

/**
 * The hash stands for the chain's: another for every row, and the same whenever it is read. Not of the whole meta,
 * whose id of the command is another in each run of the same seed.
 */
function stored(row: Omit<Row, 'hash' | 'sealed'>, actor: string, key: string): Stored {
  const { position, stream, version, type, schemaVersion, occurredOn, recordedAt, body, meta } = row;
  const by = JSON.parse(meta) as Stored['by'];
  const rest = numberOf(`${stream}/${version} ${actor} ${key} ${by.source}`);
  const hex = `${position.toString(16).padStart(8, '0')}${rest}`.padEnd(64, '0');
  const moment = `${recordedAt.slice(0, 10)} ${recordedAt.slice(11, 23)}+00`;
  const [p, v, s] = [position, version, schemaVersion].map(String) as [string, string, string];
  const fields = [p, stream, v, type, s, occurredOn, moment, body, meta, null, `\\x${hex}`];
  return { ...row, sealed: null, hash: Buffer.from(hex, 'hex'), hex, fields, actor, key, by };
}

/** Eight digits that another text is unlikely to have (FNV-1a). */
function numberOf(text: string): string {
  let number = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) number = Math.imul(number ^ text.charCodeAt(i), 0x01000193);
  return (number >>> 0).toString(16).padStart(8, '0');
}
