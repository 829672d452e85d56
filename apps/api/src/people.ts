import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { Vault } from '#vault';

/** The events that a person's details are sealed with. What is sealed with others is a reason. */
const WITH_DETAILS = ['MigrantEncountered', 'MigrantRegistered', 'PersonDetailsCorrected'];

/** Personal details, opened from the vault: for callers who may see them, once the reading is recorded. */
@Injectable()
export class People {
  constructor(
    private readonly pool: Pool,
    private readonly vault: Vault,
  ) {}

  /** By case, the latest that were told up to the position. Missing: erased, or never told. */
  async details(
    cases: readonly string[],
    upTo: number = Number.MAX_SAFE_INTEGER,
  ): Promise<ReadonlyMap<string, unknown>> {
    const { rows } = await this.pool.query<{ id: string; sealed: Buffer }>(
      `select distinct on (stream) substr(stream, 6) as id, sealed from log.events
        where stream = any($1) and type = any($2) and sealed is not null and position <= $3
        order by stream, version desc`,
      [cases.map((id) => `case-${id}`), WITH_DETAILS, upTo],
    );
    return this.open(rows, 'person');
  }

  /** By id, what was sealed under that name. */
  async open(
    sealed: readonly Readonly<{ id: string; sealed: Buffer }>[],
    name: 'person' | 'listName' | 'reason',
  ): Promise<ReadonlyMap<string, unknown>> {
    const opened = await this.vault.openMany(sealed.map((one) => one.sealed));
    return new Map(
      sealed.flatMap(({ id, sealed: hash }) => {
        const found = member(opened.get(hash.toString('hex')), name);
        return found === undefined ? [] : [[id, found] as const];
      }),
    );
  }
}

/** The first of the names in personal details. */
export function firstName(person: unknown): unknown {
  return member(member(member(person, 'names'), '0'), 'full');
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
