import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

/** What is logged of a request: nothing that its sender wrote, but the ids. */
export type RequestLine = Readonly<{
  requestId: string;
  traceId: string;
  method: string;
  /** The pattern, such as `/v1/cases/:id`. */
  route: string;
  status: number;
  ms: number;
  actor?: string | undefined;
  role?: string | undefined;
}>;

/** JSON lines. Each method lists what it writes: bodies, addresses and parameters are never among it. */
export class Log implements LoggerService {
  private constructor(private readonly out: Logger) {}

  /** To standard output, unless another destination is given. */
  static to(level: string, destination: DestinationStream = pino.destination(1)): Log {
    const bindings = { service: 'api' };
    return new Log(pino({ level, base: bindings, timestamp: pino.stdTimeFunctions.isoTime }, destination));
  }

  request(line: RequestLine): void {
    this.out[line.status >= 500 ? 'error' : 'info'](line, 'request');
  }

  /** A fault of ours, under the id that the caller was given. */
  fault(requestId: string, fault: unknown): void {
    const { name, message, stack } = fault instanceof Error ? fault : new Error(String(fault));
    this.out.error({ requestId, name, message, stack }, 'fault');
  }

  /** What the framework says of itself, such as each route at the start. */
  log(message: string): void {
    this.out.debug(message);
  }

  warn(message: string): void {
    this.out.warn(message);
  }

  error(message: string): void {
    this.out.error(message);
  }

  debug(message: string): void {
    this.out.debug(message);
  }
}
