import { existsSync } from 'node:fs';
import type { Append } from '#event-store';

/** Another event store, in a database of its own. */
export type Peer = Readonly<{
  name: string;
  /** Starts a stream. */
  append: (stream: string, events: readonly { type: string; data: unknown }[]) => Promise<unknown>;
  /** Reads a stream, and appends one event at the version that it found. */
  command: (stream: string, event: { type: string; data: unknown }) => Promise<unknown>;
}>;
type Peers = Readonly<{ peers: readonly Peer[]; close: () => Promise<void> }>;

/** The other stores, where `npm ci` was run in test/bench/peers. */
export async function openPeers(url: string): Promise<Peers> {
  const folder = new URL('../../../test/bench/peers/', import.meta.url);
  if (!existsSync(new URL('node_modules', folder))) {
    process.stderr.write('Other event stores are not measured: run npm ci in test/bench/peers for them.\n');
    return { peers: [], close: () => Promise.resolve() };
  }
  const module: unknown = await import(new URL('index.js', folder).href);
  // Their package is not installed with ours, so neither are their types.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (module as { openPeers: (url: string) => Promise<Peers> }).openPeers(url);
}

/** The command as another store is told it. */
export function told({ events }: Append): [stream: string, events: { type: string; data: unknown }[]] {
  return [
    events[0]?.stream ?? '',
    events.map(({ type, body }) => ({ type, data: JSON.parse(body) as unknown })),
  ];
}
