import { Controller, Get, Header, Injectable, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { Records } from '#audit';
import { isMigrated, relayLags } from '#event-store';
import { parkedStreams } from '#projections';

type Check = 'ok' | 'degraded' | 'failed';

/** What a process knows of the relay by itself, that runs one or has none. */
export type RelayHere = () => 'ok' | 'degraded' | 'none';

export type Report = Readonly<{
  status: Check;
  checks: Readonly<Record<string, Check>>;
  /** What waits for Kafka, where there is a relay. */
  relay?: Readonly<{ behind: number; oldestSeconds: number }>;
  /** How many files each read model has put aside, where any has. */
  parked?: Readonly<Record<string, number>>;
}>;

/** An event that waits longer is not just on its way: another relay would have taken over by then. */
const LATE_SECONDS = 30;
/** Three times as long as a notary lets pass. */
const UNSIGNED_SECONDS = 180;

/**
 * Whether this process should get requests. While Kafka is away it should, and says `degraded`: what is
 * recorded waits in the log until it is back. So it does while a read model has put files aside.
 */
@Injectable()
export class Readiness {
  private draining = false;

  constructor(
    private readonly pool: Pool,
    private readonly relayHere?: RelayHere,
  ) {}

  /** From now on it says no, so that a balancer sends nothing new. */
  drain(): void {
    this.draining = true;
  }

  async report(): Promise<Report> {
    const database = await within(1_000, this.pool.query('select 1'));
    const migrations = database && (await within(1_000, isMigrated(this.pool)));
    const here = this.relayHere?.();
    const asked = migrations === true && here !== 'none' ? relayLags(this.pool) : undefined;
    // Of several topics the furthest: the others were given up.
    const relay = asked && (await within(1_000, asked))?.[0];
    const isAlarmed = migrations === true && (await within(1_000, this.isAlarmed())) === true;
    const parked = migrations === true && (await within(1_000, parkedStreams(this.pool)));
    const isParked = parked !== undefined && parked !== false && parked.size > 0;
    const isLate = relay !== undefined && relay.seconds > LATE_SECONDS;
    const checks: Report['checks'] = {
      accepting: this.draining ? 'failed' : 'ok',
      database: database ? 'ok' : 'failed',
      migrations: migrations === true ? 'ok' : 'failed',
      // Someone must look at the log, or at its notary. What is asked and recorded goes on.
      ...(isAlarmed && { log: 'degraded' }),
      ...((relay || (here && here !== 'none')) && {
        relay: isLate || here === 'degraded' ? 'degraded' : 'ok',
      }),
      ...(isParked && { readModels: 'degraded' }),
    };
    return {
      status: (['failed', 'degraded'] as const).find((bad) => Object.values(checks).includes(bad)) ?? 'ok',
      checks,
      ...(relay && { relay: { behind: relay.events, oldestSeconds: Math.round(relay.seconds) } }),
      ...(isParked && { parked: Object.fromEntries(parked) }),
    };
  }

  /** The log is not what was signed, or nobody signs it. */
  private async isAlarmed(): Promise<boolean> {
    const records = new Records(this.pool);
    const { refusal, firstBad } = await records.read();
    return (
      refusal !== undefined || firstBad !== undefined || (await records.unsignedSeconds()) > UNSIGNED_SECONDS
    );
  }
}

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs. */
  @Get('livez')
  @Header('Cache-Control', 'no-store')
  live(): object {
    return { status: 'ok' };
  }

  /** The process can do its work. */
  @Get('readyz')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Report> {
    const report = await this.readiness.report();
    void reply.status(report.status === 'failed' ? 503 : 200);
    return report;
  }
}

/** What it comes to within the time; undefined if it fails or takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
