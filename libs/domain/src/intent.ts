import type { Decider } from './decider.js';
import type { KoshEvent } from './events.js';

/** What a decider made of a command: the events, and the day each became true. */
export type Decision = Readonly<{
  events: readonly KoshEvent[];
  occurredOn: readonly (string | null)[];
}>;

/** A command addressed to one stream, with its rules: what `transact` reads, folds, decides and appends. */
export type Intent = Readonly<{
  /** `<category>-<uuid>` */
  stream: string;
  id: string;
  category: string;
  /** Whether the command may start the stream. */
  opens: boolean;
  /** Put before a refusal's pointer, so that it points into the body of the whole request. */
  at: string;
  /** Throws `Refused`. */
  decide: (past: readonly KoshEvent[]) => Decision;
  /** The office whose file the stream is, where files belong to one. */
  office: (past: readonly KoshEvent[]) => string | undefined;
}>;

/** `at` is a JSON pointer such as `/passengers/3`, where the command is one item of a longer request. */
export function intend<State, In extends { type: string }, Out extends KoshEvent>(
  decider: Decider<State, In, Out>,
  id: string,
  command: NoInfer<In>,
  at = '',
): Intent {
  // A stream holds the events of its own category only, since `decide` is the one way into it.
  const fold = (past: readonly KoshEvent[]) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    (past as readonly Out[]).reduce(decider.evolve, decider.initial);
  return {
    stream: `${decider.category}-${id}`,
    id,
    category: decider.category,
    opens: decider.opens.includes(command.type),
    at,
    office: (past) => decider.office?.(fold(past)),
    decide(past) {
      const events = decider.decide(command, fold(past));
      return { events, occurredOn: events.map(decider.occurredOn) };
    },
  };
}
