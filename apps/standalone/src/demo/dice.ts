/** Chance that is the same in every run: a multiplicative congruential generator (Lehmer, modulus 2³¹ − 1). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 7_919) % 2_147_483_647 || 1;
  }

  /** A whole number from 0 to `max`, both included. */
  upTo(max: number): number {
    this.state = (this.state * 48_271) % 2_147_483_647;
    return this.state % (max + 1);
  }

  oneOf<T>(items: readonly T[]): T {
    const item = items[this.upTo(items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }
}
