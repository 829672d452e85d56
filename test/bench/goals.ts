import type { Figure } from './measure.js';
import { benchCommands, benchDurability, benchSlowDisk, benchWal } from './goals-append.js';
import { benchChain, benchFollowing, benchProjecting, benchReplay } from './goals-read.js';
import { fill, threeMore } from './fill.js';
import { settle } from './read.js';

const CASES = 50_000;

/** What the event store is to reach and no other part shows, in the order of the goals. */
export async function benchGoals(url: string, say: (line: string) => void): Promise<readonly Figure[]> {
  await fill(url, CASES, threeMore);
  await settle(url);
  const figures: Figure[] = [];
  for (const [name, bench] of BENCHES) {
    say(`  ${name}`);
    figures.push(...(await bench(url)));
  }
  return figures;
}

/** Those that read come before those that write. */
const BENCHES: readonly (readonly [name: string, bench: (url: string) => Promise<readonly Figure[]>])[] = [
  ['G8, G9', benchReplay],
  ['G10', benchProjecting],
  ['G13', benchChain],
  ['G7', benchCommands],
  ['G12', benchDurability],
  ['G14', benchFollowing],
  ['G15', benchWal],
  ['G16', benchSlowDisk],
];
