import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { type DestinationStream, pino } from 'pino';
import { connect } from '#event-store';
import { READ_MODELS } from '#projections';
import { localTokens, type Role, ROLES } from '#vault';
import { createApi } from '../../apps/api/src/api.js';
import { Log } from '../../apps/api/src/log.js';
import { Settings as ApiSettings } from '../../apps/api/src/settings.js';
import { startProjector } from '../../apps/projector/src/projector.js';
import { settingsFrom as projectorSettings } from '../../apps/projector/src/settings.js';
import { startRelay } from '../../apps/relay/src/relay.js';
import { settingsFrom as relaySettings } from '../../apps/relay/src/settings.js';
import { freshDatabase } from './database.js';

export type Json = Readonly<Record<string, unknown>>;

export type Answer<Body = Json> = Readonly<{ status: number; body: Body; headers: Headers }>;

/** One person with a token, who sends what a caseworker's program would. */
export class Caller {
  /** Of the last write: reports are asked for no older than that. */
  position = 0;

  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  async post<Body = Json>(
    path: string,
    body: unknown = {},
    headers: Readonly<Record<string, string>> = {},
    method = 'POST',
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        'idempotency-key': uuidv7(),
        ...headers,
      },
      ...(method === 'DELETE' ? {} : { body: JSON.stringify(body) }),
    });
    this.position = Math.max(this.position, Number(response.headers.get('kosh-position') ?? 0));
    return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
  }

  /** A write that must succeed. */
  async did<Body = Json & { id: string; version: number; position: number }>(
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Body> {
    const answer = await this.post<Body>(path, body, headers);
    if (answer.status !== 201)
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async get<Body = Json>(path: string): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}/v1${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
  }

  /** A report that holds this caller's own writes. */
  async report<Body>(path: string, after: number = this.position): Promise<Body> {
    const { status, body } = await this.get<Body>(`${path}${path.includes('?') ? '&' : '?'}atLeast=${after}`);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}

export type Stack = Readonly<{
  url: string;
  databaseUrl: string;
  /** Of someone with every role, in Almaty. */
  token: string;
  /** Someone with these roles, of an office. */
  as: (roles: readonly Role[], office?: string) => Promise<Caller>;
  /** Stops and starts the projectors' process. */
  restartProjector: () => Promise<void>;
  close: () => Promise<void>;
}>;

export type StackOptions = Readonly<{
  /** With Kafka the events take that road; otherwise projectors read the log. */
  brokers?: string;
  topic?: string;
  /** Of a database that is there and stays; one of its own, dropped at the end, unless told. */
  databaseUrl?: string;
  /** Where every part logs to, at debug level; nowhere unless told. */
  logTo?: DestinationStream;
  env?: Readonly<Record<string, string>>;
}>;

/** Api, projectors and, with Kafka, relay, in this process, on a database of their own. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { brokers, topic, databaseUrl, logTo, env = {} } = options;
  const database = databaseUrl ? { url: databaseUrl, drop: () => Promise.resolve() } : await freshDatabase();
  const ownDir = await mkdtemp(join(tmpdir(), 'kosh-stack-'));
  const dataDir = env['KOSH_DATA_DIR'] ?? ownDir;
  const settings = {
    DATABASE_URL: database.url,
    KOSH_DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    KOSH_REQUESTS_PER_MINUTE: '0',
    ...(brokers && { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic ?? `kosh.events.${uuidv7()}` }),
    ...env,
  };
  const log = logTo && pino({ level: 'debug' }, logTo);
  const api = await createApi(ApiSettings.from(settings), logTo ? { log: Log.to('debug', logTo) } : {});
  const url = await api.listen();
  const relay = brokers ? await startRelay(relaySettings(settings), log) : undefined;
  const newProjector = () => startProjector(projectorSettings(settings), log ? { log } : {});
  let projector = await newProjector();
  await readModelsAreMade(database.url);
  const tokens = await localTokens(dataDir);
  const issue = (roles: readonly Role[], office: string) =>
    tokens.issue({ actor: `${roles.join('-')}@${office}`, office, roles, ttlSeconds: 3_600 });
  return {
    url,
    databaseUrl: database.url,
    token: await issue(ROLES, 'Almaty'),
    as: async (roles, office = 'Almaty') => new Caller(url, await issue(roles, office)),
    async restartProjector() {
      await projector.close();
      projector = await newProjector();
    },
    async close() {
      await api.close();
      await projector.close();
      await relay?.close();
      await database.drop();
      await rm(ownDir, { recursive: true, force: true });
    },
  };
}

/** Until then a report is answered 503, which is not what a spec asks about. */
async function readModelsAreMade(url: string): Promise<void> {
  const pool = connect(url, 'kosh_api', { max: 1 });
  const schemas = READ_MODELS.map(({ name }) => `read_${name}`);
  for (let made = 0; made < schemas.length;) {
    const { rows } = await pool.query<{ made: string }>(
      'select count(*) as made from pg_namespace where nspname = any($1)',
      [schemas],
    );
    made = Number(rows[0]?.made);
  }
  await pool.end();
}
