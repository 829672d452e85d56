import type { Environment } from './settings.js';

/** Every setting of Kosh that is called so, whichever process reads it. */
const KNOWN = [
  'KOSH_API_PASSWORD',
  'KOSH_CHECKPOINT_DIR',
  'KOSH_CHECKPOINT_KEY',
  'KOSH_CHECKPOINT_KEY_FILE',
  'KOSH_CHECKPOINT_PUBLIC_KEY',
  'KOSH_DATA_DIR',
  'KOSH_DB_PASSWORD',
  'KOSH_KAFKA_LIBS',
  'KOSH_LOOP_DELAY_MS',
  'KOSH_MASTER_KEY',
  'KOSH_MASTER_KEY_FILE',
  'KOSH_MODE',
  'KOSH_PROCESSES',
  'KOSH_PROJECTOR_PASSWORD',
  'KOSH_READERS',
  'KOSH_READ_MODELS',
  'KOSH_REQUESTS_IN_FLIGHT',
  'KOSH_REQUESTS_PER_MINUTE',
  'KOSH_TIME_ZONE',
  'KOSH_VERIFY_ROWS_PER_SECOND',
  'KOSH_WATCHDOG_SECONDS',
] as const;

/** What is set: an empty value is none, as `PORT=` and Compose's `${PORT:-}` mean it. */
export function given(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

/** A sentence for each `KOSH_…` that nothing reads, with the name that was meant. Those of the specs are left out. */
export function unknownSettings(env: Environment): readonly string[] {
  return Object.keys(env)
    .filter((name) => /^KOSH_(?!TEST_)/.test(name) && !KNOWN.some((known) => known === name))
    .map((name) => `${name} is no setting of Kosh and does nothing. Did you mean ${nearest(name)}?`);
}

function nearest(name: string): string {
  const [first] = KNOWN.map((known) => ({ known, far: distance(name, known) })).toSorted(
    (a, b) => a.far - b.far,
  );
  return first?.known ?? '';
}

/** How many letters must be put in, left out or changed to make one of the other (Levenshtein, 1965). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const [left = 0, above = 0, diagonal = 0] = [next[j], row[j + 1], row[j]];
      next.push(Math.min(left + 1, above + 1, diagonal + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
