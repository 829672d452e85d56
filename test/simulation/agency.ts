import { connect, EventStore, LogSource, openStore } from '#event-store';
import { KafkaSource, runRelay } from '#kafka';
import { arrivals } from '#processes';
import { type Projection, runProcess, runProjection } from '#projections';
import { Reader, type Run } from '../../apps/projector/src/reader.js';
import type { Bug } from './bug.js';
import { connectTo, type Kafka } from './kafka.js';
import { letters } from './letters.js';
import { Line, Link } from './link.js';
import { Machine } from './machine.js';
import { driverOf } from './pg-client.js';
import type { Postgres } from './postgres.js';
import type { World } from './world.js';

const DATABASE = 'postgres://simulation/kosh';
const TOPIC = 'kosh.events';
/** The caller's own patience. */
const ANSWER_MS = 12_000;

/** How many there are of each, and how they are set up. */
export type Shape = Readonly<{
  apis: number;
  relays: number;
  projectors: number;
  partitions: number;
  source: 'kafka' | 'log';
  projection: Projection | undefined;
  managers: readonly Manager[];
}>;

/** The process managers, by the names of their cursors. */
export const MANAGERS = {
  process_arrivals: (store: EventStore) => arrivals(store, 'Asia/Almaty'),
  process_letters: letters,
} as const;
export type Manager = keyof typeof MANAGERS;

/** No answer came: perhaps it was carried out, perhaps not. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The processes of Kosh, each on its machine: what they run is Kosh's own code. */
export class Agency {
  readonly apis: Api[];
  readonly machines: Machine[];
  readonly links: Link[] = [];
  private readonly log;

  constructor(
    readonly world: World,
    readonly postgres: Postgres,
    readonly kafka: Kafka,
    readonly shape: Shape,
    private readonly bug: Bug | undefined,
  ) {
    const tell = (fields: object, message: string) => {
      const err = 'err' in fields ? ` ${String(fields.err)}` : '';
      world.tell(() => `  ${world.running?.name}: ${message}${err}`);
    };
    this.log = { debug: () => undefined, info: tell, warn: tell };
    this.apis = many(shape.apis, (i) => this.api(`api-${i}`));
    const relays = many(shape.relays, (i) => this.relay(`relay-${i}`));
    const projectors = many(shape.projectors, (i) => this.projector(`projector-${i}`));
    this.machines = [...this.apis.map(({ machine }) => machine), ...relays, ...projectors];
  }

  start(): void {
    for (const machine of this.machines) machine.start();
  }

  /** After the end of the world. To be awaited while its timers still count. */
  dissolve(): Promise<void> {
    for (const machine of this.machines) machine.dissolve();
    return this.world.quiet();
  }

  /** One of its machines dies when its code would go on for the so-manieth time. */
  dies(name: string, at: number): void {
    const machine = this.machines.find((one) => one.name === name);
    if (!machine)
      throw new Error(`There is no machine ${name}: ${this.machines.map((one) => one.name).join(', ')}.`);
    machine.diesAt = at;
  }

  private machine(name: string, work: (machine: Machine, signal: AbortSignal) => Promise<void>): Machine {
    const machine: Machine = new Machine(this.world, name, (signal) => work(machine, signal));
    return machine;
  }

  private api(name: string): Api {
    const api: Api = new Api(
      this.machine(name, async (machine, signal) => {
        const opened = openStore(DATABASE, { readers: 4, Client: this.driver(machine) });
        api.store = opened.store;
        await aborted(signal);
        api.store = undefined;
        await opened.close();
      }),
    );
    return api;
  }

  private relay(name: string): Machine {
    return this.machine(name, async (machine, signal) => {
      const pool = connect(DATABASE, 'kosh_projector', {
        max: 3,
        statementTimeoutMs: 5_000,
        Client: this.driver(machine),
      });
      const { kafka, log } = this;
      const road = connectTo(machine, kafka, this.link(`${name} to Kafka`), this.bug?.tamper?.());
      await runRelay({ pool, kafka: this.settings, connect: road, signal, log });
      await pool.end();
    });
  }

  private projector(name: string): Machine {
    return this.machine(name, async (machine, signal) => {
      const Client = this.driver(machine);
      const pool = connect(DATABASE, 'kosh_projector', { max: 16, Client });
      const opened = openStore(DATABASE, { Client });
      const road = connectTo(machine, this.kafka, this.link(`${name} to Kafka`));
      const { log, settings, shape } = this;
      const fromKafka =
        shape.source === 'kafka'
          ? await KafkaSource.open({ pool, kafka: settings, connect: road, log })
          : undefined;
      const source = fromKafka ?? new LogSource(pool);
      const readers = shape.managers.map((manager) => {
        const process = MANAGERS[manager](opened.store);
        const run: Run = (ending, onProgress) =>
          runProcess({ process, pool, source, signal: ending, onProgress });
        return new Reader(process.name, run, log);
      });
      const { projection } = shape;
      if (projection) {
        const run: Run = (ending, onProgress) =>
          runProjection({ projection, pool, source, signal: ending, onProgress });
        readers.push(new Reader(projection.name, run, log));
      }
      await Promise.all(readers.map((reader) => reader.keepRunning(signal)));
      await fromKafka?.close();
      await opened.close();
      await pool.end();
    });
  }

  private get settings() {
    return { brokers: ['kafka:9092'], topic: TOPIC, partitions: this.shape.partitions };
  }

  private driver(machine: Machine) {
    const giveUp = () => {
      for (const session of this.postgres.sessions) {
        if (session.line.machine === machine && session.keepalive) this.postgres.end(session);
      }
    };
    const link = this.link(`${machine.name} to Postgres`, giveUp);
    return driverOf(machine, this.postgres, link, this.bug?.between);
  }

  /** The same one in each life of a machine. */
  private link(name: string, onKeepalive?: () => void): Link {
    const known = this.links.find((link) => link.name === name);
    if (known) return known;
    const link = new Link(this.world, name, onKeepalive);
    this.links.push(link);
    return link;
  }
}

/** What answers callers. */
class Api {
  store: EventStore | undefined;
  /** How often an answer is lost on the way back. */
  silences = 0;
  private readonly link: Link;

  constructor(readonly machine: Machine) {
    this.link = new Link(machine.world, `callers to ${machine.name}`);
  }

  /** Has the store of this process do it. Rejects as the store does, or with `NoAnswer`. */
  ask<T>(caller: Machine, work: (store: EventStore) => Promise<T>): Promise<T> {
    const { machine } = this;
    const line = new Line(caller, this.link);
    return new Promise<T>((resolve, reject) => {
      const fail = (why: string) => reject(new NoAnswer(why));
      const timer = setTimeout(() => fail('It took too long.'), ANSWER_MS);
      const answer = (settle: () => void) => {
        line.toMachine('response', () => {
          caller.lines.delete(line);
          clearTimeout(timer);
          settle();
        });
      };
      const gone = () => answer(() => fail('The connection was reset.'));
      line.toServer('request', () => {
        const { store } = this;
        if (!machine.up || !store) {
          gone();
          return;
        }
        machine.callers.add(gone);
        machine.resume(0, 'request', () => {
          const settled = (settle: () => void) => {
            machine.callers.delete(gone);
            if (machine.world.dice.chance(this.silences)) gone();
            else answer(settle);
          };
          work(store).then(
            (result) => settled(() => resolve(result)),
            (error: unknown) =>
              settled(() => reject(error instanceof Error ? error : new Error(String(error)))),
          );
        });
      });
    });
  }
}

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i + 1));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
}
