import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { type Authority, type StatusCode, STATUSES } from '#reference';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { ObjectOf } from '../body/nested.js';
import { bornIn, PersonBody } from '../body/person.body.js';
import { PlaceBody } from '../body/place.body.js';
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

export class RegisterMigrantBody {
  @ObjectOf(PersonBody) readonly person!: PersonBody;
  @SexCode() readonly sex!: 'F' | 'M' | 'U';
  @BirthYear({ optional: true }) readonly birthYear?: number;
  @Country() readonly citizenship!: string;
  @Country({ example: 'IRN', optional: true }) readonly habitualResidence?: string;
  @ObjectOf(PlaceBody) readonly placeFled!: PlaceBody;
  @PartialDate({ example: '1998-06-20', optional: true }) readonly arrivedOn?: string;
  @PartialDate({ example: '1998-06-26' }) readonly registeredOn!: string;
  @AuthorityCode() readonly authority!: Authority;
  @OneOf(STATUSES, { example: 'asylum-seeker' }) readonly status!: StatusCode;
  @LegalBasis() readonly legalBasis!: string;
  @Area() readonly region!: string;
}

const AHMAD: RegisterMigrantBody = {
  person: {
    names: [{ full: 'Ахмад Зия', script: 'Cyrl', kind: 'as-documented' }],
    birth: { date: '1961' },
  },
  sex: 'M',
  birthYear: 1961,
  citizenship: 'AFG',
  placeFled: { country: 'AFG' },
  arrivedOn: '1998-06-20',
  registeredOn: '1998-06-26',
  authority: 'AMD',
  status: 'asylum-seeker',
  legalBasis: 'KZ-1998-RSD',
  region: 'KZ-75',
};

export class RegisterMigrantCommand extends Command<Receipt> {
  constructor(
    readonly body: RegisterMigrantBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases')
export class RegisterMigrantController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Register a person who has no file yet.', {
    body: [RegisterMigrantBody, AHMAD],
    refusals: ['arrival-after-registration', 'framework-not-in-force', 'nationality-excluded'],
  })
  register(@Body() body: RegisterMigrantBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RegisterMigrantCommand(body, by));
  }
}

@CommandHandler(RegisterMigrantCommand)
export class RegisterMigrantHandler implements ICommandHandler<RegisterMigrantCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
  ) {}

  async execute({ body: { person, ...facts }, by }: RegisterMigrantCommand): Promise<Receipt> {
    const id = uuidv7();
    return this.store.transact(
      [
        intend(caseFile, id, {
          type: 'RegisterMigrant',
          data: { ...facts, ...bornIn(person), office: by.office, today: by.today },
        }),
      ],
      by,
      await this.sealing.of('MigrantRegistered', id, { person }, { fresh: true }),
    );
  }
}
