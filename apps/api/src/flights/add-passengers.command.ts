import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { flight, intend, type KoshEvent, manifestMoves } from '#domain';
import { EventStore, type Receipt, type SealedRow } from '#event-store';
import { Vault } from '#vault';
import { By, type Requester } from '../access/requester.js';
import { ReceiptAnswer } from '../answers/receipt.js';
import { Records } from '../answers/records.js';
import { EXAMPLE_IDS } from '../body/examples.js';
import { ListOf } from '../body/nested.js';
import { RecordId } from '../body/record-id.js';
import { invalid } from '../body/validation.js';
import { Id, Text } from '../body/values.js';

/** Someone with a file, or known by a name on the list only: one of the two. */
export class PassengerBody {
  @Id({ optional: true, description: 'The file of the person.' }) readonly case?: string;
  @Text(1, 200, { example: 'Zia, Ahmad', optional: true, description: 'Sealed.' }) readonly listName?: string;
}

export class AddPassengersBody {
  @ListOf(PassengerBody, 1, 500) readonly passengers!: PassengerBody[];
}

class AddedAnswer {
  @ApiProperty({ example: EXAMPLE_IDS.passenger }) readonly passenger!: string;
}

export class PassengersAnswer extends ReceiptAnswer {
  @ApiProperty({ type: [AddedAnswer], description: 'In the order of the request.' })
  readonly passengers!: readonly AddedAnswer[];
}

export class AddPassengersCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: AddPassengersBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('flights')
@Controller('v1/flights/:id/passengers')
export class AddPassengersController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Put passengers on the list, until departure.', {
    body: [AddPassengersBody, { passengers: [{ case: EXAMPLE_IDS.case }, { listName: 'Zia, Karim' }] }],
    answer: [PassengersAnswer, (events) => ({ passengers: events.flatMap(added) })],
    refusals: ['on-another-manifest', 'seats-exceeded', 'passenger-listed-twice'],
  })
  add(@RecordId() id: string, @Body() body: AddPassengersBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new AddPassengersCommand(id, body, by));
  }
}

@CommandHandler(AddPassengersCommand)
export class AddPassengersHandler implements ICommandHandler<AddPassengersCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly vault: Vault,
  ) {}

  async execute({ id, body, by }: AddPassengersCommand): Promise<Receipt> {
    mustBeOneOfTwo(body);
    const sealed = new Map<string, SealedRow>();
    const passengers = [];
    for (const { case: file, listName } of body.passengers) {
      const passenger = uuidv7();
      if (listName) sealed.set(passenger, await this.vault.seal(passenger, { listName }, { fresh: true }));
      passengers.push(file ? { passenger, case: file } : { passenger });
    }
    return this.store.transact([intend(flight, id, { type: 'AddPassengers', data: { passengers } })], by, {
      follow: manifestMoves(id),
      seal: (event) => (event.type === 'PassengerAdded' ? sealed.get(event.data.passenger) : undefined),
    });
  }
}

function added(event: KoshEvent): AddedAnswer[] {
  return event.type === 'PassengerAdded' ? [{ passenger: event.data.passenger }] : [];
}

function mustBeOneOfTwo({ passengers }: AddPassengersBody): void {
  const faults = passengers.flatMap(({ case: file, listName }, i) =>
    (file === undefined) === (listName === undefined)
      ? [
          {
            pointer: `#/passengers/${i}`,
            code: 'case-or-list-name',
            detail: 'Name a case or a listName, one of the two.',
          },
        ]
      : [],
  );
  if (faults.length > 0) throw invalid(faults);
}
