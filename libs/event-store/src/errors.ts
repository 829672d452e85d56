/** There is no such stream, or it is not for this person to see. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** `If-Match` named a version that is no longer the stream's. */
export class StaleVersion extends Error {
  override readonly name = 'StaleVersion';
  constructor(
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`The record is at version ${actual}, not ${expected}. Read it again, then repeat the command.`);
  }
}

/** Others kept writing to the same stream while the command was decided again and again. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
  constructor(readonly actual: number) {
    super(
      `The record changed while the command was decided; it is at version ${actual} now. Repeat the command.`,
    );
  }
}

/** The actor has used this key for another request. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';
  constructor() {
    super('This Idempotency-Key was used for another request. Send a new key with a new request.');
  }
}

/** The log holds an event that is no JSON: nobody wrote it through Kosh. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  constructor(
    readonly of: Readonly<{ position: number; stream: string; version: number; type: string }>,
    options: ErrorOptions,
  ) {
    const { position, stream, version, type } = of;
    super(
      `Event ${position} (${type}, ${stream}/${version}) cannot be read; \`kosh verify\` judges the log`,
      options,
    );
  }
}

/** Definitely not written. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Perhaps written, perhaps not: repeat with the same key to learn which. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
