import { describe, expect, it } from '@jest/globals';
import { partitionOf } from './partitioner.js';

/**
 * Computed apart from this code: int.from_bytes(hashlib.sha256(stream).digest()[:4], 'big') % count, in
 * Python.
 */
const VECTORS = [
  { stream: 'case-01890a5d-ac96-774b-bcce-b302099a8057', of12: 5, of3: 2, of50: 27 },
  { stream: 'flight-01890a5d-ac96-774b-bcce-b302099a8058', of12: 7, of3: 1, of50: 29 },
  { stream: 'estimate-01890a5d-ac96-774b-bcce-b302099a8059', of12: 5, of3: 2, of50: 41 },
  { stream: 'case-00000000-0000-7000-8000-000000000000', of12: 4, of3: 1, of50: 22 },
  { stream: 'case-ffffffff-ffff-7fff-bfff-ffffffffffff', of12: 11, of3: 2, of50: 17 },
];

describe('the partition of a file', () => {
  it.each(VECTORS)('of $stream is the one that everybody computes', ({ stream, of12, of3, of50 }) => {
    expect([12, 3, 50, 1].map((count) => partitionOf(stream, count))).toEqual([of12, of3, of50, 0]);
  });
});
