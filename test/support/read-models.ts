import { connect } from '#event-store';
import { type Projection, rebuild } from '#projections';
import { freshDatabase } from './database.js';
import { type Given, givenLog } from './given-log.js';

export type ReadModels = Readonly<{
  /** With the rights of the API, which only reads. */
  pool: ReturnType<typeof connect>;
  /** Records more, and brings the read models up to it. Answers the last position. */
  record: (events: readonly Given[]) => Promise<number>;
  close: () => Promise<void>;
}>;

/** A database of one's own with these read models, made from the events. */
export async function readModels(
  projections: readonly Projection[],
  events: readonly Given[] = [],
): Promise<ReadModels> {
  const { url, drop } = await freshDatabase();
  const pool = connect(url, 'kosh_api');
  const projector = connect(url, 'kosh_projector');
  const record = async (more: readonly Given[]) => {
    const position = await givenLog(url, more);
    await rebuild({ projections, pool: projector });
    return position;
  };
  await record(events);
  return {
    pool,
    record,
    async close() {
      await Promise.all([pool.end(), projector.end()]);
      await drop();
    },
  };
}
