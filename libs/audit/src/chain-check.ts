import { chain, GENESIS, leaf, type Row } from '#event-store';

/** The first place where the log is not what was once recorded. */
export type FirstBad = Readonly<{
  position: number;
  what: 'position' | 'version' | 'recorded-at' | 'hash' | 'sealed';
  expected: string;
  found: string;
}>;

/** Walks the log from position 1 and compares each row with those before it. */
export class ChainCheck {
  private position = 0;
  private hash = GENESIS;
  private recordedAt = '';
  private readonly versions = new Map<string, number>();

  /** SHA-256 over everything up to the last good row, in hex. */
  get headHash(): string {
    return this.hash.toString('hex');
  }

  get events(): number {
    return this.position;
  }

  /**
   * What is wrong with the row that comes next; nothing, if it is good. `altered` is the SHA-256 of its
   * sealed bytes in hex, where that is not the one it names.
   */
  next(row: Row, altered?: string): FirstBad | undefined {
    const position = this.position + 1;
    const version = (this.versions.get(row.stream) ?? 0) + 1;
    const hash = chain(this.hash, leaf(row));
    if (row.position !== position) {
      return { position, what: 'position', expected: `${position}`, found: `${row.position}` };
    }
    if (row.version !== version) {
      const of = (number: number) => `${row.stream}/${number}`;
      return { position, what: 'version', expected: of(version), found: of(row.version) };
    }
    if (row.recordedAt < this.recordedAt) {
      return {
        position,
        what: 'recorded-at',
        expected: `${this.recordedAt} or later`,
        found: row.recordedAt,
      };
    }
    if (!row.hash.equals(hash)) {
      return { position, what: 'hash', expected: hash.toString('hex'), found: row.hash.toString('hex') };
    }
    if (altered !== undefined) {
      return { position, what: 'sealed', expected: row.sealed?.toString('hex') ?? '', found: altered };
    }
    this.position = position;
    this.hash = hash;
    this.recordedAt = row.recordedAt;
    this.versions.set(row.stream, version);
    return undefined;
  }
}
