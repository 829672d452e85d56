import type { Machine } from './machine.js';
import type { World } from './world.js';

/** A message, in the usual case and in the unusual one. */
const LATENCY_MS = { from: 0.05, to: 1.5 };
const LATE = 0.03;
const LATE_MS = { from: 2, to: 60 };
/** A server that asks after its clients gives one up that has not answered for so long. */
const KEEPALIVE_MS = 10_000;

type Held = Readonly<{ line: Line; toServer: boolean; what: string; run: () => void }>;

/** The network between a machine and a server. What is sent while it is cut arrives when it is whole again. */
export class Link {
  /** Milliseconds, at most, that a message takes longer. */
  slowMs = 0;
  private isCut = false;
  private cuts = 0;
  private held: Held[] = [];

  constructor(
    readonly world: World,
    readonly name: string,
    /** The server gives the machine up. */
    private readonly onKeepalive: () => void = () => undefined,
  ) {}

  get whole(): boolean {
    return !this.isCut;
  }

  cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    this.cuts += 1;
    const { cuts } = this;
    this.world.tell(`the network from ${this.name} is cut`);
    this.world.at(KEEPALIVE_MS, `keepalive of ${this.name}`, () => {
      if (this.isCut && this.cuts === cuts) this.onKeepalive();
    });
  }

  heal(): void {
    if (!this.isCut) return;
    this.isCut = false;
    this.world.tell(`the network from ${this.name} is whole`);
    const { held } = this;
    this.held = [];
    for (const one of held) this.carry(one);
  }

  carry(message: Held): void {
    if (this.isCut) {
      this.held.push(message);
      return;
    }
    const { line, toServer, what, run } = message;
    const due = this.world.now + this.latencyMs();
    const at = toServer ? (line.outAt = Math.max(line.outAt, due)) : (line.inAt = Math.max(line.inAt, due));
    const delay = at - this.world.now;
    if (toServer) this.world.at(delay, what, run);
    else line.machine.resume(delay, what, run);
  }

  /** What a dead machine has not sent yet may never be sent. */
  forget(line: Line): void {
    this.held = this.held.filter((one) => one.line !== line || (one.toServer && this.world.dice.chance(0.5)));
  }

  private latencyMs(): number {
    const { dice } = this.world;
    const usual = dice.between(LATENCY_MS.from, LATENCY_MS.to);
    const slow = this.slowMs > 0 ? dice.between(0, this.slowMs) : 0;
    return usual + slow + (dice.chance(LATE) ? dice.between(LATE_MS.from, LATE_MS.to) : 0);
  }
}

/** A connection: what is sent in one direction arrives in its order. */
export class Line {
  outAt = 0;
  inAt = 0;
  /** Told, at the server, that the machine has hung up. */
  onHungUp: () => void = () => undefined;
  private readonly life: number;

  constructor(
    readonly machine: Machine,
    private readonly link: Link,
  ) {
    this.life = machine.life;
    machine.lines.add(this);
  }

  toServer(what: string, run: () => void): void {
    this.link.carry({ line: this, toServer: true, what, run });
  }

  toMachine(what: string, run: () => void): void {
    if (this.machine.life === this.life) this.link.carry({ line: this, toServer: false, what, run });
  }

  /** The machine's end is gone. */
  hangUp(): void {
    this.machine.lines.delete(this);
    this.link.forget(this);
    this.toServer('hanging up', () => this.onHungUp());
  }
}
