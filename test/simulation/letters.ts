import { v5 as uuidv5 } from 'uuid';
import { caseFile, intend } from '#domain';
import type { EventStore } from '#event-store';
import type { Process } from '#processes';

const KEYS = '0b7c2a52-3f0e-4d0e-9c0a-5d3f6f0f7a11';
export const LETTERS = 'process:letters';

/**
 * Everyone who is met is sent a letter, which is noted in the file. The note may be made any number of times as far as
 * the file is concerned, so that it is made once hangs on the key alone.
 */
export function letters(store: EventStore): Process {
  return {
    name: 'process_letters',
    async react(events) {
      for (const { stream, version, position, event } of events) {
        if (event.type !== 'MigrantEncountered') continue;
        const command = { type: 'CorrectPersonDetails', data: { fields: ['contacts'] } } as const;
        await store.transact([intend(caseFile, stream.slice('case-'.length), command)], {
          actor: LETTERS,
          office: 'Almaty',
          scope: 'nation',
          key: uuidv5(String(position), KEYS),
          fingerprint: Buffer.alloc(32, 7),
          correlationId: 'letters',
          causationId: `${stream}/${version}`,
        });
      }
    },
  };
}
