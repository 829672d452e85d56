import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { caseFile, intend } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { type Authority, type StatusCode, STATUSES } from '#reference';
import { By, type Requester } from '../access/requester.js';
import { Records } from '../answers/records.js';
import { Reason, ReasonCode } from '../body/reasons.js';
import { RecordId } from '../body/record-id.js';
import { AuthorityCode, LegalBasis, OneOf, PartialDate } from '../body/values.js';
import { Sealing } from '../sealing.js';

export class ChangeStatusBody {
  @OneOf(STATUSES, { example: 'refugee' }) readonly to!: StatusCode;
  @LegalBasis() readonly legalBasis!: string;
  @AuthorityCode() readonly issuer!: Authority;
  @PartialDate({ example: '1998-06-26' }) readonly effectiveOn!: string;
  @ReasonCode('status', { optional: true }) readonly reasonCode?: string;
  @Reason() readonly reason?: string;
}

export class ChangeStatusCommand extends Command<Receipt> {
  constructor(
    readonly id: string,
    readonly body: ChangeStatusBody,
    readonly by: Requester,
  ) {
    super();
  }
}

@ApiTags('cases')
@Controller('v1/cases/:id/status-changes')
export class ChangeStatusController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Records('A decision changed the status. The law is judged on the date of the decision.', {
    body: [
      ChangeStatusBody,
      {
        to: 'refugee',
        legalBasis: 'KZ-1998-RSD',
        issuer: 'AMD',
        effectiveOn: '1998-09-01',
        reasonCode: 'first-instance',
      },
    ],
    refusals: ['status-not-allowed', 'status-not-offered', 'issuer-not-entitled'],
  })
  change(@RecordId() id: string, @Body() body: ChangeStatusBody, @By() by: Requester): Promise<Receipt> {
    return this.commands.execute(new ChangeStatusCommand(id, body, by));
  }
}

@CommandHandler(ChangeStatusCommand)
export class ChangeStatusHandler implements ICommandHandler<ChangeStatusCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly sealing: Sealing,
  ) {}

  async execute({ id, body: { reason, ...facts }, by }: ChangeStatusCommand): Promise<Receipt> {
    return this.store.transact(
      [intend(caseFile, id, { type: 'ChangeStatus', data: { ...facts, today: by.today } })],
      by,
      await this.sealing.of('StatusChanged', id, { reason }),
    );
  }
}
