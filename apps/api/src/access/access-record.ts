import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { Problem } from '../problem.js';
import type { Caller } from './caller.js';

/** What was read of people. Stored for ever: never rename one. */
export type ReadAction = 'read-case' | 'read-history' | 'list-cases' | 'read-flight' | 'read-manifest';

/** Who read whose file. */
@Injectable()
export class AccessRecord {
  constructor(private readonly pool: Pool) {}

  /**
   * One row per person read, in one statement. To be awaited before anything is answered: throws
   * `unavailable` where the rows could not be written, and then nothing may be answered. `withheld`: asked
   * for, and not for this caller to see.
   */
  async write(
    caller: Caller,
    action: ReadAction,
    subjects: readonly string[],
    outcome: 'shown' | 'withheld' = 'shown',
  ): Promise<void> {
    const { requestId, actor, role, office } = caller;
    try {
      await this.pool.query(
        `insert into audit.access (request_id, actor, role, office, action, outcome, subject)
           select $1, $2, $3, $4, $5, $6, unnest($7::text[])`,
        [requestId, actor, role, office, action, outcome, subjects],
      );
    } catch {
      throw new Problem('unavailable', 'This reading could not be recorded, so it is not answered.', {
        headers: { 'Retry-After': '5' },
      });
    }
  }
}
