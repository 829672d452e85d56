import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { estimate, intend, Refused } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { EXAMPLE_IDS } from '../body/examples.js';
import { RecordId } from '../body/record-id.js';
import { Id } from '../body/values.js';

export class SupersedeEstimateBody {
  @Id({ example: EXAMPLE_IDS.estimate, description: 'The newer estimate.' }) readonly by!: string;
}

export class SupersedeEstimateCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: SupersedeEstimateBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('estimates')
@Controller('v1/estimates/:id/supersession')
export class SupersedeEstimateController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('A newer estimate stands in its place; the old one stays readable.', {
    body: [SupersedeEstimateBody, { by: EXAMPLE_IDS.estimate }],
    refusals: ['estimate-unknown', 'superseded-by-itself', 'estimate-retracted'],
  })
  supersede(
    @RecordId() id: string,
    @Body() body: SupersedeEstimateBody,
    @By() by: Requester,
  ): Promise<Receipt> {
    return this.commands.execute(new SupersedeEstimateCommand(id, body, by));
  }
}

@CommandHandler(SupersedeEstimateCommand)
export class SupersedeEstimateHandler implements ICommandHandler<SupersedeEstimateCommand> {
  constructor(private readonly store: EventStore) {}

  async execute({ id, body, by }: SupersedeEstimateCommand): Promise<Receipt> {
    // An estimate is never removed, so one that is there now will be there when this is written.
    if ((await this.store.read(`estimate-${body.by}`)).length === 0) {
      throw new Refused('estimate-unknown', `There is no estimate ${body.by}. Check the id.`, {
        pointer: '/by',
      });
    }
    const data = { estimate: id, by: body.by };
    return this.store.transact([intend(estimate, id, { type: 'SupersedeEstimate', data })], by);
  }
}
