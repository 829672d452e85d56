import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { estimate, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { ReasonCode } from '../body/reasons.js';

export class RetractEstimateBody {
  @ReasonCode('retraction') readonly reasonCode!: string;
}

export class RetractEstimateCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RetractEstimateBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('estimates')
@Controller('v1/estimates/:id/retraction')
export class RetractEstimateController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The estimate should not have been recorded.', {
    body: [RetractEstimateBody, { reasonCode: 'misread' }],
    refusals: ['estimate-retracted'],
  })
  retract(@RecordId() id: string, @Body() body: RetractEstimateBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RetractEstimateCommand(id, body, by));
  }
}

@CommandHandler(RetractEstimateCommand)
export class RetractEstimateHandler implements ICommandHandler<RetractEstimateCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body, by }: RetractEstimateCommand): Promise<Receipt> {
    return this.store.transact([intend(estimate, id, { type: 'RetractEstimate', data: body })], by);
  }
}
