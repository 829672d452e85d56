import pg from 'pg';

/** A read model cannot be made of an event: of this one, or of the rows that some have come to. */
export class FoldFailed extends Error {
  override readonly name = 'FoldFailed';

  constructor(
    projection: string,
    event: Readonly<{ stream: string; version: number }> | undefined,
    cause: unknown,
  ) {
    const what = event ? `${event.stream}/${event.version}` : 'its rows';
    super(`${projection} cannot fold ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** What `work` answers: it folds an event, or makes rows of some. Throws `FoldFailed` where it cannot. */
export function folding<T>(
  projection: string,
  event: Readonly<{ stream: string; version: number }> | undefined,
  work: () => T,
): T {
  try {
    return work();
  } catch (error) {
    throw new FoldFailed(projection, event, error);
  }
}

/** Whether it is the event that is to blame, or its fold: not the database, nor the connection to it. */
export function isOfTheEvent(error: unknown): boolean {
  // Classes 22 and 23 of Postgres: a value that the tables do not take.
  if (error instanceof pg.DatabaseError) return /^2[23]/.test(error.code ?? '');
  return error instanceof FoldFailed;
}
