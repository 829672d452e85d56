/** One row of personal data, sealed before it came here. */
export type SealedRow = Readonly<{
  /** The person whose key it is sealed under: a case's or a passenger's id. */
  subject: string;
  /** SHA-256 of `bytes`. */
  hash: Buffer;
  /** Nonce, ciphertext, tag. */
  bytes: Buffer;
  /** The subject's new key, wrapped, where it has none yet. */
  wrappedKey?: Buffer;
}>;

export type NewEvent = Readonly<{
  stream: string;
  type: string;
  schemaVersion: number;
  occurredOn: string | null;
  /** Canonical JSON. */
  body: string;
  sealed?: SealedRow;
}>;

/** A decided command. The first target is the addressed stream; `version` 0 means that it must not exist, -1 any. */
export type Append = Readonly<{
  actor: string;
  key: string;
  fingerprint: Buffer;
  /** Canonical JSON, the same for every event of the command. */
  meta: string;
  targets: readonly Readonly<{ stream: string; version: number }>[];
  events: readonly NewEvent[];
}>;

/** `duplicate` is what the key first got. For a conflict, `version` is the actual one of the stream at fault. */
export type Outcome =
  | Readonly<{
      status: 'written' | 'duplicate';
      version: number;
      first: number;
      last: number;
      hash: Buffer;
      recordedAt: string;
    }>
  | Readonly<{ status: 'conflict'; version: number }>
  | Readonly<{ status: 'key-reused' }>;
