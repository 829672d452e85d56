import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { cases, type CaseSummary, listCases, type Page } from '#projections';
import { type Authority, type Population, POPULATIONS, type StatusCode, STATUSES } from '#reference';
import { AccessRecord } from '../access/access-record.js';
import { type Caller, Reader } from '../access/caller.js';
import { linkNext, ListQuery, pageOf } from '../answers/list.js';
import { ReadModels, Reads } from '../answers/reading.js';
import { Area, AuthorityCode, Country, OneOf } from '../body/values.js';

const REGISTRATIONS = ['none', 'encountered', 'registered'] as const;

export class CasesQuery extends ListQuery {
  @OneOf(['true', 'false'], { optional: true, description: 'Whether the person is in the country now.' })
  readonly present?: 'true' | 'false';
  @OneOf(['true', 'false'], {
    optional: true,
    description: 'Whether a registration was more than 5 days late.',
  })
  readonly late?: 'true' | 'false';
  @OneOf(REGISTRATIONS, { optional: true }) readonly registration?: (typeof REGISTRATIONS)[number];
  @AuthorityCode({ optional: true }) readonly authority?: Authority;
  @OneOf(STATUSES, { optional: true }) readonly status?: StatusCode;
  @OneOf(POPULATIONS, { optional: true }) readonly population?: Population;
  @Country({ optional: true }) readonly citizenship?: string;
  @Country({ optional: true, description: 'The country fled.' }) readonly placeFled?: string;
  @Area({ optional: true, example: 'RU-CE', description: 'The area fled.' }) readonly areaFled?: string;
  @Area({ optional: true }) readonly region?: string;
}

@ApiTags('cases')
@Controller('v1/cases')
export class ListCasesController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
    private readonly record: AccessRecord,
  ) {}

  @Get()
  @Reads('The files of your office (of the nation, for an auditor), without names.', {
    items: [
      {
        id: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01',
        version: 2,
        position: 4711,
        office: 'Almaty',
        present: true,
        registration: 'registered',
        authorities: ['AMD'],
        status: 'asylum-seeker',
        population: 'refugees',
        citizenship: 'AFG',
        placeFled: { country: 'AFG' },
        region: 'KZ-75',
        sex: 'M',
        birthYear: 1961,
        registeredOn: '1998-06-26',
        arrivedOn: '1998-06-20',
        late: true,
        registeredBeforeArrival: false,
        flight: null,
      },
    ],
    next: null,
  })
  async list(
    @Query() query: CasesQuery,
    @Reader() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<CaseSummary>> {
    await this.models.asKnown([cases.name], query, reply);
    const { present, late, placeFled: country, areaFled: area, ...filters } = query;
    const page = await listCases(
      this.pool,
      {
        ...filters,
        office: caller.scope === 'office' ? caller.office : undefined,
        present: present && present === 'true',
        late: late && late === 'true',
        placeFled: { ...(country && { country }), ...(area && { area }) },
      },
      pageOf(query),
    );
    await this.record.write(
      caller,
      'list-cases',
      page.items.map(({ id }) => id),
    );
    return linkNext(page, reply);
  }
}
