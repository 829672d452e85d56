import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { PartialDate } from '../body/values.js';

export class RecordReturnBody {
  @PartialDate({ example: '1999-02' }) readonly returnedOn!: string;
}

export class RecordReturnCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RecordReturnBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/returns')
export class RecordReturnController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The person came back to the country.', {
    body: [RecordReturnBody, { returnedOn: '1999-02' }],
    refusals: ['return-before-departure', 'would-contradict'],
  })
  record(@RecordId() id: string, @Body() body: RecordReturnBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordReturnCommand(id, body, by));
  }
}

@CommandHandler(RecordReturnCommand)
export class RecordReturnHandler implements ICommandHandler<RecordReturnCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: RecordReturnCommand): Promise<Receipt> {
    const data = { ...facts, today: by.today };
    return this.store.transact([intend(caseFile, id, { type: 'RecordReturn', data })], by);
  }
}
