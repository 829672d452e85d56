import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend, manifestMoves } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { ReasonCode } from '../body/reasons.js';

export class CancelFlightBody {
  @ReasonCode('cancellation') readonly reasonCode!: string;
}

export class CancelFlightCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: CancelFlightBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/cancellation')
export class CancelFlightController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The flight will not go. Everyone on its list is free again.', {
    body: [CancelFlightBody, { reasonCode: 'weather' }],
    refusals: ['flight-departed', 'flight-arrived'],
  })
  cancel(@RecordId() id: string, @Body() body: CancelFlightBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new CancelFlightCommand(id, body, by));
  }
}

@CommandHandler(CancelFlightCommand)
export class CancelFlightHandler implements ICommandHandler<CancelFlightCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body, by }: CancelFlightCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'CancelFlight', data: body })], by, {
      follow: manifestMoves(id),
    });
  }
}
