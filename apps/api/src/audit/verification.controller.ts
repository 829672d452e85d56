import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { verify } from '#audit';
import { head } from '#event-store';
import { Reads } from '../answers/reading.js';

/** A log that takes longer is checked by `kosh verify`. */
const TIME_MAX_MS = 10_000;

@ApiTags('audit')
@Controller('v1/audit/verification')
export class VerificationController {
  private running: Promise<object> | undefined;

  constructor(private readonly pool: Pool) {}

  @Get()
  @Reads('Whether the log is whole: every hash is recomputed. `kosh verify` also compares the read models.', {
    whole: true,
    events: 4711,
    headHash: 'a3f0…',
    readModels: [{ name: 'population', position: 4711, behind: 0 }],
  })
  read(): Promise<object> {
    // Whoever asks meanwhile gets the same check.
    this.running ??= this.check().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async check(): Promise<object> {
    const [log, { position }, models] = await Promise.all([
      this.walk(),
      head(this.pool),
      this.pool.query<{ name: string; position: string }>(
        'select name, position from reading.cursors order by name',
      ),
    ]);
    const readModels = models.rows.map((model) => ({
      name: model.name,
      position: Number(model.position),
      behind: Math.max(0, position - Number(model.position)),
    }));
    return { ...log, readModels };
  }

  private async walk(): Promise<object> {
    let done = 0;
    const signal = AbortSignal.timeout(TIME_MAX_MS);
    const onProgress = (_: string, events: number) => {
      done = events;
    };
    try {
      const { ok, events, headHash, firstBad } = await verify(this.pool, { signal, onProgress });
      return { whole: ok, events, headHash, ...(firstBad && { firstBad }) };
    } catch (error) {
      if (!signal.aborted) throw error;
      const detail = `Good up to here; the rest would take too long for an answer. Run kosh verify.`;
      return { whole: null, events: done, detail };
    }
  }
}
