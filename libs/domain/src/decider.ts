type Message<Type extends string, Data extends object> = Readonly<{
  type: Type;
  data: Readonly<Data>;
}>;

/** What someone asks for, in the imperative. May be refused. */
export type Command<Type extends string, Data extends object> = Message<Type, Data>;

/** What happened, in the past tense. Its `type` is stored for ever: never rename one, add another. */
export type Event<Type extends string, Data extends object> = Message<Type, Data>;

/** All the rules of one stream category. Pure: no clock, no randomness, no input or output. */
export type Decider<State, In extends { type: string }, Out> = Readonly<{
  /** Streams are named `<category>-<uuid>`. */
  category: string;
  /** The commands that may start a stream. Any other, on a stream that is not there, is answered «not found». */
  opens: readonly In['type'][];
  initial: State;
  /** `[]` when the wish is already true. Throws `Refused`, and nothing else, when it is not allowed. */
  decide: (command: In, state: State) => readonly Out[];
  /** Total: an event is true, whatever the state. Called once per event of the stream, in order. */
  evolve: (state: State, event: Out) => State;
  /** The day (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`) on which the event became true in the world; null where it has none. */
  occurredOn: (event: Out) => string | null;
  /** The office whose file this is, where files belong to one. Someone whose scope is the office sees no other's. */
  office?: (state: State) => string | undefined;
}>;

/** An event that stands against what was asked: its version in the stream, its type and its date. */
export type Contradicted = Readonly<{ version: number; type: string; on: string | null }>;

/** What a refusal adds for the person who must act. */
export type RefusalDetails = Readonly<{
  /** JSON pointer to the field of the request body that is at fault, such as `/arrivedOn`. */
  pointer?: string;
  contradicts?: readonly Contradicted[];
  /** Machine-readable facts of the refusal, such as the right number of people on board. */
  facts?: Readonly<Record<string, string | number | readonly string[]>>;
}>;

/** The command is well formed, but the rules do not allow it. The API answers 409 with `code`, in kebab-case. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly code: string,
    detail: string,
    readonly details: RefusalDetails = {},
  ) {
    super(detail);
  }
}
