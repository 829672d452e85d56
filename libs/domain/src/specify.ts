import assert from 'node:assert/strict';
import { type Decider, type RefusalDetails, Refused } from './decider.js';

/** What was found, and after it what to do. */
const REMEDY = /[.:;?] \w/;

/** `given(...past).when(command)`, then `.records(...events)`, `.recordsNothing()` or `.isRefused(code)`. */
export function specify<State, Command extends { type: string }, Event>(
  decider: Decider<State, Command, Event>,
) {
  const given = (...past: Event[]) => ({
    when(command: Command) {
      const decide = () =>
        decider.decide(
          command,
          past.reduce((state, event) => decider.evolve(state, event), decider.initial),
        );
      return {
        records: (...events: Event[]) => {
          assert.deepEqual(decide(), events);
        },
        recordsNothing: () => {
          assert.deepEqual(decide(), []);
        },
        /** Of `details` (pointer, facts, contradicts), what is named must be so; `says` is its text. */
        isRefused: (code: string, details: RefusalDetails = {}, says = /./) => {
          assert.throws(decide, (error: unknown) => {
            assert.ok(error instanceof Refused, `Not a refusal: ${String(error)}`);
            assert.equal(error.code, code);
            assert.deepEqual({ ...error.details, ...details }, error.details);
            assert.match(error.message, says);
            assert.match(error.message, REMEDY, `Says what is wrong, and not what to do: ${error.message}`);
            return true;
          });
        },
      };
    },
  });
  return { given };
}

/** One real example of every event. When an event is added, the compiler asks for its example. */
export type Examples<Event extends { type: string }> = {
  [Type in Event['type']]: Extract<Event, { type: Type }>;
};
