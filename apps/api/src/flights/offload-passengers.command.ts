import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend, manifestMoves } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { EXAMPLE_IDS } from '../body/examples.js';
import { Passengers } from '../body/nested.js';
import { RecordId } from '../body/record-id.js';
import { ReasonCode } from '../body/reasons.js';

export class OffloadPassengersBody {
  @Passengers(1, 500) readonly passengers!: string[];
  @ReasonCode('offload', { optional: true }) readonly reasonCode?: string;
}

export class OffloadPassengersCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: OffloadPassengersBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/offloads')
export class OffloadPassengersController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Passengers came and were not carried.', {
    body: [OffloadPassengersBody, { passengers: [EXAMPLE_IDS.passenger], reasonCode: 'unfit-to-fly' }],
    refusals: ['manifest-not-finalised', 'already-settled'],
  })
  offload(
    @RecordId() id: string,
    @Body() body: OffloadPassengersBody,
    @By() by: Requester,
  ): Promise<Receipt> {
    return this.commands.execute(new OffloadPassengersCommand(id, body, by));
  }
}

@CommandHandler(OffloadPassengersCommand)
export class OffloadPassengersHandler implements ICommandHandler<OffloadPassengersCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body, by }: OffloadPassengersCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'OffloadPassengers', data: body })], by, {
      follow: manifestMoves(id),
    });
  }
}
