import { Agency, type Manager, MANAGERS, type Shape } from './agency.js';
import type { Bug } from './bug.js';
import { Caseworkers } from './caseworkers.js';
import { diary, files } from './diary.js';
import type { Dice } from './dice.js';
import { given } from './given.js';
import { Kafka } from './kafka.js';
import { enter } from './platform.js';
import type { Kill } from './reproduction.js';
import { Rules } from './rules.js';
import { openPostgres } from './statements.js';
import { Trouble } from './trouble.js';
import { Violation, World } from './world.js';

/** After the trouble everything must be done within so much of the world's time, and so many steps. */
const DRAIN_MS = 120_000;
const STEPS_MAX = 60_000;
const LOOK_MS = 100;
/** As long as something is left to do, one more thing is recorded every so often. */
const LAST_MS = 12_000;
/** That nobody has done anything yet about what was recorded before. */
const NEW = 0.25;

export type Result = Readonly<{
  seed: number;
  violation: Violation | undefined;
  steps: number;
  shape: Shape;
  /** How often each thing went wrong. */
  troubles: ReadonlyMap<string, number>;
  /** How often the code of each machine of Kosh went on. */
  awaits: ReadonlyMap<string, number>;
  story: readonly string[];
}>;

type Options = Readonly<{
  bug?: Bug | undefined;
  /** Nothing goes wrong but this. */
  kill?: Kill | undefined;
  story?: boolean;
}>;

/** One life of the agency, which the seed decides to the last detail. */
export async function simulate(seed: number, options: Options = {}): Promise<Result> {
  const { bug, kill, story = false } = options;
  const world = new World(seed, { story });
  const { dice } = world;
  const shape = shapeOf(dice);
  const before = await given(shape);
  const [postgres, kafka] = [openPostgres(world), new Kafka(world)];
  const isNew = dice.chance(NEW);
  postgres.recall(before.postgres, !isNew);
  if (!isNew && shape.relays > 0) kafka.recall(before.kafka);
  bug?.plant?.(postgres);
  const agency = new Agency(world, postgres, kafka, shape, bug);
  const rules = new Rules(world, agency);
  const workers = new Caseworkers(world, agency, 2 + dice.below(2), 2 + dice.below(3));
  const troubleMs = dice.chance(0.04) ? dice.between(8_000, 25_000) : dice.between(500, 2_500);
  const trouble = new Trouble(world, agency, troubleMs);
  const undo = bug?.install?.();
  const leave = enter(world);
  let violation: Violation | undefined;
  try {
    agency.start();
    workers.start();
    if (kill) agency.dies(kill.machine, kill.at);
    else trouble.start();
    endWhenDone(world, workers, rules, troubleMs);
    await world.run();
    rules.final(workers.journal);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  } finally {
    await agency.dissolve();
    leave();
    undo?.();
  }
  const { steps, troubles } = world;
  const awaits = new Map(agency.machines.map((machine) => [machine.name, machine.awaits]));
  return { seed, violation, steps, shape, troubles, awaits, story: world.story ?? [] };
}

/** Looks every now and then whether everything is done. It must be, in good time. */
function endWhenDone(world: World, workers: Caseworkers, rules: Rules, troubleMs: number): void {
  let lastAt = -Infinity;
  const look = () => {
    // Whoever does not know that he is behind learns it when there is something to do.
    if (workers.busy === 0 && world.now > Math.max(troubleMs, lastAt + LAST_MS)) {
      lastAt = world.now;
      workers.last();
    }
    if (workers.busy === 0 && lastAt > 0 && rules.drained) {
      world.over = true;
    } else if (world.now > troubleMs + DRAIN_MS || world.steps > STEPS_MAX) {
      const detail = `${rules.lag()}; ${workers.busy} desks wait.`;
      throw new Violation('liveness', `After ${world.now.toFixed(0)} ms: ${detail}`);
    } else {
      world.at(LOOK_MS, 'look', look);
    }
  };
  look();
}

function shapeOf(dice: Dice): Shape {
  const source = dice.chance(0.75) ? 'kafka' : 'log';
  const managers = (Object.keys(MANAGERS) as Manager[]).filter(() => dice.chance(0.6));
  const projection = dice.chance(0.5) ? diary : files;
  return {
    apis: 1 + dice.below(2),
    relays: source === 'log' ? dice.below(3) : 1 + dice.below(2),
    projectors: 1 + dice.below(2),
    partitions: 1 + dice.below(3),
    source,
    projection: managers.length === 0 || dice.chance(0.6) ? projection : undefined,
    managers,
  };
}
