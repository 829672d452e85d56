import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type Kafka, type Postgres, startKafka, startPostgres } from '#embedded';

const START_WITHIN_MS = 90_000;

/** A Postgres of the run's own, which comes back with its data and its port. */
export class PostgresServer {
  private server: Postgres | undefined;
  private port: number | undefined;

  constructor(
    readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  get url(): string {
    if (!this.server) throw new Error('Postgres was not started.');
    return this.server.url;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  /** After a kill some of its processes may hold on for a moment, and the next one is refused until they go. */
  async start(): Promise<void> {
    this.port ??= await freePort();
    for (const until = performance.now() + START_WITHIN_MS; ; await delay(100)) {
      try {
        this.server = await startPostgres({ dataDir: this.dataDir, port: this.port, env: this.env });
        if (new URL(this.server.url).port === String(this.port)) return;
        await this.server.stop();
        throw new Error(`Port ${this.port} of Postgres was taken by somebody else.`);
      } catch (error) {
        if (performance.now() > until) throw error;
      }
    }
  }

  /** SIGQUIT is an immediate shutdown; SIGKILL what a power cut does to the postmaster. Returns when it is gone. */
  async crash(how: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    await ended(this.pid, how);
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}

/** A Kafka of the run's own, likewise. */
export class KafkaServer {
  private server: Kafka | undefined;
  private port: number | undefined;

  constructor(readonly dataDir: string) {}

  get brokers(): string {
    if (!this.server) throw new Error('Kafka was not started.');
    return this.server.brokers;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.port ??= await freePort();
    for (const until = performance.now() + START_WITHIN_MS; ; await delay(200)) {
      try {
        this.server = await startKafka({ dataDir: this.dataDir, port: this.port });
        if (this.server.brokers.endsWith(`:${this.port}`)) return;
        await this.server.kill();
      } catch (error) {
        if (performance.now() > until) throw error;
      }
    }
  }

  /** SIGKILL; returns when it is gone. */
  async kill(): Promise<void> {
    await this.server?.kill();
  }

  /** All it had is lost. Only when it does not run. */
  wipe(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}

/** The servers of a folder, as far as they are asked for. */
export class Servers {
  readonly postgres: PostgresServer;
  readonly kafka: KafkaServer;
  private readonly started = { postgres: false, kafka: false };

  constructor(
    folder: string,
    { kafkaFolder = folder, env }: { kafkaFolder?: string; env?: Readonly<Record<string, string>> } = {},
  ) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755); // Postgres may run as another user.
    this.postgres = new PostgresServer(join(folder, 'postgres'), env);
    this.kafka = new KafkaServer(join(kafkaFolder, 'kafka'));
  }

  async need(kafka: boolean): Promise<void> {
    if (!this.started.postgres) await this.postgres.start();
    this.started.postgres = true;
    if (kafka && !this.started.kafka) await this.kafka.start();
    this.started.kafka ||= kafka;
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.postgres.stop(), this.kafka.stop()]);
  }
}

/** Sends the signal, and returns when there is no such process any more. */
export async function ended(pid: number, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(pid, signal);
    for (;;) {
      process.kill(pid, 0);
      await delay(5);
    }
  } catch {
    // It is gone.
  }
}
