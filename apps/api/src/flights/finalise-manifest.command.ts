import { Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { flight, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { NoBody } from '../body/validation.js';

export class FinaliseManifestCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/manifest')
export class FinaliseManifestController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Fix the list as version 1. Every later change of it makes the next version.', {
    refusals: ['empty-manifest', 'flight-cancelled'],
  })
  finalise(@RecordId() id: string, @NoBody() _: unknown, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new FinaliseManifestCommand(id, by));
  }
}

@CommandHandler(FinaliseManifestCommand)
export class FinaliseManifestHandler implements ICommandHandler<FinaliseManifestCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, by }: FinaliseManifestCommand): Promise<Receipt> {
    return this.store.transact([intend(flight, id, { type: 'FinaliseManifest', data: {} })], by);
  }
}
