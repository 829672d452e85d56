import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend, manifestMoves } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { EXAMPLE_IDS } from '../body/examples.js';
import { Passengers } from '../body/nested.js';
import { RecordId } from '../body/record-id.js';
import { ReasonCode } from '../body/reasons.js';

export class RecordNoShowsBody {
  @Passengers(1, 500) readonly passengers!: string[];
  @ReasonCode('no-show', { optional: true }) readonly reasonCode?: string;
}

export class RecordNoShowsCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RecordNoShowsBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/no-shows')
export class RecordNoShowsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Passengers on the manifest did not come.', {
    body: [RecordNoShowsBody, { passengers: [EXAMPLE_IDS.passenger], reasonCode: 'ill' }],
    refusals: ['manifest-not-finalised', 'already-settled'],
  })
  record(@RecordId() id: string, @Body() body: RecordNoShowsBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordNoShowsCommand(id, body, by));
  }
}

@CommandHandler(RecordNoShowsCommand)
export class RecordNoShowsHandler implements ICommandHandler<RecordNoShowsCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body, by }: RecordNoShowsCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'RecordNoShows', data: body })], by, {
      follow: manifestMoves(id),
    });
  }
}
