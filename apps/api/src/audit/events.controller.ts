import { Readable } from 'node:stream';
import { Controller, Get, Header, Headers, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { head, readPage, type Row } from '#event-store';
import { PAGE_MAX, type Page } from '#projections';
import { Limit } from '../answers/list.js';
import { Reads } from '../answers/reading.js';
import { PositionText } from '../body/query.js';

const NDJSON = 'application/x-ndjson';
/** Rows that are read at once while the log is sent as lines: between two reads no connection is held. */
const CHUNK = 1_000;

export class EventsQuery {
  @PositionText({ optional: true, example: '0', description: 'Those after this position; all unless told.' })
  readonly after?: string;
  @Limit() readonly limit?: string;
}

@ApiTags('audit')
@Controller('v1/audit/events')
export class EventsController {
  constructor(private readonly pool: Pool) {}

  @Get()
  @Header('Vary', 'Accept')
  @Reads(
    `The log itself, byte for byte as it was hashed: in pages, or whole as lines with Accept: ${NDJSON}.`,
    {
      items: [{ position: 1, stream: 'case-…', type: 'MigrantRegistered', body: '{…}', hash: 'a3f0…' }],
      next: '1',
    },
  )
  async read(
    @Query() { after = '0', limit }: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<object> | StreamableFile> {
    const { position } = await head(this.pool);
    void reply.header('Kosh-Position', String(position));
    if (accept?.includes(NDJSON)) {
      return new StreamableFile(Readable.from(this.lines(Number(after), position)), { type: NDJSON });
    }
    const rows = await readPage(this.pool, Number(after), Number(limit ?? PAGE_MAX));
    const last = rows.at(-1)?.position ?? position;
    if (last >= position) return { items: rows.map(shown), next: null };
    void reply.header('Link', `</v1/audit/events?after=${last}&limit=${limit ?? PAGE_MAX}>; rel="next"`);
    return { items: rows.map(shown), next: String(last) };
  }

  /** Up to where the log was when this was asked, at the pace of the reader. */
  private async *lines(after: number, upTo: number): AsyncGenerator<string> {
    while (after < upTo) {
      const rows = await readPage(this.pool, after, Math.min(CHUNK, upTo - after));
      yield rows.map((row) => `${JSON.stringify(shown(row))}\n`).join('');
      after = rows.at(-1)?.position ?? upTo;
    }
  }
}

/** The eleven columns; `body` and `meta` as the texts that were hashed, hashes in hex. */
function shown({ sealed, hash, ...row }: Row): object {
  return { ...row, sealed: sealed?.toString('hex') ?? null, hash: hash.toString('hex') };
}
