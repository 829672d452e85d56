import { Controller, Delete } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend, manifestMoves } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { NoBody } from '../body/validation.js';

export class RemovePassengerCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly passenger: string,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/passengers/:passenger')
export class RemovePassengerController {
  constructor(private readonly commands: CommandBus) {}

  @Delete()
  @Records('Take a passenger off the list, before departure.', {
    refusals: ['flight-departed', 'passenger-unknown'],
  })
  remove(
    @RecordId() id: string,
    @RecordId('passenger') passenger: string,
    @NoBody() _: unknown,
    @By() by: Requester,
  ): Promise<Receipt> {
    return this.commands.execute(new RemovePassengerCommand(id, passenger, by));
  }
}

@CommandHandler(RemovePassengerCommand)
export class RemovePassengerHandler implements ICommandHandler<RemovePassengerCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, passenger, by }: RemovePassengerCommand): Promise<Receipt> {
    const command = intend(flight, id, { type: 'RemovePassenger', data: { passenger } });
    return this.store.transact([command], by, { follow: manifestMoves(id) });
  }
}
