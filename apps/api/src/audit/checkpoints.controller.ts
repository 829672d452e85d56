import { Controller, Get, Header, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { provenCheckpoint, provenCheckpoints, type Signed } from '#audit';
import { PAGE_MAX, type Page } from '#projections';
import { Limit, linkNext } from '../answers/list.js';
import { ProblemResponses } from '../answers/problems.js';
import { Reads } from '../answers/reading.js';
import { PositionText } from '../body/query.js';
import { Problem } from '../problem.js';
import { CheckpointKeys } from './checkpoint-keys.js';
import { orProblem, PROOF_PROBLEMS } from './proof-problems.js';

export class CheckpointsQuery {
  @PositionText({ optional: true, example: '0', description: 'Those of more events; all unless told.' })
  readonly after?: string;
  @Limit() readonly limit?: string;
}

const KEY = 'kosh/0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

const EXAMPLE = {
  size: 4711,
  root: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
  head: '9f2c4c1e0c5b7a0d3f6e8b1a2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f',
  recordedAt: '2026-11-24T09:00:00.000Z',
  checkpoint:
    'kosh/0192f0c4-…\n4711\nCsUY…\nhead 9f2c…\nrecorded 2026-11-24T09:00:00.000Z\n\n— kosh/0192f0c4-… Nnug…\n',
};

@ApiTags('audit')
@Controller('v1/audit')
export class CheckpointsController {
  constructor(
    private readonly pool: Pool,
    private readonly keys: CheckpointKeys,
  ) {}

  @Get('checkpoint-key')
  @Header('Cache-Control', 'no-cache')
  @ApiOperation({
    summary:
      'The public key that signs the log, as a signed note names it (c2sp.org/signed-note), and those before it. ' +
      'Compare it with what the agency has published elsewhere.',
  })
  @ApiOkResponse({
    description: 'Read.',
    content: { 'application/json': { schema: { type: 'object' }, example: { key: KEY, keys: [KEY] } } },
  })
  @ProblemResponses('read')
  async key(): Promise<object> {
    const keys = (await this.keys.read()).map(({ vkey }) => vkey);
    return { key: keys.at(-1), keys };
  }

  @Get('checkpoints')
  @Reads(
    'What the log was, signed: every 1,000 events or 60 s (docs/proof-format.md). The oldest first.',
    { items: [EXAMPLE], next: '4711' },
    PROOF_PROBLEMS,
  )
  async list(
    @Query() { after = '0', limit }: CheckpointsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<object>> {
    const wanted = Number(limit ?? PAGE_MAX);
    const keys = await this.keys.read();
    const found = await orProblem(provenCheckpoints(this.pool, keys, Number(after), wanted + 1));
    const items = found.slice(0, wanted).map(shown);
    const last = found[wanted - 1]?.checkpoint.size;
    return linkNext(
      { items, next: found.length > wanted && last !== undefined ? String(last) : null },
      reply,
    );
  }

  @Get('checkpoints/:size')
  @ApiParam({ name: 'size', description: 'How many events it covers, or `latest`.', example: 'latest' })
  @Reads('One checkpoint, to keep elsewhere and to hold a later log against.', EXAMPLE, PROOF_PROBLEMS)
  async read(@Param('size') size: string): Promise<object> {
    if (size !== 'latest' && !/^[1-9]\d{0,15}$/.test(size)) {
      throw new Problem('not-found', 'A checkpoint is named by how many events it covers, or as latest.');
    }
    const keys = await this.keys.read();
    return shown(
      await orProblem(provenCheckpoint(this.pool, keys, size === 'latest' ? undefined : Number(size))),
    );
  }
}

function shown({ checkpoint: { size, root, head, recordedAt }, note }: Signed): object {
  return { size, root: root.toString('base64'), head: head.toString('hex'), recordedAt, checkpoint: note };
}
