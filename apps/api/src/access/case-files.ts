import { Injectable } from '@nestjs/common';
import { caseFile, type CaseEvent, type CaseState } from '#domain';
import type { Recorded } from '#event-store';
import { Problem } from '../problem.js';
import { Streams } from '../streams.js';
import { AccessRecord, type ReadAction } from './access-record.js';
import type { Caller } from './caller.js';
import { reachOf } from './policy.js';

export type CaseFile = Readonly<{
  events: readonly [Recorded<CaseEvent>, ...Recorded<CaseEvent>[]];
  state: KnownState;
  /** Whether the caller sees whose file it is: names, papers, contacts and reasons. */
  showsPersonalData: boolean;
}>;
type KnownState = Extract<CaseState, { known: true }>;

/** The one way to read a person's file. */
@Injectable()
export class CaseFiles {
  constructor(
    private readonly streams: Streams,
    private readonly record: AccessRecord,
  ) {}

  /**
   * The file as the log had it at a position, once the reading is recorded. Throws `not-found`, also for a
   * file of another office where the caller's scope is the own one; that he asked is recorded too.
   */
  async open(id: string, caller: Caller, action: ReadAction, upTo?: number): Promise<CaseFile> {
    const [first, ...rest] = await this.streams.read('case', id, upTo);
    const state = first
      ? [first, ...rest].reduce((before, { event }) => caseFile.evolve(before, event), caseFile.initial)
      : caseFile.initial;
    const reach = reachOf(caller, state.known && state.office === caller.office);
    if (!first || !state.known || !reach.file) {
      await this.record.write(caller, action, [id], 'withheld');
      throw new Problem('not-found', 'There is no such case, or it belongs to another office.');
    }
    await this.record.write(caller, action, [id]);
    return { events: [first, ...rest], state, showsPersonalData: reach.personalData };
  }
}
