import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { narrate } from '#domain';
import { CaseFiles } from '../access/case-files.js';
import { type Caller, Reader } from '../access/caller.js';
import { LogPosition } from '../answers/log-position.js';
import { Reads } from '../answers/reading.js';
import { KnownAt } from '../body/query.js';
import { RecordId } from '../body/record-id.js';
import { People } from '../people.js';

export class HistoryQuery {
  @KnownAt({ optional: true, description: 'Only what was recorded by then.' }) readonly knownAt?: string;
}

@ApiTags('cases')
@Controller('v1/cases/:id/history')
export class CaseHistoryController {
  constructor(
    private readonly files: CaseFiles,
    private readonly people: People,
    private readonly log: LogPosition,
  ) {}

  @Get()
  @Reads(
    'What was recorded in a file, in plain words and in that order. Reasons only for those who work with it.',
    {
      items: [
        {
          version: 1,
          position: 4711,
          type: 'MigrantRegistered',
          occurredOn: '1998-06-26',
          recordedAt: '1998-06-26T04:30:00.120Z',
          actor: 'aigul',
          office: 'Almaty',
          text: 'Registered with AMD as asylum-seeker.',
        },
      ],
    },
  )
  async read(
    @RecordId() id: string,
    @Query() { knownAt }: HistoryQuery,
    @Reader() caller: Caller,
  ): Promise<object> {
    const { events } = await this.files.open(id, caller, 'read-history', await this.log.of(knownAt));
    const sealed = caller.seesPersonalData ? events : [];
    const reasons = await this.people.open(
      sealed.flatMap((one) => (one.sealed ? [{ id: String(one.version), sealed: one.sealed }] : [])),
      'reason',
    );
    return {
      items: events.map(({ version, position, occurredOn, recordedAt, meta, event }) => ({
        version,
        position,
        type: event.type,
        occurredOn,
        recordedAt,
        actor: meta.actor,
        office: meta.office,
        text: narrate(event),
        reason: reasons.get(String(version)),
      })),
    };
  }
}
