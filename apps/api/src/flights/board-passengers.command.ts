import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { EXAMPLE_IDS } from '../body/examples.js';
import { Passengers } from '../body/nested.js';
import { RecordId } from '../body/record-id.js';

export class BoardPassengersBody {
  @Passengers(1, 500) readonly passengers!: string[];
}

export class BoardPassengersCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: BoardPassengersBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/boardings')
export class BoardPassengersController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Passengers went on board.', {
    body: [BoardPassengersBody, { passengers: [EXAMPLE_IDS.passenger] }],
    refusals: ['manifest-not-finalised', 'already-settled'],
  })
  board(@RecordId() id: string, @Body() body: BoardPassengersBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new BoardPassengersCommand(id, body, by));
  }
}

@CommandHandler(BoardPassengersCommand)
export class BoardPassengersHandler implements ICommandHandler<BoardPassengersCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body, by }: BoardPassengersCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'BoardPassengers', data: body })], by);
  }
}
