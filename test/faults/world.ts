import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { freePort } from '#embedded';
import { migrate } from '#event-store';
import { localTokens, ROLES } from '#vault';
import type { App } from '../support/processes.js';
import type { Servers } from './servers.js';
import { Supervised } from './supervised.js';

export type WorldOptions = Readonly<{
  kafka?: boolean;
  apis?: number;
  relays?: number;
  projectors?: number;
  /** For all processes, beside what they need. */
  env?: Readonly<Record<string, string>>;
  /** For those of one app, such as another address of the database. */
  envOf?: (app: App, index: number) => Readonly<Record<string, string>>;
  nodeOf?: (app: App) => readonly string[];
  watchdogSeconds?: number;
}>;

const TOKEN_SECONDS = 4 * 3_600;

/** The agency's system as production runs it, in a database and a topic of its own. */
export class World {
  readonly apis: Supervised[] = [];
  readonly relays: Supervised[] = [];
  readonly projectors: Supervised[] = [];

  private constructor(
    readonly servers: Servers,
    readonly databaseUrl: string,
    readonly dataDir: string,
    readonly topic: string | undefined,
    /** Of someone with every role, in Almaty. */
    readonly token: string,
  ) {}

  /** Makes the database and starts the processes. */
  static async open(servers: Servers, options: WorldOptions = {}): Promise<World> {
    await servers.need(options.kafka ?? false);
    const name = `kosh_${uuidv7().replaceAll('-', '')}`;
    await asAdmin(servers.postgres.url, (admin) => admin.query(`create database ${name}`));
    const address = new URL(servers.postgres.url);
    address.pathname = `/${name}`;
    await migrate(address.href);
    const dataDir = mkdtempSync(join(tmpdir(), 'kosh-faults-data-'));
    const tokens = await localTokens(dataDir);
    const token = await tokens.issue({
      actor: 'faults',
      office: 'Almaty',
      roles: ROLES,
      ttlSeconds: TOKEN_SECONDS,
    });
    const topic = options.kafka ? `kosh.${name}` : undefined;
    const world = new World(servers, address.href, dataDir, topic, token);
    await world.start(options);
    return world;
  }

  get all(): readonly Supervised[] {
    return [...this.apis, ...this.relays, ...this.projectors];
  }

  get kills(): number {
    return this.all.reduce((sum, { kills }) => sum + kills, 0);
  }

  get crashes(): number {
    return this.all.reduce((sum, { crashes }) => sum + crashes, 0);
  }

  get urls(): readonly string[] {
    return this.apis.map(({ url }) => url);
  }

  env(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.databaseUrl,
      KOSH_DATA_DIR: this.dataDir,
      LOG_LEVEL: 'warn',
      KOSH_REQUESTS_PER_MINUTE: '0',
      ...(this.topic !== undefined && {
        KAFKA_BROKERS: this.servers.kafka.brokers,
        KAFKA_TOPIC: this.topic,
        KAFKA_CHECKPOINT_TOPIC: `${this.topic}.checkpoints`,
      }),
    };
  }

  /** Starts one more process. Returns when it is ready. */
  async add(app: App, options: WorldOptions = {}, port?: number): Promise<Supervised> {
    const own = port ?? (await freePort());
    const those = { api: this.apis, relay: this.relays, projector: this.projectors }[app];
    const name = app === 'api' ? 'PORT' : `${app.toUpperCase()}_PORT`;
    const one = new Supervised({
      app,
      port: own,
      env: { ...this.env(), ...options.env, ...options.envOf?.(app, those.length), [name]: String(own) },
      node: options.nodeOf?.(app) ?? [],
      // A standby is ready when it lives.
      readyPath: app === 'api' ? '/readyz' : '/livez',
      ...(options.watchdogSeconds !== undefined && { watchdogSeconds: options.watchdogSeconds }),
    });
    those.push(one);
    await one.start();
    return one;
  }

  /** Ends the processes as an operator would; answers what each ended with. */
  async stop(): Promise<readonly (number | string)[]> {
    return Promise.all(this.all.map((one) => one.stop()));
  }

  /** Whatever is left goes, the database too. */
  async close(): Promise<void> {
    for (const one of this.all) one.endNow();
    const name = new URL(this.databaseUrl).pathname.slice(1);
    const drop = `drop database if exists ${name} with (force)`;
    await asAdmin(this.servers.postgres.url, (admin) => admin.query(drop)).catch(() => undefined);
  }

  private async start(options: WorldOptions): Promise<void> {
    const { apis = 1, relays = options.kafka ? 1 : 0, projectors = 1 } = options;
    const wanted: App[] = [
      ...Array<App>(apis).fill('api'),
      ...Array<App>(relays).fill('relay'),
      ...Array<App>(projectors).fill('projector'),
    ];
    const ports = new Set<number>();
    while (ports.size < wanted.length) ports.add(await freePort());
    await Promise.all(Array.from(ports, (port, i) => this.add(wanted[i] ?? 'api', options, port)));
  }
}

export async function asAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client(url);
  admin.on('error', () => undefined);
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
