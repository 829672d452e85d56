import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { connect, Gatherer, readPage, type Row } from '#event-store';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type NotaryOptions, type NotaryState, runNotary } from '../src/notary.js';
import { type Checkpoint, parseKeys, type PublicKey } from '../src/offline/verify-offline.js';
import { until } from '../../../test/support/until.js';
import { readKeys } from '../src/checkpoint-files.js';
import type { Watched } from '../src/watch.js';

/** A log in a real database, a folder for its checkpoints, and someone with all the rights of a superuser. */
export class Agency {
  readonly auditor: Pool;
  readonly projector: Pool;
  /** May do anything, and no trigger stops him. */
  readonly intruder: pg.Pool;
  private readonly writer: Pool;
  private readonly notaries: OwnNotary[] = [];

  private constructor(
    private readonly database: TestDatabase,
    readonly dataDir: string,
  ) {
    this.auditor = connect(database.url, 'kosh_api');
    this.projector = connect(database.url, 'kosh_projector');
    this.writer = connect(database.url, 'kosh_api', { max: 2 });
    this.intruder = new pg.Pool({
      connectionString: database.url,
      options: '-c session_replication_role=replica -c TimeZone=UTC',
    });
    this.intruder.on('error', () => undefined);
  }

  /** On a database of one's own; on that of the run's server unless told. */
  static async open(database?: TestDatabase): Promise<Agency> {
    return new Agency(database ?? (await freshDatabase()), await mkdtemp(join(tmpdir(), 'kosh-agency-')));
  }

  get url(): string {
    return this.database.url;
  }

  get folder(): string {
    return join(this.dataDir, 'checkpoints');
  }

  async keys(): Promise<readonly PublicKey[]> {
    return parseKeys((await readKeys(this.folder)) ?? '');
  }

  /** Records so many deaths, each of another person, in one append or a few. */
  async record(events: number): Promise<void> {
    const gatherer = new Gatherer(this.writer);
    await Promise.all(
      Array.from({ length: events }, (_, i) => {
        const stream = `case-${uuidv7()}`;
        return gatherer.append({
          actor: 'registrar-1',
          key: uuidv7(),
          fingerprint: Buffer.alloc(32),
          meta: JSON.stringify({ actor: `registrar-${i % 3}` }),
          targets: [{ stream, version: 0 }],
          events: [
            {
              stream,
              type: 'MigrantDied',
              schemaVersion: 1,
              occurredOn: '1999',
              body: JSON.stringify({ diedOn: `199${i % 10}` }),
            },
          ],
        });
      }),
    );
  }

  rows(): Promise<readonly Row[]> {
    return readPage(this.auditor, 0, 1_000_000);
  }

  /** Puts these rows in place of the log, past all rights. */
  async write(rows: readonly Row[]): Promise<void> {
    const columns = [
      rows.map(({ position }) => position),
      rows.map(({ stream }) => stream),
      rows.map(({ version }) => version),
      rows.map(({ type }) => type),
      rows.map(({ schemaVersion }) => schemaVersion),
      rows.map(({ occurredOn }) => occurredOn),
      rows.map(({ recordedAt }) => recordedAt),
      rows.map(({ body }) => body),
      rows.map(({ meta }) => meta),
      rows.map(({ sealed }) => sealed),
      rows.map(({ hash }) => hash),
    ];
    const client = await this.intruder.connect();
    try {
      await client.query('begin');
      await client.query('truncate log.events');
      await client.query(
        `insert into log.events (position, stream, version, type, schema_version, occurred_on, recorded_at, body,
           meta, sealed, hash)
         select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::smallint[], $6::text[],
           $7::timestamptz[], $8::text[], $9::text[], $10::bytea[], $11::bytea[])`,
        columns,
      );
      await client.query('commit');
    } finally {
      client.release();
    }
  }

  /** Starts a notary with a pace for specs; `more` changes how it works. */
  notary(more: Partial<NotaryOptions> = {}): OwnNotary {
    const notary = new OwnNotary(this, more);
    this.notaries.push(notary);
    return notary;
  }

  /** Signs all there is, as a notary does that is started and stopped. */
  async sign(more: Partial<NotaryOptions> = {}): Promise<void> {
    const notary = this.notary(more);
    await until(() => notary.state === 'signing', 'the first look');
    await notary.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.notaries.map((notary) => notary.stop()));
    await Promise.all([this.auditor.end(), this.projector.end(), this.writer.end(), this.intruder.end()]);
    await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** A notary as a process of its own would run it, and what it tells. */
export class OwnNotary {
  state: NotaryState = 'standby';
  readonly signed: Checkpoint[] = [];
  readonly said: string[] = [];
  watched: Watched | undefined;
  private readonly stopping = new AbortController();
  private readonly done: Promise<void>;

  constructor(agency: Agency, more: Partial<NotaryOptions>) {
    const pool = connect(agency.url, 'kosh_projector', { max: 3 });
    const reader = connect(agency.url, 'kosh_api', { max: 3 });
    this.done = runNotary({
      pool,
      reader,
      folder: agency.folder,
      seed: Buffer.alloc(32, 7),
      every: { events: 1_000, ms: 60_000 },
      pollMs: 10,
      verify: { rowsPerSecond: 0, passMs: 50 },
      signal: this.stopping.signal,
      log: {
        info: (_, message) => this.said.push(message),
        warn: (fields, message) => this.said.push(`${message} ${JSON.stringify(fields)}`),
      },
      onState: (state) => {
        this.state = state;
      },
      onSigned: (checkpoint) => this.signed.push(checkpoint),
      onWatched: (watched) => {
        this.watched = watched;
      },
      ...more,
    }).then(async () => {
      await Promise.all([pool.end(), reader.end()]);
    });
  }

  get sizes(): number[] {
    return this.signed.map(({ size }) => size);
  }

  /** Told to stop, it signs what came last. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }
}
