import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { verify, type VerifyReport } from '#audit';
import { projectionLags } from '#event-store';
import { Reads } from '../answers/reading.js';
import { Metrics } from '../metrics.js';

/** A log that takes longer is checked by `kosh verify`. */
const TIME_MAX_MS = 10_000;

/** `whole` is null where there was no time to see the end of the log. */
type Walk = Readonly<{ whole: boolean | null; events: number; detail?: string }> &
  Partial<Pick<VerifyReport, 'headHash' | 'firstBad'>>;

@ApiTags('audit')
@Controller('v1/audit/verification')
export class VerificationController {
  private running: Promise<object> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly metrics: Metrics,
  ) {}

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
    const [log, lags] = await Promise.all([this.walk(), projectionLags(this.pool)]);
    this.metrics.verifiedUpTo(log.events);
    const readModels = lags.map(({ name, position, events: behind }) => ({ name, position, behind }));
    return { ...log, readModels };
  }

  private async walk(): Promise<Walk> {
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
