import { v7 as uuidv7 } from 'uuid';
import type { By } from '#event-store';

/** Who asks, each time under a new key. */
export function byOf(actor: string): By {
  return {
    actor,
    office: 'Almaty',
    scope: 'nation',
    key: uuidv7(),
    fingerprint: Buffer.alloc(32),
    correlationId: uuidv7(),
  };
}
