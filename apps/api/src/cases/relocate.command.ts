import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { Area, PartialDate } from '../body/values.js';

export class RelocateBody {
  @Area({ example: 'KZ-19' }) readonly region!: string;
  @PartialDate({ example: '1998-09-01' }) readonly relocatedOn!: string;
}

export class RelocateCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RelocateBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/relocations')
export class RelocateController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The person moved to another region.', {
    body: [RelocateBody, { region: 'KZ-19', relocatedOn: '1998-10-01' }],
    refusals: ['region-not-valid-on-date', 'would-contradict'],
  })
  relocate(@RecordId() id: string, @Body() body: RelocateBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RelocateCommand(id, body, by));
  }
}

@CommandHandler(RelocateCommand)
export class RelocateHandler implements ICommandHandler<RelocateCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: RelocateCommand): Promise<Receipt> {
    const data = { ...facts, today: by.today };
    return this.store.transact([intend(caseFile, id, { type: 'Relocate', data })], by);
  }
}
