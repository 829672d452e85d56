import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { flight, intend, type PlanFlight } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { Airport, Count, Country, Instant, OneOf, Text } from '../body/values.js';

const FUNDING = ['state', 'iom', 'unhcr', 'self'] as const;

export class PlanFlightBody implements Readonly<PlanFlight['data']> {
  @Text(2, 8, { example: 'KZ888' }) readonly number!: string;
  @Text(1, 80, { example: 'Kazakhstan Airlines' }) readonly carrier!: string;
  @Airport({ example: 'JED' }) readonly from!: string;
  @Airport({ example: 'ALA' }) readonly to!: string;
  @Country({ example: 'SAU' }) readonly departureCountry!: string;
  @Count(1, 1_000, { example: 184 }) readonly seats!: number;
  @Instant({ description: 'A plan, which may lie ahead.' }) readonly departsAt!: string;
  @OneOf(FUNDING) readonly funding!: (typeof FUNDING)[number];
  @Count(1993, 2100, { example: 1998, optional: true }) readonly quotaYear?: number;
}

export class PlanFlightCommand extends Command<Receipt> {
  constructor(
    readonly body: PlanFlightBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights')
export class PlanFlightController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Plan a flight.', {
    body: [
      PlanFlightBody,
      {
        number: 'KZ888',
        carrier: 'Kazakhstan Airlines',
        from: 'JED',
        to: 'ALA',
        departureCountry: 'SAU',
        seats: 184,
        departsAt: '1998-06-26T04:30:00Z',
        funding: 'state',
        quotaYear: 1998,
      },
    ],
    refusals: ['same-airport', 'airport-not-in-country'],
  })
  plan(@Body() body: PlanFlightBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new PlanFlightCommand(body, by));
  }
}

@CommandHandler(PlanFlightCommand)
export class PlanFlightHandler implements ICommandHandler<PlanFlightCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ body, by }: PlanFlightCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, uuidv7(), { type: 'PlanFlight', data: body })], by, {
      fresh: true,
    });
  }
}
