import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { type ConsistencyProof, type InclusionProof, proveConsistency, proveInclusion } from '#audit';
import { Reads } from '../answers/reading.js';
import { Whole } from '../body/query.js';
import { CheckpointKeys } from './checkpoint-keys.js';
import { orProblem, PROOF_PROBLEMS } from './proof-problems.js';

const Events = (options: Parameters<typeof Whole>[2]) => Whole(1, Number.MAX_SAFE_INTEGER, options);
const LATEST = 'How many events the checkpoint covers; the latest unless told.';

export class InclusionQuery {
  @Events({ example: '1', description: 'Of the event, as its receipt names it.' }) readonly position!: string;
  @Events({ optional: true, description: LATEST }) readonly size?: string;
}

export class ConsistencyQuery {
  @Events({ description: 'How many events the earlier checkpoint covers.' }) readonly from!: string;
  @Events({ optional: true, description: LATEST }) readonly to?: string;
}

const HASH = '9f2c4c1e0c5b7a0d3f6e8b1a2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f';
const NOTE =
  'kosh/0192f0c4-…\n4711\nCsUY…\nhead 9f2c…\nrecorded 2026-11-24T09:00:00.000Z\n\n— kosh/0192f0c4-… Nnug…\n';

/** Proofs name hashes and nothing else, so whoever holds a receipt may have one. */
@ApiTags('audit')
@Controller('v1/audit/proofs')
export class ProofsController {
  constructor(
    private readonly pool: Pool,
    private readonly keys: CheckpointKeys,
  ) {}

  @Get('inclusion')
  @Reads(
    'That an event is in the signed log (RFC 6962 audit path). SHA-256(0x03 ‖ previousHash ‖ leafHash) is the hash ' +
      'of the receipt. Check it apart from this system: kosh verify --proof … --receipt … --key …',
    {
      position: 1,
      hash: HASH,
      previousHash: HASH,
      leafHash: HASH,
      size: 4711,
      path: [HASH],
      checkpoint: NOTE,
    },
    PROOF_PROBLEMS,
  )
  async inclusion(@Query() { position, size }: InclusionQuery): Promise<InclusionProof> {
    const keys = await this.keys.read();
    const asked = size === undefined ? undefined : Number(size);
    return orProblem(proveInclusion(this.pool, keys, Number(position), asked));
  }

  @Get('consistency')
  @Reads(
    'That a later log only adds to an earlier one (RFC 6962 consistency proof), each under its checkpoint.',
    { from: 4000, to: 4711, path: [HASH], fromCheckpoint: NOTE, toCheckpoint: NOTE },
    PROOF_PROBLEMS,
  )
  async consistency(@Query() { from, to }: ConsistencyQuery): Promise<ConsistencyProof> {
    const keys = await this.keys.read();
    return orProblem(
      proveConsistency(this.pool, keys, Number(from), to === undefined ? undefined : Number(to)),
    );
  }
}
