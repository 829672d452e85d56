import type { Pool } from 'pg';
import { verify, type VerifyOptions } from '#audit';
import { NotWhole } from './json.js';

/** Up to where the log was found whole, as `--known-at` takes it; `pool` with the rights of `kosh_api`. Throws `NotWhole`. */
export async function wholeUpTo(pool: Pool, watched: VerifyOptions): Promise<string> {
  const { firstBad, events } = await verify(pool, watched);
  if (firstBad) throw new NotWhole(firstBad);
  return String(events);
}
