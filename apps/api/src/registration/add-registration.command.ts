import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { type Authority, type StatusCode, STATUSES } from '#reference';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { ObjectOf } from '../body/nested.js';
import { bornIn, PersonBody } from '../body/person.body.js';
import { PlaceBody } from '../body/place.body.js';
import { RecordId } from '../body/record-id.js';
import {
  Area,
  AuthorityCode,
  BirthYear,
  Country,
  LegalBasis,
  OneOf,
  PartialDate,
  SexCode,
} from '../body/values.js';
import { Sealing } from '../sealing.js';

export class AddRegistrationBody {
  @AuthorityCode() readonly authority!: Authority;
  @OneOf(STATUSES, { example: 'asylum-seeker' }) readonly status!: StatusCode;
  @LegalBasis() readonly legalBasis!: string;
  @PartialDate({ example: '1998-06-26' }) readonly registeredOn!: string;
  @Country({ optional: true }) readonly citizenship?: string;
  @Country({ example: 'IRN', optional: true }) readonly habitualResidence?: string;
  @ObjectOf(PlaceBody, { optional: true }) readonly placeFled?: PlaceBody;
  @PartialDate({ example: '1998-06-20', optional: true }) readonly arrivedOn?: string;
  @Area({ optional: true }) readonly region?: string;
  @SexCode({ optional: true }) readonly sex?: 'F' | 'M' | 'U';
  @BirthYear({ optional: true }) readonly birthYear?: number;
  @ObjectOf(PersonBody, { optional: true }) readonly person?: PersonBody;
}

export class AddRegistrationCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: AddRegistrationBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/registrations')
export class AddRegistrationController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records(
    'Register someone who was met before, or with another authority. Facts left out are taken from the file.',
    {
      body: [
        AddRegistrationBody,
        {
          authority: 'UNHCR',
          status: 'mandate-refugee',
          legalBasis: 'UNHCR-1950-STAT',
          registeredOn: '1998-02-10',
          citizenship: 'RUS',
          region: 'KZ-75',
        },
      ],
      refusals: ['already-registered-with', 'details-missing', 'differs-from-file'],
    },
  )
  add(@RecordId() id: string, @Body() body: AddRegistrationBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new AddRegistrationCommand(id, body, by));
  }
}

@CommandHandler(AddRegistrationCommand)
export class AddRegistrationHandler implements ICommandHandler<AddRegistrationCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
  ) {}

  async execute({ id, body: { person, ...facts }, by }: AddRegistrationCommand): Promise<Receipt> {
    const data = { ...facts, ...bornIn(person), today: by.today };
    return this.store.transact(
      [intend(caseFile, id, { type: 'AddRegistration', data })],
      by,
      await this.sealing.of('MigrantRegistered', id, { person }),
    );
  }
}
