import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { type Dimension, DIMENSIONS, population, populationReport } from '#projections';
import { AUTHORITIES, type Authority, POPULATIONS } from '#reference';
import { type Caller, Reader } from '../access/caller.js';
import { AsOfQuery, dayOf } from '../answers/as-of.js';
import { ReadModels, Reads } from '../answers/reading.js';
import { Codes } from '../body/query.js';
import { invalid } from '../body/validation.js';
import { OneOf } from '../body/values.js';

/** Another word for a dimension. */
const WORDS: Readonly<Record<string, string>> = { origin: 'placeFled' };

export class PopulationQuery extends AsOfQuery {
  @Codes([...DIMENSIONS, ...Object.keys(WORDS)], {
    optional: true,
    example: 'placeFled,registration',
    description: 'In this order; `origin` is another word for placeFled.',
  })
  readonly by?: string;
  @Codes(POPULATIONS, {
    optional: true,
    example: 'refugees,returnees',
    description: 'Only these; all unless told.',
  })
  readonly population?: string;
  @OneOf(AUTHORITIES, { optional: true, description: 'Only who is registered with it.' })
  readonly authority?: Authority;
}

@ApiTags('reports')
@Controller('v1/reports/population')
export class PopulationController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
  ) {}

  @Get()
  @Reads('How many people were present on a day, by what you ask for.', {
    validOn: '1997-12-31',
    knownAt: '1998-01-15T05:00:00.000Z',
    position: 4711,
    rows: [
      { placeFled: { country: 'AFG' }, registration: 'registered', count: 1_650 },
      { placeFled: { country: 'RUS', area: 'RU-CE' }, registration: 'registered', count: 500 },
    ],
    total: 2_150,
    additive: true,
    unit: 'persons',
  })
  async read(
    @Query() query: PopulationQuery,
    @Reader() { today }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const validOn = dayOf(query, today);
    const { position, recordedAt } = await this.models.asKnown([population.name], query, reply);
    const by = dimensionsOf(query.by?.split(',') ?? []);
    const only = query.population?.split(',');
    const report = await populationReport(this.pool, {
      by,
      validOn,
      position,
      ...(only && { population: POPULATIONS.filter((one) => only.includes(one)) }),
      ...(query.authority && { authority: query.authority }),
    });
    return { validOn, knownAt: recordedAt, position, ...report };
  }
}

/** In the order asked. Throws where two words ask for the same one. */
function dimensionsOf(words: readonly string[]): readonly Dimension[] {
  const asked = words.map((word) => WORDS[word] ?? word);
  if (new Set(asked).size < asked.length) {
    throw invalid([
      { pointer: '?by', code: 'repeated-item', detail: 'origin is another word for placeFled.' },
    ]);
  }
  return asked.flatMap((word) => DIMENSIONS.filter((dimension) => dimension === word));
}
