import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { Count, Instant } from '../body/values.js';

export class DepartBody {
  @Instant() readonly departedAt!: string;
  @Count(0, 1_000, { example: 177 }) readonly onBoard!: number;
}

export class DepartCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: DepartBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/departure')
export class DepartController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The flight departed. `onBoard` must be the number of those who boarded.', {
    body: [DepartBody, { departedAt: '1998-06-26T04:41:00Z', onBoard: 2 }],
    refusals: ['boarded-mismatch', 'passengers-unaccounted'],
  })
  depart(@RecordId() id: string, @Body() body: DepartBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new DepartCommand(id, body, by));
  }
}

@CommandHandler(DepartCommand)
export class DepartHandler implements ICommandHandler<DepartCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: DepartCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'Depart', data: { ...facts, now: by.now } })], by);
  }
}
