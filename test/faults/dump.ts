import type pg from 'pg';
import { readAll } from '#event-store';
import type { LogRow } from './history.js';

/**
 * The log as the history checker takes it, each event with the key of its command as far as `log.keys` has it.
 * The pool needs the rights of `kosh_api`. To be called when nothing is written any more.
 */
export async function dumpLog(pool: pg.Pool): Promise<readonly LogRow[]> {
  const { rows: keys } = await pool.query<{ key: string; first: string; last: string }>(
    'select key, first_position as first, last_position as last from log.keys order by first_position',
  );
  const dump: LogRow[] = [];
  let next = 0;
  for await (const events of readAll(pool)) {
    for (const { position, stream, version, event, recordedAt, hash, meta } of events) {
      while (Number(keys[next]?.last) < position) next += 1;
      const owner = keys[next];
      dump.push({
        position,
        stream,
        version,
        type: event.type,
        body: JSON.stringify(event.data),
        recordedAt,
        hash: hash.toString('hex'),
        command: meta.commandId,
        actor: meta.actor,
        key: owner && Number(owner.first) <= position ? owner.key : undefined,
      });
    }
  }
  return dump;
}
