import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { PartialDate } from '../body/values.js';

export class RecordDeathBody {
  @PartialDate({ example: '1999-03-14' }) readonly diedOn!: string;
}

export class RecordDeathCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RecordDeathBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/deaths')
export class RecordDeathController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The person died.', {
    body: [RecordDeathBody, { diedOn: '1999-12-31' }],
    refusals: ['date-in-future', 'would-contradict'],
  })
  record(@RecordId() id: string, @Body() body: RecordDeathBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordDeathCommand(id, body, by));
  }
}

@CommandHandler(RecordDeathCommand)
export class RecordDeathHandler implements ICommandHandler<RecordDeathCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: RecordDeathCommand): Promise<Receipt> {
    const data = { ...facts, today: by.today };
    return this.store.transact([intend(caseFile, id, { type: 'RecordDeath', data })], by);
  }
}
