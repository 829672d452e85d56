import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { narrate } from '#domain';
import { type Page, PAGE_MAX } from '#projections';
import { CaseFiles } from '../access/case-files.js';
import { type Caller, Reader } from '../access/caller.js';
import { Limit, linkNext } from '../answers/list.js';
import { LogPosition } from '../answers/log-position.js';
import { Reads } from '../answers/reading.js';
import { KnownAt, Whole } from '../body/query.js';
import { RecordId } from '../body/record-id.js';
import { People } from '../people.js';

/** As many as the log's own column holds. */
const VERSION_MAX = 2_147_483_647;

export class HistoryQuery {
  @KnownAt({ optional: true, description: 'Only what was recorded by then.' }) readonly knownAt?: string;
  @Limit() readonly limit?: string;
  @Whole(0, VERSION_MAX, { optional: true, example: '200', description: '`next` of the page before.' })
  readonly after?: string;
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
      next: null,
    },
  )
  async read(
    @RecordId() id: string,
    @Query() { knownAt, limit, after = '0' }: HistoryQuery,
    @Reader() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<object>> {
    const upTo = await this.log.of(knownAt);
    const file = await this.files.open(id, caller, 'read-history', upTo);
    void reply.header('Kosh-Position', String(upTo));
    const rest = file.events.filter(({ version }) => version > Number(after));
    const events = rest.slice(0, Number(limit ?? PAGE_MAX));
    const sealed = file.showsPersonalData ? events : [];
    const reasons = await this.people.open(
      sealed.flatMap((one) => (one.sealed ? [{ id: String(one.version), sealed: one.sealed }] : [])),
      'reason',
    );
    const items = events.map(({ version, position, occurredOn, recordedAt, meta, event }) => ({
      version,
      position,
      type: event.type,
      occurredOn,
      recordedAt,
      actor: meta.actor,
      office: meta.office,
      text: narrate(event),
      reason: reasons.get(String(version)),
    }));
    const next = rest.length > events.length ? String(events.at(-1)?.version) : null;
    return linkNext({ items, next }, reply);
  }
}
