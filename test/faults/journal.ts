/**
 * What the clients of a run wrote down, each in a file of its own: one line of JSON when something is asked, and one
 * when it is known how that ended. An asking without an end is of unknown outcome, and so is a client that was killed.
 */

/** A command, or a look at a stream or at a read model. */
export type Asked =
  | Readonly<{
      what: 'write';
      actor: string;
      key: string;
      /** The streams that must all have an event of the command, where that is known before. */
      streams?: readonly string[];
      /** The version that the addressed stream was asked to be at. */
      ifMatch?: number;
    }>
  | Readonly<{ what: 'stream'; stream: string }>
  | Readonly<{ what: 'model'; model: string; atLeast?: number }>;

/** What the API answered to a command, as its receipt says. */
export type Receipt = Readonly<{
  outcome: 'recorded' | 'repeated' | 'already-true';
  stream: string;
  version: number;
  position: number;
  /** Hex. */
  hash: string;
}>;

/** What a look has shown. `value` is the answer of a read model, as the run's folds of the log print it. */
export type Seen =
  Readonly<{ version: number; hash?: string }> | Readonly<{ position: number; value: string }>;

export type Phase =
  | Readonly<{ phase: 'asked'; asked: Asked }>
  | Readonly<{ phase: 'receipt'; receipt: Receipt }>
  | Readonly<{ phase: 'seen'; seen: Seen }>
  /** Certainly not done. `refused`: by a rule, which is the last word; `unavailable`: not this time. */
  | Readonly<{ phase: 'failed'; why: 'refused' | 'unavailable'; code: string }>
  | Readonly<{ phase: 'unknown' }>;

export type Line = Phase &
  Readonly<{
    client: string;
    /** Of the client: each asking has its own. */
    op: number;
    /** Milliseconds of one clock, which all clients of a run share. */
    at: number;
  }>;

/** Writes the journal of one client. `write` is given a line without its end. */
export class Journal {
  private ops = 0;

  constructor(
    readonly client: string,
    private readonly write: (line: string) => void,
    private readonly now: () => number = () => performance.timeOrigin + performance.now(),
  ) {}

  /** To be called before the request is sent; what it answers, once, when the outcome is known. */
  ask(asked: Asked): (end: Exclude<Phase, { phase: 'asked' }>) => void {
    this.ops += 1;
    const op = this.ops;
    this.line(op, { phase: 'asked', asked });
    return (end) => this.line(op, end);
  }

  private line(op: number, phase: Phase): void {
    const line: Line = { client: this.client, op, at: this.now(), ...phase };
    this.write(JSON.stringify(line));
  }
}

/** The lines of a journal. The last one may have been cut off when its client was killed: it is left out. */
export function linesOf(journal: string): readonly Line[] {
  // What stands behind the last end of line was not written to its end.
  const whole = journal.split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
}
