import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { ObjectOf } from '../body/nested.js';
import { bornIn, PersonBody } from '../body/person.body.js';
import { PlaceBody } from '../body/place.body.js';
import { BirthYear, Country, PartialDate, SexCode } from '../body/values.js';
import { Sealing } from '../sealing.js';

export class RecordEncounterBody {
  @PartialDate({ example: '1997-11-03' }) readonly metOn!: string;
  @ObjectOf(PlaceBody, { example: { country: 'KAZ', area: 'KZ-75' } }) readonly place!: PlaceBody;
  @ObjectOf(PlaceBody, { optional: true }) readonly placeFled?: PlaceBody;
  @Country({ optional: true }) readonly citizenship?: string;
  @SexCode({ optional: true }) readonly sex?: 'F' | 'M' | 'U';
  @BirthYear({ optional: true }) readonly birthYear?: number;
  @ObjectOf(PersonBody, { optional: true }) readonly person?: PersonBody;
}

export class RecordEncounterCommand extends Command<Receipt> {
  constructor(
    readonly body: RecordEncounterBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/encounters')
export class RecordEncounterController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('Someone was met who is not registered: a file is opened.', {
    body: [
      RecordEncounterBody,
      {
        metOn: '1997-11-03',
        place: { country: 'KAZ', area: 'KZ-75' },
        placeFled: { country: 'RUS', area: 'RU-CE' },
        sex: 'F',
      },
    ],
    refusals: ['date-in-future', 'area-not-in-country'],
  })
  record(@Body() body: RecordEncounterBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new RecordEncounterCommand(body, by));
  }
}

@CommandHandler(RecordEncounterCommand)
export class RecordEncounterHandler implements ICommandHandler<RecordEncounterCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
  ) {}

  async execute({ body: { person, ...facts }, by }: RecordEncounterCommand): Promise<Receipt> {
    const id = uuidv7();
    const data = { ...facts, ...bornIn(person), office: by.office, today: by.today };
    return this.store.transact(
      [intend(caseFile, id, { type: 'RecordEncounter', data })],
      by,
      await this.sealing.of('MigrantEncountered', id, { person }, { fresh: true }),
    );
  }
}
