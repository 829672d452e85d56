import { caseFile, estimate, flight, type Intent, intend, manifestMoves, Refused } from '#domain';
import {
  type By,
  KeyReused,
  NotFound,
  OutcomeUnknown,
  type Receipt,
  StaleVersion,
  type TransactOptions,
  Unavailable,
  VersionConflict,
} from '#event-store';
import type { Asked, Line, Phase } from '../faults/journal.js';
import type { Agency } from './agency.js';
import { IN_THE_AIR, NOW, PEOPLE, PLANNED, TODAY } from './people.js';
import { Machine } from './machine.js';
import { Violation, type World } from './world.js';

type Asking = readonly [intent: Intent, options?: TransactOptions];

type End = Exclude<Phase, { phase: 'asked' }>;

/** What one caller writes down, among what all do. */
class Journal {
  ops = 0;

  constructor(
    readonly client: string,
    private readonly world: World,
    private readonly lines: Line[],
  ) {}

  /** Answers what is to be called when it is known how that ended. */
  ask(asked: Asked): (end: End) => void {
    this.ops += 1;
    const op = this.ops;
    this.note(op, { phase: 'asked', asked });
    return (end) => this.note(op, end);
  }

  private note(op: number, phase: Phase): void {
    this.lines.push({ client: this.client, op, at: this.world.now, ...phase });
  }
}

/** Something that a caseworker wants. */
type Wish = Readonly<{
  /** Made anew for each request, since it is the API that gives ids. */
  ask: () => Asking;
  /** More than the log takes in one event. */
  huge?: boolean;
}>;

const BETWEEN_MS = { from: 0, to: 400 };
const REPEAT_MS = { from: 20, to: 400 };
/** Of an unknown outcome: nobody asks what became of it. */
const GIVES_UP = 0.04;
/** A request that is sent twice at once. */
const DOUBLED = 0.15;
const LOOKS = 0.2;
const SEVERAL = 0.4;
/** A command that the log does not take, in the simulations that have such; it takes others of its batch with it. */
const HUGE = { present: 0.2, wish: 0.3 };

/** The callers of the API: each asks for one thing after the other, and repeats with the same key until it knows. */
export class Caseworkers {
  readonly journal: Line[] = [];
  busy = 0;
  private lasts = 0;
  private readonly machines: Machine[];
  private readonly wishes: Wishes;

  constructor(
    private readonly world: World,
    private readonly agency: Agency,
    desks: number,
    wishesEach: number,
  ) {
    this.wishes = new Wishes(world);
    this.machines = Array.from({ length: desks }, (_, i) => this.desk(`desk-${i + 1}`, i === 0, wishesEach));
    this.busy = desks;
  }

  start(): void {
    for (const machine of this.machines) machine.start();
  }

  /** One more thing is recorded. */
  last(): void {
    this.busy += 1;
    this.lasts += 1;
    this.open(`the last desk ${this.lasts}`, async (ask) => {
      await ask(this.wishes.encounter());
    }).start();
  }

  private desk(name: string, first: boolean, count: number): Machine {
    const { dice } = this.world;
    return this.open(name, async (ask, look) => {
      const wishes = dice.shuffled([
        ...Array.from({ length: count }, () => this.wishes.any()),
        ...(first ? [this.wishes.landing()] : []),
      ]);
      while (wishes.length > 0) {
        await sleep(dice.between(BETWEEN_MS.from, BETWEEN_MS.to));
        if (dice.chance(LOOKS)) await look();
        // Several at once: their commands are gathered into one call.
        const several = wishes.splice(0, dice.chance(SEVERAL) ? 1 + dice.below(4) : 1);
        await Promise.all(several.map(ask));
      }
    });
  }

  private open(
    name: string,
    work: (ask: (wish: Wish) => Promise<void>, look: () => Promise<void>) => Promise<void>,
  ): Machine {
    const { world } = this;
    const journal = new Journal(name, world, this.journal);
    const machine: Machine = new Machine(world, name, async () => {
      await work(
        (wish) => this.ask(journal, machine, wish),
        () => this.look(journal, machine),
      );
      this.busy -= 1;
      await new Promise(() => undefined);
    });
    return machine;
  }

  private async ask(journal: Journal, machine: Machine, wish: Wish): Promise<void> {
    const { dice } = this.world;
    const by = { ...BY, actor: journal.client, key: dice.uuid() };
    const once = () => this.request(journal, machine, wish, by);
    let answered = dice.chance(DOUBLED) ? (await Promise.all([once(), once()])).some(Boolean) : await once();
    while (!answered && !dice.chance(GIVES_UP)) {
      await sleep(dice.between(REPEAT_MS.from, REPEAT_MS.to));
      answered = await once();
    }
  }

  /** One request. True if its answer is definite. */
  private async request(journal: Journal, machine: Machine, wish: Wish, by: By): Promise<boolean> {
    const end = journal.ask({ what: 'write', actor: by.actor, key: by.key });
    // It stands in the meta of every event, so that an event is known by the request that made it.
    const source = `${journal.client}/${journal.ops}`;
    const [intent, options] = wish.ask();
    try {
      const api = this.world.dice.pick(this.agency.apis);
      const receipt = await api?.ask(machine, (store) =>
        store.transact([intent], { ...by, source }, options),
      );
      if (!receipt) throw new Error('There is no API.');
      this.told(end, receiptOf(intent, receipt));
      return true;
    } catch (error) {
      const phase = phaseOf(error);
      this.told(end, phase);
      if (phase.phase === 'failed' && phase.code === 'BatchRefused' && !wish.huge) {
        const detail = `${source} was refused for what another of its batch asked.`;
        this.world.report(new Violation('only-the-culprit', detail));
      }
      return phase.phase === 'failed' && phase.why === 'refused';
    }
  }

  private async look(journal: Journal, machine: Machine): Promise<void> {
    const person = this.world.dice.pick(PEOPLE);
    const stream = `case-${person}`;
    const end = journal.ask({ what: 'stream', stream });
    const api = this.world.dice.pick(this.agency.apis);
    const rows = await api?.ask(machine, (store) => store.read(stream)).catch(() => undefined);
    const last = rows?.at(-1);
    end(
      last
        ? { phase: 'seen', seen: { version: last.version, hash: last.hash.toString('hex') } }
        : { phase: 'unknown' },
    );
  }

  private told(end: (phase: End) => void, phase: End) {
    end(phase);
    this.world.tell(() => `${this.world.running?.name} is told: ${JSON.stringify(phase)}`);
  }
}

const BY = {
  office: 'Almaty',
  scope: 'nation',
  fingerprint: Buffer.alloc(32, 1),
  correlationId: 'simulation',
} as const;

function receiptOf({ category }: Intent, { id, ...receipt }: Receipt): End {
  const { outcome, version, position, hash } = receipt;
  return { phase: 'receipt', receipt: { outcome, stream: `${category}-${id}`, version, position, hash } };
}

/** As the API's filter tells callers. */
function phaseOf(error: unknown): End {
  const code = error instanceof Refused ? error.code : error instanceof Error ? error.name : '';
  const refusals = [Refused, NotFound, StaleVersion, KeyReused, VersionConflict];
  if (refusals.some((refusal) => error instanceof refusal) || code === 'BatchRefused') {
    return { phase: 'failed', why: 'refused', code };
  }
  if (error instanceof Unavailable) return { phase: 'failed', why: 'unavailable', code };
  if (error instanceof OutcomeUnknown) return { phase: 'unknown' };
  // A connection to read from is lost, or no answer came: the API says 5xx, or nothing.
  return { phase: 'unknown' };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What caseworkers may want. */
class Wishes {
  private readonly passengers = new Map<string, string>();
  private readonly estimates: string[] = [];

  private readonly huge: number;

  constructor(private readonly world: World) {
    this.huge = world.dice.chance(HUGE.present) ? HUGE.wish : 0;
  }

  landing(): Wish {
    const data = { airport: 'ALA', arrivedAt: '1998-06-26T18:30:00Z', onBoard: 3, now: NOW };
    return { ask: () => [intend(flight, IN_THE_AIR, { type: 'Arrive', data })] };
  }

  any(): Wish {
    const { dice } = this.world;
    const kinds = [
      () => this.encounter(),
      () => this.encounter(),
      () => this.correction(),
      () => this.correction(),
      () => this.correction(),
      () => this.seat(),
      () => this.seat(),
      () => this.death(),
      () => this.departure(),
      () => this.figure('about 6,000 refugees'),
      () => this.retraction(),
    ];
    if (dice.chance(this.huge)) return { ...this.figure('x'.repeat(66_000)), huge: true };
    return dice.pick(kinds)?.() ?? this.correction();
  }

  encounter(): Wish {
    const data = { office: 'Almaty', metOn: '1998-03', place: { country: 'IRN' }, today: TODAY };
    return { ask: () => [intend(caseFile, this.world.dice.uuid(), { type: 'RecordEncounter', data })] };
  }

  private correction(): Wish {
    const person = this.person();
    return {
      ask: () => [intend(caseFile, person, { type: 'CorrectPersonDetails', data: { fields: ['names'] } })],
    };
  }

  /** On the list, or off it: the flight and the file change together, or neither. */
  private seat(): Wish {
    const person = this.person();
    const listed = this.passengers.get(person);
    const options = { follow: manifestMoves(PLANNED) };
    if (listed !== undefined) {
      this.passengers.delete(person);
      return {
        ask: () => [
          intend(flight, PLANNED, { type: 'RemovePassenger', data: { passenger: listed } }),
          options,
        ],
      };
    }
    const passenger = this.world.dice.uuid();
    this.passengers.set(person, passenger);
    const data = { passengers: [{ passenger, case: person }] };
    return { ask: () => [intend(flight, PLANNED, { type: 'AddPassengers', data }), options] };
  }

  /** Before the landing: the file then refuses the arrival. */
  private death(): Wish {
    const data = { diedOn: '1998-05-02', today: TODAY };
    return { ask: () => [intend(caseFile, PEOPLE[1], { type: 'RecordDeath', data })] };
  }

  private departure(): Wish {
    const data = { departedOn: '1998-09-01', kind: 'permanent', today: TODAY } as const;
    return { ask: () => [intend(caseFile, PEOPLE[0], { type: 'RecordDeparture', data })] };
  }

  private figure(asReported: string): Wish {
    const data = {
      population: 'refugees',
      measure: 'stock',
      period: { from: '1997', to: '1997' },
      qualifier: 'about',
      value: 6_000,
      unit: 'persons',
      publisher: 'USCRI',
      asReported,
      today: TODAY,
    } as const;
    const ask = (): Asking => {
      const id = this.world.dice.uuid();
      this.estimates.push(id);
      return [intend(estimate, id, { type: 'RecordEstimate', data })];
    };
    return { ask };
  }

  private retraction(): Wish {
    const id = this.world.dice.pick(this.estimates) ?? this.world.dice.uuid();
    return { ask: () => [intend(estimate, id, { type: 'RetractEstimate', data: { reasonCode: 'error' } })] };
  }

  private person(): string {
    return this.world.dice.pick(PEOPLE) ?? PEOPLE[0];
  }
}
