import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { head, positionAt } from '#event-store';
import { KnownAtNotSettled } from '#projections';

/** For answers that are folded from the log itself. */
@Injectable()
export class LogPosition {
  constructor(private readonly pool: Pool) {}

  /**
   * The position that `knownAt` names, a position or a moment; that of the last event, where it is absent.
   * Throws `KnownAtNotSettled` for one that lies after it.
   */
  async of(knownAt: string | undefined): Promise<number> {
    const { position, recordedAt } = await head(this.pool);
    if (knownAt === undefined) return position;
    const isPosition = /^\d+$/.test(knownAt);
    const isSettled = isPosition
      ? Number(knownAt) <= position
      : recordedAt !== null && Date.parse(knownAt) <= Date.parse(recordedAt);
    if (!isSettled) throw new KnownAtNotSettled(position, recordedAt);
    return isPosition ? Number(knownAt) : positionAt(this.pool, new Date(knownAt).toISOString());
  }
}
