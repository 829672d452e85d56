import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import type { FlightState } from '#domain';
import { flightById, flights, listFlights, type Page } from '#projections';
import { AccessRecord } from '../access/access-record.js';
import { type Caller, Reader } from '../access/caller.js';
import { linkNext, ListQuery, pageOf } from '../answers/list.js';
import { AtLeastQuery, ReadModels, Reads } from '../answers/reading.js';
import { RecordId } from '../body/record-id.js';
import { Country, Instant, OneOf } from '../body/values.js';
import { Problem } from '../problem.js';

const PHASES = [
  'planned',
  'finalised',
  'boarding',
  'departed',
  'diverted',
  'arrived',
  'cancelled',
] as const satisfies FlightState['phase'][];

const FLIGHT = {
  id: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b03',
  number: 'KZ888',
  carrier: 'Kazakhstan Airlines',
  from: 'JED',
  to: 'ALA',
  departureCountry: 'SAU',
  seats: 184,
  departsAt: '1998-06-26T04:30:00.000Z',
  funding: 'state',
  quotaYear: 1998,
  phase: 'diverted',
  version: 2,
  listed: 181,
  unaccounted: 0,
  boarded: 177,
  noShow: 3,
  offloaded: 1,
  onBoard: 175,
  leftElsewhere: 2,
  arrived: 0,
  refusedArrivals: 0,
  departedAt: '1998-06-26T04:41:00.000Z',
  diversions: [{ airport: 'TAS', landedAt: '1998-06-26T09:12:00.000Z' }],
};

export class FlightsQuery extends ListQuery {
  @OneOf(PHASES, { optional: true }) readonly phase?: (typeof PHASES)[number];
  @Country({ optional: true, example: 'SAU' }) readonly departureCountry?: string;
  @Instant({ optional: true, description: 'Scheduled at this moment or later.' })
  readonly departsFrom?: string;
  @Instant({ optional: true, description: 'Scheduled before this moment.' }) readonly departsBefore?: string;
}

@ApiTags('flights')
@Controller('v1/flights')
export class FlightBoardController {
  constructor(
    private readonly pool: Pool,
    private readonly models: ReadModels,
    private readonly record: AccessRecord,
  ) {}

  @Get()
  @Reads('The flight board.', { items: [FLIGHT], next: null })
  async list(
    @Query() query: FlightsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<object>> {
    await this.models.asKnown([flights.name], query, reply);
    return linkNext(await listFlights(this.pool, query, pageOf(query)), reply);
  }

  @Get(':id')
  @Reads('One flight, and the passengers whose case refused the arrival. Who is on it: its manifest.', {
    ...FLIGHT,
    refused: [{ passenger: '0192f0c4-…02', case: '0192f0c4-…01', code: 'would-contradict' }],
  })
  async one(
    @RecordId() id: string,
    @Query() query: AtLeastQuery,
    @Reader() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    await this.models.asKnown([flights.name], query, reply);
    const found = await flightById(this.pool, id);
    if (!found)
      throw new Problem('not-found', 'There is no such flight. Check the id; /v1/flights lists them.');
    const { passengers, ...flight } = found;
    const refused = flight.refused.map(({ passenger, code }) => {
      const line = passengers.find((other) => other.passenger === passenger);
      return { passenger, case: line?.case, code };
    });
    await this.record.write(
      caller,
      'read-flight',
      refused.map(({ case: file, passenger }) => file ?? passenger),
    );
    return { ...flight, refused };
  }
}
