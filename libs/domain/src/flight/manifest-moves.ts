import { type CaseCommand, caseFile } from '../case/case.decider.js';
import type { ManifestLeft } from '../case/case.events.js';
import type { KoshEvent } from '../events.js';
import { intend, type Intent } from '../intent.js';
import type { Passenger } from './flight.events.js';

/**
 * What a flight's events mean for the cases on its list: the `follow` of `transact`. Whoever is added joins,
 * whoever will not fly on leaves; an arrival reaches the cases through the process manager. `past` are the
 * flight's events before. The refusal of whoever is the n-th added points to `/passengers/<n>`, from 0.
 */
export function manifestMoves(flight: string) {
  const tell = (file: string | undefined, command: CaseCommand, at?: string): Intent[] =>
    file === undefined ? [] : [intend(caseFile, file, command, at)];
  const join = ({ passenger, case: file }: Passenger, index: number) =>
    tell(file, { type: 'JoinManifest', data: { flight, passenger } }, `/passengers/${index}`);
  const leave = ({ passenger, case: file }: Passenger, why: ManifestLeft['data']['why']) =>
    tell(file, { type: 'LeaveManifest', data: { flight, passenger, why } });

  return (events: readonly KoshEvent[], past: readonly KoshEvent[]): readonly Intent[] => {
    let added = 0;
    return events.flatMap((event): Intent[] => {
      if (event.type === 'PassengerAdded') return join(event.data, added++);
      if (event.type === 'PassengerRemoved') return leave(event.data, 'removed');
      if (event.type === 'PassengerNoShow') return leave(event.data, 'no-show');
      if (event.type === 'PassengerOffloaded') return leave(event.data, 'offloaded');
      if (event.type === 'PassengerDisembarked') return leave(event.data, 'left-elsewhere');
      if (event.type === 'FlightCancelled') return waiting(past).flatMap((one) => leave(one, 'cancelled'));
      return [];
    });
  };
}

/** Everyone still held by the manifest, before departure. */
function waiting(past: readonly KoshEvent[]): Passenger[] {
  const held = new Map<string, Passenger>();
  for (const { type, data } of past) {
    if (type === 'PassengerAdded') held.set(data.passenger, data);
    if (type === 'PassengerRemoved' || type === 'PassengerNoShow' || type === 'PassengerOffloaded') {
      held.delete(data.passenger);
    }
  }
  return [...held.values()];
}
