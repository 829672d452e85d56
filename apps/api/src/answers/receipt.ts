import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { catchError, map, type Observable, throwError } from 'rxjs';
import type { Receipt } from '#event-store';
import { Metrics } from '../metrics.js';

/** What a write answers: proof of what was recorded, and where. */
export class ReceiptAnswer {
  @ApiProperty({ example: '0192f0c4-7a10-7cc3-9e6b-2f1d5c3a8b01' }) readonly id!: string;
  @ApiProperty({ example: 1, description: 'Of the record. The ETag, for If-Match.' })
  readonly version!: number;
  @ApiProperty({ example: 4711, description: "Of the command's last event in the log." })
  readonly position!: number;
  @ApiProperty({ example: 'a3f0…', description: 'The hash of that event, in the chain.' })
  readonly hash!: string;
  @ApiProperty({ example: '1998-06-26T04:30:00.120Z' }) readonly recordedAt!: string;
}

/**
 * Turns a receipt into the answer: 201, or 200 where the wish was already true, and the headers that go
 * with it.
 */
@Injectable()
export class ReceiptInterceptor implements NestInterceptor<Receipt> {
  constructor(private readonly metrics: Metrics) {}

  intercept(context: ExecutionContext, next: CallHandler<Receipt>): Observable<ReceiptAnswer> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const command = context.getClass().name.replace(/Controller$/, '');
    const resource = /^\/v1\/(?:encounters|(\w+))/.exec(reply.request.url)?.[1] ?? 'cases';
    return next.handle().pipe(
      map(({ outcome, events, ...answer }) => {
        this.metrics.commandEnded(command, outcome, outcome === 'recorded' ? events : []);
        void reply
          .status(outcome === 'already-true' ? 200 : 201)
          .header('ETag', `"${answer.version}"`)
          .header('Location', `/v1/${resource}/${answer.id}`)
          .header('Kosh-Position', String(answer.position));
        if (outcome === 'repeated') void reply.header('Idempotent-Replayed', 'true');
        return answer;
      }),
      catchError((error: unknown) => {
        this.metrics.commandFailed(command, error);
        return throwError(() => error);
      }),
    );
  }
}
