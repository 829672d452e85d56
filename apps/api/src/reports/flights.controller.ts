import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { flightReport, flights } from '#projections';
import { KnownAtQuery, ReadModels, Reads } from '../answers/reading.js';
import { invalid } from '../body/validation.js';
import { WholeDay } from '../body/values.js';
import { Settings } from '../settings.js';

export class FlightReportQuery extends KnownAtQuery {
  @WholeDay({ example: '1998-01-01', description: 'First day of arrival, counted.' }) readonly from!: string;
  @WholeDay({ example: '1998-12-31', description: 'Last day of arrival, counted.' }) readonly to!: string;
}

@ApiTags('reports')
@Controller('v1/reports/flights')
export class FlightReportController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
    private readonly settings: Settings,
  ) {}

  @Get()
  @Reads('Who landed by flight in a period: by country of departure and place fled.', {
    from: '1998-01-01',
    to: '1998-12-31',
    knownAt: '1999-01-04T05:00:00.000Z',
    position: 4711,
    unit: 'persons',
    rows: [{ departureCountry: 'IRN', placeFled: { country: 'AFG' }, flights: 20, persons: 3_585 }],
    total: { flights: 20, persons: 3_585 },
  })
  async read(
    @Query() query: FlightReportQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { from, to } = query;
    if (from > to)
      throw invalid([{ pointer: '?to', code: 'period-reversed', detail: `${to} is before ${from}.` }]);
    const { position, recordedAt } = await this.models.asKnown([flights.name], query, reply);
    const { timeZone } = this.settings;
    const report = await flightReport(this.pool, { from, to, timeZone, position });
    return { from, to, knownAt: recordedAt, position, unit: 'persons', ...report };
  }
}
