import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, map, type Observable, throwError } from 'rxjs';
import { Refused } from '#domain';
import { EventStore, type Receipt } from '#event-store';
import { type Requester, requesterOf } from '../access/requester.js';
import { Metrics } from '../metrics.js';
import { Problem } from '../problem.js';

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

/** What a route answers besides the receipt, from the events of its command. */
export const Also = Reflector.createDecorator<(events: Receipt['events']) => object>();

/**
 * Turns a receipt into the answer: 201, or 200 where the wish was already true, and the headers that go
 * with it. Where a request is refused before the store has seen it, as for a field of its body, its key is
 * looked up first, as the store does: what was recorded once is answered so for as long as the key is kept,
 * and the key of another request is named as that.
 */
@Injectable()
export class ReceiptInterceptor implements NestInterceptor<Receipt> {
  constructor(
    private readonly metrics: Metrics,
    private readonly store: EventStore,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<Receipt>): Observable<ReceiptAnswer> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const command = context.getClass().name.replace(/Controller$/, '');
    const resource = /^\/v1\/(?:encounters|(\w+))/.exec(reply.request.url)?.[1] ?? 'cases';
    const also = this.reflector.get(Also, context.getHandler());
    return next.handle().pipe(
      catchError((error: unknown) => this.firstReceipt(reply.request, error)),
      map(({ outcome, events, ...answer }) => {
        this.metrics.commandEnded(command, outcome, outcome === 'recorded' ? events : []);
        void reply
          .status(outcome === 'already-true' ? 200 : 201)
          .header('ETag', `"${answer.version}"`)
          .header('Location', `/v1/${resource}/${answer.id}`)
          .header('Kosh-Position', String(answer.position));
        if (outcome === 'repeated') void reply.header('Idempotent-Replayed', 'true');
        return { ...answer, ...also?.(events) };
      }),
      catchError((error: unknown) => {
        this.metrics.commandFailed(command, error);
        return throwError(() => error);
      }),
    );
  }

  /** Throws `KeyReused`, or the error where the key was not used, or there is none. */
  private async firstReceipt(request: FastifyRequest, error: unknown): Promise<Receipt> {
    if (!(error instanceof Problem || error instanceof Refused)) throw error;
    const by = requesterIn(request);
    const first = by && (await this.store.firstReceipt(by));
    if (first) return first;
    throw error;
  }
}

/** Undefined where the key itself is what is wrong. */
function requesterIn(request: FastifyRequest): Requester | undefined {
  try {
    return requesterOf(request);
  } catch {
    return undefined;
  }
}
