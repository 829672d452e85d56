import type { KoshEvent } from '#domain';

/** Who asked, for which office, by which command, and what led to it. Nothing in it is free text. */
export type Meta = Readonly<{
  actor: string;
  office: string;
  commandId: string;
  correlationId: string;
  causationId: string;
  traceparent?: string;
  source?: string;
}>;

/** An event as everyone may read it, from the log or from the topic. The actor is not part of it. */
export type Published<E = KoshEvent> = Readonly<{
  /** 1, 2, 3 … over the whole log, equal to commit order. */
  position: number;
  /** `case-<uuid>`, `flight-<uuid>` or `estimate-<uuid>`. */
  stream: string;
  /** 1, 2, 3 … in the stream. */
  version: number;
  schemaVersion: number;
  /** The day it became true in the world; may be partial, may be earlier than any event before it. */
  occurredOn: string | null;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`; never runs backwards along `position`. */
  recordedAt: string;
  event: E;
}>;

/** An event as it stands in the log. */
export type Recorded<E = KoshEvent> = Published<E> &
  Readonly<{
    meta: Meta;
    /** SHA-256 of the sealed bytes that belong to the event. */
    sealed: Buffer | null;
    hash: Buffer;
  }>;

/** A row of the log, byte for byte: `body` and `meta` are the texts that were hashed. */
export type Row = Readonly<{
  position: number;
  stream: string;
  version: number;
  type: string;
  schemaVersion: number;
  occurredOn: string | null;
  recordedAt: string;
  body: string;
  meta: string;
  sealed: Buffer | null;
  hash: Buffer;
}>;

/** Where projectors and process managers get their events: the topic, or the log itself. */
export interface Source {
  /** Every event after `position`, in position order without a gap, in batches that are never empty. Ends when aborted. */
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly Published[]>;
}
