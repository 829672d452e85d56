import pg from 'pg';
import type { KoshEvent } from '#domain';
import { canonical } from '#event-store';

/** Something that has happened; recorded now, unless told. */
export type Given = Readonly<{ stream: string; event: KoshEvent; occurredOn?: string; recordedAt?: string }>;

const META = canonical({
  actor: 'given',
  office: 'given',
  commandId: '0197f0c4-0000-7000-8000-000000000000',
  correlationId: 'given',
  causationId: 'given',
});

/**
 * Writes events behind those that the log has, quickly and past all rules, with hashes that are none: for specs of
 * what follows the log. `url` is a superuser's. Answers the last position.
 */
export async function givenLog(url: string, events: readonly Given[]): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ stream: string; version: number; position: string }>(
      `select stream, max(version) as version, (select max(position) from log.events) as position
       from log.events group by stream`,
    );
    const versions = new Map(rows.map(({ stream, version }) => [stream, version]));
    const before = Number(rows[0]?.position ?? 0);
    const now = new Date().toISOString();
    const values = events.map(({ stream, event, occurredOn, recordedAt = now }, index) => {
      const version = (versions.get(stream) ?? 0) + 1;
      versions.set(stream, version);
      return [before + index + 1, stream, version, event.type, occurredOn, recordedAt, canonical(event.data)];
    });
    await client.query(
      `insert into log.events
         (position, stream, version, type, occurred_on, recorded_at, body, schema_version, meta, hash)
       select e.*, 1, $8, sha256(''::bytea)
       from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::text[]) as e`,
      [...[0, 1, 2, 3, 4, 5, 6].map((column) => values.map((row) => row[column])), META],
    );
    await client.query('notify kosh_log');
    return before + events.length;
  } finally {
    await client.end();
  }
}
