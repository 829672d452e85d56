import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { Airport, Count, Instant } from '../body/values.js';

export class ArriveBody {
  @Airport() readonly airport!: string;
  @Instant() readonly arrivedAt!: string;
  @Count(0, 1_000, { example: 175 }) readonly onBoard!: number;
}

export class ArriveCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: ArriveBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/arrival')
export class ArriveController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The flight arrived. `onBoard` must be the number of those still on board.', {
    body: [
      ArriveBody,
      {
        airport: 'ALA',
        arrivedAt: '1998-06-26T17:00:00+06:00',
        onBoard: 1,
      },
    ],
    refusals: ['boarded-mismatch', 'arrival-before-departure'],
  })
  arrive(@RecordId() id: string, @Body() body: ArriveBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new ArriveCommand(id, body, by));
  }
}

@CommandHandler(ArriveCommand)
export class ArriveHandler implements ICommandHandler<ArriveCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: ArriveCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'Arrive', data: { ...facts, now: by.now } })], by);
  }
}
