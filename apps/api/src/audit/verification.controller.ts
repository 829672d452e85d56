import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Pool } from 'pg';
import { Records, verify, type VerifyReport } from '#audit';
import { projectionLags } from '#event-store';
import { Reads } from '../answers/reading.js';
import { Metrics } from '../metrics.js';
import { CheckpointKeys } from './checkpoint-keys.js';

/** A log that takes longer is checked by `kosh verify`. */
const TIME_MAX_MS = 10_000;

/** `whole` is null where there was no time to see the end of the log. */
type Walk = Readonly<{ whole: boolean | null; events: number; detail?: string }> &
  Partial<Pick<VerifyReport, 'headHash' | 'firstBad' | 'checkpoints'>>;

@ApiTags('audit')
@Controller('v1/audit/verification')
export class VerificationController {
  private running: Promise<object> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly metrics: Metrics,
    private readonly keys: CheckpointKeys,
  ) {}

  @Get()
  @Reads(
    'Whether the log is whole: every hash is recomputed, and held against the checkpoints that this process can read. ' +
      '`background` is what the notary has found, reading the log again and again. `kosh verify` also compares the ' +
      'read models.',
    {
      whole: true,
      events: 4711,
      headHash: 'a3f0…',
      checkpoints: { epoch: 1, sharedUpTo: null, matched: 5, signedUpTo: 4711, voided: 0, faults: [] },
      background: {
        position: 2000,
        upTo: 4711,
        full: { position: 4700, at: '2026-11-24T09:00:00.000Z' },
        firstBad: null,
        refusal: null,
        updatedAt: '2026-11-24T09:01:00.000Z',
      },
      readModels: [{ name: 'population', position: 4711, behind: 0 }],
    },
  )
  read(): Promise<object> {
    // Whoever asks meanwhile gets the same check.
    this.running ??= this.check().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async check(): Promise<object> {
    const [log, lags, findings] = await Promise.all([
      this.walk(),
      projectionLags(this.pool),
      new Records(this.pool).read(),
    ]);
    this.metrics.verifiedUpTo(log.events);
    const readModels = lags.map(({ name, position, events: behind }) => ({ name, position, behind }));
    const { position, upTo, full = null, firstBad = null, refusal = null, updatedAt = null } = findings;
    return { ...log, background: { position, upTo, full, firstBad, refusal, updatedAt }, readModels };
  }

  private async walk(): Promise<Walk> {
    let done = 0;
    const signal = AbortSignal.timeout(TIME_MAX_MS);
    const onProgress = (_: string, events: number) => {
      done = events;
    };
    try {
      const checkpoints = await this.keys.folder();
      const report = await verify(this.pool, { signal, onProgress, checkpoints });
      const { events, headHash, firstBad } = report;
      return {
        whole: !firstBad,
        events,
        headHash,
        ...(firstBad && { firstBad }),
        checkpoints: report.checkpoints,
      };
    } catch (error) {
      if (!signal.aborted) throw error;
      const detail = `Good up to here; the rest would take too long for an answer. Run kosh verify.`;
      return { whole: null, events: done, detail };
    }
  }
}
