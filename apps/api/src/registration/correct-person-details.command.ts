import { isDeepStrictEqual } from 'node:util';
import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend, type PersonDetailsCorrected } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { bornIn, PersonBody } from '../body/person.body.js';
import { RecordId } from '../body/record-id.js';
import { People } from '../people.js';
import { Sealing } from '../sealing.js';

const FIELDS: PersonDetailsCorrected['data']['fields'] = ['names', 'birth', 'documents', 'contacts', 'note'];

export class CorrectPersonDetailsCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly person: PersonBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/person')
export class CorrectPersonDetailsController {
  constructor(private readonly commands: CommandBus) {}

  @Put()
  @Records('The personal details, as they are right: they take the place of those held. Sealed.', {
    body: [
      PersonBody,
      {
        names: [
          { full: 'Ахмад Зия', given: 'Ахмад', family: 'Зия', script: 'Cyrl', kind: 'as-documented' },
          { full: 'Ahmad Zia', script: 'Latn', kind: 'as-spoken' },
        ],
        birth: { date: '1961', asDocumented: '1340', calendar: 'solar-hijri' },
        documents: [{ type: 'tazkira', number: '1340-771', issuer: 'AFG' }],
      },
    ],
    refusals: ['case-unknown'],
  })
  correct(@RecordId() id: string, @Body() person: PersonBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new CorrectPersonDetailsCommand(id, person, by));
  }
}

@CommandHandler(CorrectPersonDetailsCommand)
export class CorrectPersonDetailsHandler implements ICommandHandler<CorrectPersonDetailsCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
    private readonly people: People,
  ) {}

  async execute({ id, person, by }: CorrectPersonDetailsCommand): Promise<Receipt> {
    const held = new Map(Object.entries((await this.people.details([id])).get(id) ?? {}));
    const fields = FIELDS.filter((field) => !isDeepStrictEqual(plain(person[field]), held.get(field)));
    return this.store.transact(
      [intend(caseFile, id, { type: 'CorrectPersonDetails', data: { fields, ...bornIn(person) } })],
      by,
      await this.sealing.of('PersonDetailsCorrected', id, { person }),
    );
  }
}

/** As it comes out of the vault again. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
