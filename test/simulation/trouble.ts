import type { Agency } from './agency.js';
import { rowOf, tableOf } from './diary.js';
import type { World } from './world.js';

/** What can go wrong, and how often it does in one simulation: 0 for never. */
type Kind = keyof ReturnType<Trouble['kinds']>;

/** Each kind of trouble is there in some simulations and not in others, so that rare ones are not drowned by others. */
const PRESENT = 0.35;
const PAUSE_MS = { from: 50, to: 8_000 };

/** Breaks things, as long as it is told to. */
export class Trouble {
  private readonly present: readonly Kind[];
  private readonly everyMs: number;
  private going = true;

  constructor(
    private readonly world: World,
    private readonly agency: Agency,
    private readonly untilMs: number,
  ) {
    const { dice } = world;
    const kinds = Object.keys(this.kinds()) as Kind[];
    this.present = kinds.filter(() => dice.chance(PRESENT));
    this.everyMs = dice.between(80, 900);
  }

  start(): void {
    const { world, agency } = this;
    const { dice } = world;
    const { postgres, kafka, machines, apis } = agency;
    if (dice.chance(PRESENT)) for (const machine of machines) machine.diesAtAwait = dice.next() * 0.006;
    if (dice.chance(PRESENT)) postgres.errors = dice.next() * 0.02;
    if (dice.chance(PRESENT)) postgres.breaks = dice.next() * 0.03;
    if (dice.chance(PRESENT)) kafka.errors = dice.next() * 0.5;
    if (dice.chance(PRESENT)) kafka.silences = dice.next() * 0.2;
    if (dice.chance(PRESENT)) for (const api of apis) api.silences = dice.next() * 0.3;
    world.tell(`trouble: ${this.present.join(', ')}`);
    this.next();
    world.at(this.untilMs, 'the end of the trouble', () => this.end());
  }

  private next(): void {
    const { dice } = this.world;
    this.world.at(dice.between(0, 2 * this.everyMs), 'trouble', () => {
      if (!this.going) return;
      const kind = dice.pick(this.present);
      if (kind) {
        this.kinds()[kind]();
        this.world.count(kind);
      }
      this.next();
    });
  }

  /** Everything works again, and goes on working. */
  private end(): void {
    const { postgres, kafka, machines, links, apis } = this.agency;
    this.world.tell('the trouble is over');
    this.going = false;
    postgres.errors = 0;
    postgres.breaks = 0;
    postgres.stalledUntil = 0;
    kafka.errors = 0;
    kafka.silences = 0;
    postgres.up = true;
    kafka.up = true;
    kafka.leaderless = undefined;
    for (const api of apis) api.silences = 0;
    for (const link of links) {
      link.slowMs = 0;
      link.heal();
    }
    for (const machine of machines) {
      machine.diesAtAwait = 0;
      machine.pausedUntil = 0;
      machine.start();
    }
  }

  private kinds() {
    const { world, agency } = this;
    const { dice } = world;
    const { postgres, kafka, machines, links } = agency;
    const later = (ms: number, what: string, run: () => void) =>
      world.at(ms, what, () => this.going && run());
    return {
      kill: () => dice.pick(machines)?.crash(),
      stop: () => dice.pick(machines)?.stop(),
      /** As a virtual machine that is moved, or a collector of garbage. */
      pause: () => dice.pick(machines)?.pause(dice.between(PAUSE_MS.from, PAUSE_MS.to)),
      /** Some links are cut one after the other, and healed in another order. */
      swizzle: () => {
        const some = links.filter(() => dice.chance(0.5));
        let at = 0;
        for (const link of dice.shuffled(some)) later((at += dice.between(0, 300)), 'cut', () => link.cut());
        at += dice.chance(0.3) ? dice.between(4_000, 14_000) : dice.between(0, 1_500);
        for (const link of dice.shuffled(some))
          world.at((at += dice.between(0, 300)), 'heal', () => link.heal());
      },
      slow: () => {
        const link = dice.pick(links);
        if (link) link.slowMs = dice.chance(0.5) ? dice.between(0, 800) : 0;
      },
      endSession: () => {
        const session = dice.pick([...postgres.sessions]);
        if (session) postgres.terminate(session);
      },
      resetSession: () => {
        const session = dice.pick([...postgres.sessions]);
        if (session) postgres.end(session);
      },
      postgresCrash: () => {
        if (!postgres.up) return;
        postgres.crash();
        world.at(dice.between(100, 2_000), 'Postgres starts', () => (postgres.up = true));
      },
      stall: () => {
        postgres.stalledUntil = world.now + dice.between(100, 12_000);
        world.tell('the disk of Postgres stalls');
      },
      /** The server's clock is set. */
      clock: () => {
        postgres.clockMs = dice.between(-3_600_000, 3_600_000);
      },
      /** A lock is gone although its holder lives: a proxy between the two, or a server that another replaced. */
      loseLock: () => {
        const lock = dice.pick([...postgres.locks.keys()]);
        if (lock === undefined) return;
        world.tell(`the lock «${lock}» is lost`);
        postgres.locks.delete(lock);
      },
      /** Whoever holds a lock stands still until it is another's, and then goes on as if nothing had been. */
      zombie: () => {
        const [lock, holder] = dice.pick([...postgres.locks]) ?? [];
        if (lock === undefined) return;
        holder?.line.machine.pause(dice.between(300, 3_000));
        world.tell(`the lock «${lock}» is lost`);
        postgres.locks.delete(lock);
      },
      /** A cursor of the road or of a process manager is put back, as after a restore. */
      staleCursor: () => {
        const managers = [...postgres.cursors].filter(([name]) => name.startsWith('process_'));
        const chosen = dice.pick(managers);
        if (!chosen) return;
        const [name] = chosen;
        world.tell(`the cursor of ${name} is put back`);
        postgres.change(name, ({ position, epoch, recordedAt }) => ({
          position: Math.max(0, position - dice.below(6)),
          epoch: epoch + 1,
          recordedAt,
        }));
      },
      /** Other tables are put in the place of a read model's, filled up to the end of the log. */
      rebuild: () => {
        const { projection } = agency.shape;
        const table = projection && tableOf(postgres, projection);
        if (!table) return;
        world.tell(`${projection.name} is rebuilt`);
        postgres.change(projection.name, ({ epoch }) => {
          table.rows = new Map(postgres.log.map((row) => rowOf(row, table.key)));
          return { position: postgres.head(), epoch: epoch + 1, recordedAt: null };
        });
      },
      kafkaAway: () => {
        kafka.up = false;
        world.tell('Kafka is away');
        for (const consumer of kafka.consumers) if (dice.chance(0.5)) consumer.crash('Connection refused');
        world.at(dice.between(100, 6_000), 'Kafka is back', () => (kafka.up = true));
      },
      /** One broker of several. */
      partitionAway: () => {
        kafka.leaderless = dice.below(agency.shape.partitions);
        world.at(dice.between(1_000, 6_000), 'the partition is back', () => (kafka.leaderless = undefined));
      },
      wipe: () => {
        if (kafka.exists && dice.chance(0.3)) kafka.wipe();
      },
      /** An operator makes the topic that was lost. */
      replace: () => {
        if (!kafka.exists || !dice.chance(0.3)) return;
        kafka.wipe();
        kafka.create(agency.shape.partitions, false);
      },
      rebalance: () => dice.pick([...kafka.consumers])?.rebalance(),
      consumerCrash: () =>
        dice.pick([...kafka.consumers])?.crash('The coordinator is not aware of this member'),
    };
  }
}
