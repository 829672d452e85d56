import { flight } from './flight.decider.js';
import type { FlightEvent } from './flight.events.js';
import type { ManifestLine } from './flight.state.js';

export type Manifest = Readonly<{
  /** 0 for a list that is still a draft. */
  version: number;
  lines: readonly ManifestLine[];
  /** Who was on the list, in its order, as canonical JSON: its SHA-256 identifies this version for ever. */
  listing: string;
}>;

/**
 * The list as it stood in a version, or as it stands now. A version lasts until the list changes; the
 * outcomes are those reached by then. `undefined` if there is no such version. `events` are all of one flight.
 */
export function manifestAt(events: readonly FlightEvent[], version?: number): Manifest | undefined {
  let state = flight.initial;
  let found: Pick<Manifest, 'version' | 'lines'> | undefined;
  for (const event of events) {
    state = flight.evolve(state, event);
    if (state.phase === 'unknown') continue;
    // A fixed list that is being changed is no version: the next one comes with the next event or so.
    const changing =
      state.version > 0 && (event.type === 'PassengerAdded' || event.type === 'PassengerRemoved');
    if (!changing && (version ?? state.version) === state.version) found = state;
  }
  return found && { version: found.version, lines: found.lines, listing: listing(found) };
}

function listing({ version, lines }: Pick<Manifest, 'version' | 'lines'>): string {
  const passengers = lines.map(({ passenger, case: file }) =>
    file === undefined ? { passenger } : { case: file, passenger },
  );
  return JSON.stringify({ passengers, version });
}
