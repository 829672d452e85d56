import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { estimates, population, registrationGap } from '#projections';
import { AUTHORITIES, type Authority, type Population, POPULATIONS } from '#reference';
import { type Caller, Reader } from '../access/caller.js';
import { AsOfQuery, dayOf } from '../answers/as-of.js';
import { ReadModels, Reads } from '../answers/reading.js';
import { OneOf } from '../body/values.js';

export class RegistrationGapQuery extends AsOfQuery {
  @OneOf(AUTHORITIES, {
    optional: true,
    example: 'UNHCR',
    description: 'Registered with it; with any unless told.',
  })
  readonly authority?: Authority;
  @OneOf(POPULATIONS, { optional: true, description: 'refugees unless told.' })
  readonly population?: Population;
}

@ApiTags('reports')
@Controller('v1/reports/registration-gap')
export class RegistrationGapController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
  ) {}

  @Get()
  @Reads(
    'Registered people by place fled, and beside them each estimate, from which the unregistered follow.',
    {
      validOn: '1997-12-31',
      knownAt: '1998-01-15T05:00:00.000Z',
      position: 4711,
      population: 'refugees',
      authority: 'UNHCR',
      registered: [{ placeFled: { country: 'AFG' }, registered: 1_650 }],
      total: 1_650,
      estimates: [
        {
          id: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b04',
          comparability: 'comparable',
          rows: [
            {
              placesFled: [{ country: 'AFG' }],
              registered: 1_650,
              estimate: { qualifier: 'about', value: 2_000 },
              qualifier: 'about',
              unregistered: 350,
              label: null,
            },
          ],
        },
      ],
      unit: 'persons',
    },
  )
  async read(
    @Query() query: RegistrationGapQuery,
    @Reader() { today }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const validOn = dayOf(query, today);
    const { position, recordedAt } = await this.models.asKnown(
      [population.name, estimates.name],
      query,
      reply,
    );
    const { authority, population: counted = 'refugees' } = query;
    const asked = { validOn, position, population: counted, ...(authority && { authority }) };
    const report = await registrationGap(this.pool, asked);
    return { ...asked, knownAt: recordedAt, ...report };
  }
}
