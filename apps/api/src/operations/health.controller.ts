import { Controller, Get, Header, Injectable, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { isMigrated } from '#event-store';

type Check = 'ok' | 'degraded' | 'failed';

/**
 * Whether this process should get requests. Kafka is not asked: what is recorded waits in the log until it
 * is back.
 */
@Injectable()
export class Readiness {
  private draining = false;

  constructor(private readonly pool: Pool) {}

  /** From now on it says no, so that a balancer sends nothing new. */
  drain(): void {
    this.draining = true;
  }

  async checks(): Promise<Readonly<Record<string, Check>>> {
    const database = await within(1_000, this.pool.query('select 1'));
    const migrations = database && (await within(1_000, isMigrated(this.pool)));
    return {
      accepting: this.draining ? 'failed' : 'ok',
      database: database ? 'ok' : 'failed',
      migrations: migrations === true ? 'ok' : 'failed',
    };
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
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const checks = await this.readiness.checks();
    const failed = Object.values(checks).includes('failed');
    void reply.status(failed ? 503 : 200);
    return { status: failed ? 'failed' : 'ok', checks };
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
