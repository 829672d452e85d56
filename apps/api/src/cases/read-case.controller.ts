import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { flagsOf, stretchOn } from '#domain';
import { CaseFiles } from '../access/case-files.js';
import { type Caller, Reader } from '../access/caller.js';
import { AsOfQuery, dayOf } from '../answers/as-of.js';
import { LogPosition } from '../answers/log-position.js';
import { Reads } from '../answers/reading.js';
import { RecordId } from '../body/record-id.js';
import { People } from '../people.js';

@ApiTags('cases')
@Controller('v1/cases/:id')
export class ReadCaseController {
  constructor(
    private readonly files: CaseFiles,
    private readonly people: People,
    private readonly log: LogPosition,
  ) {}

  @Get()
  @Reads(
    'One file: what held on a day, as it was known then. Names and papers only for those who work with it.',
    {
      id: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01',
      office: 'Almaty',
      version: 2,
      position: 4711,
      recordedAt: '1998-06-26T04:30:00.120Z',
      validOn: '1998-07-01',
      present: true,
      heldFrom: '1998-06-26',
      heldUntil: null,
      registration: 'registered',
      authorities: ['AMD'],
      status: 'asylum-seeker',
      citizenship: 'AFG',
      placeFled: { country: 'AFG' },
      region: 'KZ-75',
      sex: 'M',
      birthYear: 1961,
      registrations: [{ authority: 'AMD', registeredOn: '1998-06-26' }],
      arrivedOn: '1998-06-20',
      late: true,
      registeredBeforeArrival: false,
      manifest: null,
      person: {
        names: [{ full: 'Ахмад Зия', script: 'Cyrl', kind: 'as-documented' }],
        birth: { date: '1961' },
      },
    },
  )
  async read(
    @RecordId() id: string,
    @Query() query: AsOfQuery,
    @Reader() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const validOn = dayOf(query, caller.today);
    const upTo = await this.log.of(query.knownAt);
    const file = await this.files.open(id, caller, 'read-case', upTo);
    const { events, state } = file;
    const { version, position, recordedAt } = events.at(-1) ?? events[0];
    const { from, to, ...held } = stretchOn(state, validOn) ?? { from: null, to: null };
    const details = file.showsPersonalData ? await this.people.details([id], upTo) : undefined;
    const person = details?.get(id);
    void reply.headers({ ETag: `"${version}"`, 'Kosh-Position': String(upTo) });
    return {
      id,
      office: state.office,
      version,
      position,
      recordedAt,
      validOn,
      present: from !== null,
      heldFrom: from,
      heldUntil: to,
      ...held,
      registrations: state.registrations.map(({ value, on }) => ({ authority: value, registeredOn: on })),
      arrivedOn: state.arrival?.on ?? null,
      ...flagsOf(state),
      manifest: state.manifest,
      ...(person !== undefined && { person }),
    };
  }
}
