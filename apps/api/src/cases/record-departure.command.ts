import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { RecordId } from '../body/record-id.js';
import { Country, OneOf, PartialDate } from '../body/values.js';

const KINDS = ['permanent', 'temporary', 'transfer', 'deportation', 'resettlement'] as const;

export class RecordDepartureBody {
  @PartialDate({ example: '1998-11' }) readonly departedOn!: string;
  @OneOf(KINDS) readonly kind!: (typeof KINDS)[number];
  @Country({ example: 'DEU', optional: true }) readonly destination?: string;
  @PartialDate({ example: '1998-12', optional: true }) readonly returnedOn?: string;
}

export class RecordDepartureCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: RecordDepartureBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/departures')
export class RecordDepartureController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The person left the country. With returnedOn it is a whole trip.', {
    body: [
      RecordDepartureBody,
      {
        departedOn: '1998-11',
        kind: 'resettlement',
        destination: 'CAN',
      },
    ],
    refusals: ['destination-at-home', 'return-before-departure'],
  })
  record(@RecordId() id: string, @Body() body: RecordDepartureBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordDepartureCommand(id, body, by));
  }
}

@CommandHandler(RecordDepartureCommand)
export class RecordDepartureHandler implements ICommandHandler<RecordDepartureCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: RecordDepartureCommand): Promise<Receipt> {
    const data = { ...facts, today: by.today };
    return this.store.transact([intend(caseFile, id, { type: 'RecordDeparture', data })], by);
  }
}
