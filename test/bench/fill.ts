import { v7 as uuidv7 } from 'uuid';
import type { KoshEvent } from '#domain';
import { canonical, connect, Gatherer } from '#event-store';
import { registration } from './people.js';

/** More events than two calls of the log take, so that a call is made ready while another is under way. */
const AT_ONCE = 24;
const CASES_PER_COMMAND = 100;

/**
 * Appends files of the real shape, as fast as the log takes them: each registered, and then what `more` says. Tells
 * `onProgress` how many are there.
 */
export async function fill(
  url: string,
  cases: number,
  more: (registered: ReturnType<typeof registration>) => readonly KoshEvent[] = () => [],
  onProgress: (cases: number) => void = () => undefined,
): Promise<void> {
  const writer = connect(url, 'kosh_api', { max: 2, statementTimeoutMs: 30_000 });
  const gatherer = new Gatherer(writer);
  let left = cases;
  let done = 0;
  const worker = async () => {
    while (left > 0) {
      const now = Math.min(left, CASES_PER_COMMAND);
      left -= now;
      const files = Array.from({ length: now }, () => {
        const registered = registration(Math.random());
        const events: readonly KoshEvent[] = [
          { type: 'MigrantRegistered', data: registered },
          ...more(registered),
        ];
        return { stream: `case-${uuidv7()}`, events };
      });
      await gatherer.append({
        actor: 'bench',
        key: uuidv7(),
        fingerprint: Buffer.alloc(32),
        meta: canonical({ actor: 'bench', commandId: uuidv7() }),
        targets: files.map(({ stream }) => ({ stream, version: 0 })),
        events: files.flatMap(({ stream, events }) =>
          events.map(({ type, data }) => ({
            stream,
            type,
            schemaVersion: 1,
            occurredOn: '1997',
            body: canonical(data),
          })),
        ),
      });
      done += now;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await writer.end();
}

/** As `threeMore`, but nobody leaves, and every tenth person goes on waiting for a decision. */
export function threeMoreHere(registered: ReturnType<typeof registration>): readonly KoshEvent[] {
  const [decision, ...moves] = threeMore(registered).slice(0, 2);
  const { region } = registered;
  const back: KoshEvent = { type: 'MigrantRelocated', data: { region, relocatedOn: '1998-11-05' } };
  const waits: KoshEvent = { type: 'MigrantRelocated', data: { region: 'KZ-39', relocatedOn: '1998-02-03' } };
  const isWaiting = (registered.birthYear ?? 0) % 10 === 0;
  return [...(isWaiting || !decision ? [waits] : [decision]), ...moves, back];
}

/** A life of three more events, so that a file has four. */
export function threeMore({ region }: ReturnType<typeof registration>): readonly KoshEvent[] {
  return [
    {
      type: 'StatusChanged',
      data: {
        from: 'asylum-seeker',
        to: 'mandate-refugee',
        legalBasis: 'UNHCR-1950-STAT',
        issuer: 'UNHCR',
        effectiveOn: '1998-02-03',
      },
    },
    {
      type: 'MigrantRelocated',
      data: { region: region === 'KZ-75' ? 'KZ-19' : 'KZ-75', relocatedOn: '1998-07-01' },
    },
    { type: 'MigrantDeparted', data: { departedOn: '1999-03', kind: 'resettlement', destination: 'SWE' } },
  ];
}
