import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ESTIMATED_POPULATIONS, type EstimatedPopulation } from '#domain';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { estimates, listEstimates, type Page } from '#projections';
import { linkNext, ListQuery, pageOf } from '../answers/list.js';
import { ReadModels, Reads } from '../answers/reading.js';
import { OneOf } from '../body/values.js';

const STANDINGS = ['valid', 'superseded', 'retracted'] as const;

export class EstimatesQuery extends ListQuery {
  @OneOf(ESTIMATED_POPULATIONS, { optional: true }) readonly population?: EstimatedPopulation;
  @OneOf(STANDINGS, { optional: true }) readonly standing?: (typeof STANDINGS)[number];
}

@ApiTags('estimates')
@Controller('v1/estimates')
export class EstimatesController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
  ) {}

  @Get()
  @Reads('Every estimate as it was said, and what has become of it.', {
    items: [
      {
        id: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b04',
        standing: 'valid',
        recordedAt: '1998-07-07T04:30:00.120Z',
        position: 17,
        said: {
          population: 'refugees',
          measure: 'inflow',
          period: { from: '1994', to: '1997' },
          qualifier: 'more-than',
          value: 4_000,
          unit: 'persons',
          publisher: 'Jamestown Monitor 4/130',
          citedSource: 'ICRC',
          asReported: 'between 1994 and 1997 … an influx of over 4,000 refugees',
        },
      },
    ],
    next: null,
  })
  async list(
    @Query() query: EstimatesQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<object>> {
    await this.models.asKnown([estimates.name], query, reply);
    return linkNext(await listEstimates(this.pool, query, pageOf(query)), reply);
  }
}
