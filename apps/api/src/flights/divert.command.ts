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
import { Airport, Instant } from '../body/values.js';

export class DivertBody {
  @Airport({ example: 'TAS' }) readonly airport!: string;
  @Instant() readonly landedAt!: string;
  @Passengers(0, 500) readonly left!: string[];
}

export class DivertCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: DivertBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/diversion')
export class DivertController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('The flight landed elsewhere than planned; `left` are those who left it there for good.', {
    body: [
      DivertBody,
      {
        airport: 'TAS',
        landedAt: '1998-06-26T09:00:00Z',
        left: [EXAMPLE_IDS.passenger],
      },
    ],
    refusals: ['left-unknown', 'airport-is-destination'],
  })
  divert(@RecordId() id: string, @Body() body: DivertBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new DivertCommand(id, body, by));
  }
}

@CommandHandler(DivertCommand)
export class DivertHandler implements ICommandHandler<DivertCommand> {
  constructor(private readonly store: EventStore) {}

  execute({ id, body: { ...facts }, by }: DivertCommand): Promise<Receipt> {
    return this.store.transact(
      [intend(flight, id, { type: 'Divert', data: { ...facts, now: by.now } })],
      by,
      {
        follow: manifestMoves(id),
      },
    );
  }
}
