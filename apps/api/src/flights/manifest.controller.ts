import { createHash } from 'node:crypto';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type FlightEvent, manifestAt } from '#domain';
import type { Recorded } from '#event-store';
import { AccessRecord } from '../access/access-record.js';
import { type Caller, Reader } from '../access/caller.js';
import { Reads } from '../answers/reading.js';
import { Whole } from '../body/query.js';
import { RecordId } from '../body/record-id.js';
import { firstName, People } from '../people.js';
import { Problem } from '../problem.js';
import { Streams } from '../streams.js';

export class ManifestQuery {
  @Whole(0, 100_000, {
    optional: true,
    example: '1',
    description: 'The list as it stood; the current one unless told.',
  })
  readonly version?: string;
}

@ApiTags('flights')
@Controller('v1/flights/:id/manifest')
export class ManifestController {
  constructor(
    private readonly streams: Streams,
    private readonly people: People,
    private readonly record: AccessRecord,
  ) {}

  @Get()
  @Reads(
    'Who is on a flight, as the list stood in one of its versions (0 is the draft), and what became of them.',
    {
      flight: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b03',
      version: 2,
      listed: 2,
      hash: 'a3f0…',
      passengers: [
        { passenger: '0192f0c4-…02', outcome: 'boarded', case: '0192f0c4-…01', name: 'Ахмад Зия' },
        { passenger: '0192f0c4-…05', outcome: 'no-show', name: 'Zia, Karim' },
      ],
    },
  )
  async read(
    @RecordId() id: string,
    @Query() { version }: ManifestQuery,
    @Reader() caller: Caller,
  ): Promise<object> {
    const events = await this.streams.read('flight', id);
    const manifest = manifestAt(
      events.map(({ event }) => event),
      version === undefined ? undefined : Number(version),
    );
    if (!manifest) {
      const detail =
        events.length === 0
          ? 'There is no such flight. Check the id; /v1/flights lists them.'
          : 'The list of this flight had no such version. Leave version out for the current one.';
      throw new Problem('not-found', detail);
    }
    const { lines, listing } = manifest;
    await this.record.write(
      caller,
      'read-manifest',
      lines.map(({ case: file, passenger }) => file ?? passenger),
    );
    // A list joins people of many offices.
    const isShown = caller.personalData === 'nation';
    const names = isShown ? await this.names(events) : new Map<string, string>();
    return {
      flight: id,
      version: manifest.version,
      listed: lines.length,
      hash: createHash('sha256').update(listing).digest('hex'),
      passengers: lines.map((line) => {
        const name = names.get(line.passenger);
        return name === undefined ? line : { ...line, name };
      }),
    };
  }

  /** By passenger: the name on the list, or the first name in the file. */
  private async names(events: readonly Recorded<FlightEvent>[]): Promise<ReadonlyMap<string, string>> {
    const added = events.flatMap(({ event, sealed }) =>
      event.type === 'PassengerAdded' ? [{ id: event.data.passenger, file: event.data.case, sealed }] : [],
    );
    const [listed, told] = await Promise.all([
      this.people.open(
        added.flatMap(({ id, sealed }) => (sealed ? [{ id, sealed }] : [])),
        'listName',
      ),
      this.people.details(added.flatMap(({ file }) => file ?? [])),
    ]);
    return new Map(
      added.flatMap(({ id, file }) => {
        const name = file === undefined ? listed.get(id) : firstName(told.get(file));
        return typeof name === 'string' ? [[id, name] as const] : [];
      }),
    );
  }
}
