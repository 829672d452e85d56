import { describe, expect, it } from '@jest/globals';
import { BUGS } from './bugs.js';
import { type Kill, reproduction } from './reproduction.js';
import { type Result, simulate } from './simulate.js';

/** `npm run simulate -- --seeds 10000` goes through more of them. */
const SEEDS = 200;
const FOUND_WITHIN = 1_000;
/** Of the life that is lived twice, in which some of the bugs are found. */
const SAME = 2;
const TIMEOUT_MS = 240_000;
/** What must go wrong in those lives, among much else. */
const TROUBLES = [
  'killed at an await, stop, pause, zombie, loseLock, relay takes over, swizzle, slow, clock, staleCursor, rebuild',
  'lost connection after a commit, resetSession, postgresCrash, stall, kafkaAway, partitionAway, wipe, replace',
  'sent twice, delivered out of order, rebalance',
].flatMap((some) => some.split(', '));

/** Where a promise was broken: how to see it again. Empty where none was. */
function broken({ seed, violation }: Result, kill?: Kill): readonly string[] {
  return violation ? [`${reproduction(seed, { kill })} (${violation.message})`] : [];
}

describe('the agency, whatever breaks and whenever', () => {
  it(
    `keeps every promise, in ${SEEDS} lives`,
    async () => {
      const found: string[] = [];
      const troubles = new Set<string>();
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const result = await simulate(seed);
        found.push(...broken(result));
        for (const trouble of result.troubles.keys()) troubles.add(trouble);
      }
      expect(found).toEqual([]);
      expect([...troubles]).toEqual(expect.arrayContaining(TROUBLES));
    },
    TIMEOUT_MS,
  );

  it.each(['kafka', 'log'] as const)(
    'keeps every promise, at whichever await a process is killed that reads the %s',
    async (source) => {
      const found: string[] = [];
      const { seed, awaits } = await smallest(source);
      for (const [machine, count] of awaits) {
        for (let at = 1; at <= count; at += 1) {
          const kill = { machine, at };
          found.push(...broken(await simulate(seed, { kill }), kill));
        }
      }
      expect(found).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('lives the same life again under the same seed, to the last line of its story', async () => {
    for (const bug of [undefined, ...BUGS]) {
      const [one, other] = [
        await simulate(SAME, { bug, story: true }),
        await simulate(SAME, { bug, story: true }),
      ];
      expect(one.story.length).toBeGreaterThan(10);
      expect(other.story).toEqual(one.story);
      expect(other.violation).toEqual(one.violation);
    }
  });
});

/** The first life with one of each process, and with all that they run, in which nothing goes wrong. */
async function smallest(source: 'kafka' | 'log'): Promise<Result> {
  for (let seed = 1; ; seed += 1) {
    const result = await simulate(seed, { kill: { machine: 'api-1', at: 0 } });
    const { apis, relays, projectors, managers, projection, source: from } = result.shape;
    const isSmall = apis === 1 && relays === 1 && projectors === 1 && from === source;
    if (isSmall && projection && managers.length === 2) return result;
  }
}

describe('the simulation finds, within 1,000 lives,', () => {
  it.each(BUGS.map((bug) => [bug.name, bug] as const))(
    'the planted bug %s',
    async (_, bug) => {
      let seed = 1;
      let found = await simulate(seed, { bug });
      while (!found.violation && seed < FOUND_WITHIN) found = await simulate((seed += 1), { bug });
      expect(found.violation).toBeDefined();
    },
    TIMEOUT_MS,
  );
});
