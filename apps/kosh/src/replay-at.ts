import {
  type ExplainedDifference,
  explainedDifference,
  type ExplainedRow,
  type ExplainedTable,
  replayTables,
} from '#audit';
import { type Beside, READ_MODELS } from '#projections';
import { table } from '#running';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { printJson } from './json.js';
import { progress } from './progress.js';
import { wholeUpTo } from './whole.js';

export type ReplayAtOptions = Readonly<{
  at: string;
  into: string;
  model?: readonly string[];
  diff?: true;
  limit: number;
  skip: number;
  unchecked?: true;
  json?: true;
}>;

/** `kosh replay --at`: tables beside the live ones and, if asked for, how the two differ. */
export async function replayAt(options: ReplayAtOptions): Promise<void> {
  const { at, into, model, diff, limit, skip, unchecked, json } = options;
  const projections = READ_MODELS.filter(({ name }) => model === undefined || model.includes(name));
  const bar = progress();
  const watched = { onProgress: bar.update, signal: untilInterrupted() };
  if (!unchecked) await withDatabase('kosh_api', (pool) => wholeUpTo(pool, watched)).finally(bar.stop);
  await withDatabase('kosh_projector', async (pool) => {
    const replays = await replayTables(pool, { projections, at, into, ...watched }).finally(bar.stop);
    const differences: ExplainedDifference[] = [];
    for (const beside of diff ? replays : []) {
      const projection = projections.find(({ name }) => name === beside.name);
      if (projection) differences.push(await explainedDifference(pool, projection, beside, { limit, skip }));
    }
    if (json) printJson({ checked: !unchecked, replays, ...(diff && { differences }) });
    else console.log(printed(replays, differences, options));
    if (differences.some(({ tables }) => tables.some(({ unexplained }) => unexplained > 0)))
      process.exitCode = 1;
  });
}

function printed(
  replays: readonly Beside[],
  differences: readonly ExplainedDifference[],
  { into, diff, limit, skip }: ReplayAtOptions,
): string {
  return [
    table(
      ['read model', 'position', 'tables in', 'digest'],
      replays.map(({ name, position, schema, digest }) => [name, position, schema, digest.slice(0, 16)]),
    ),
    ...(diff ? differences.map((one) => differenceText(one, limit, skip)) : []),
    `They stay until: npx kosh replay drop ${into}`,
  ].join('\n');
}

function differenceText(difference: ExplainedDifference, limit: number, skip: number): string {
  const { name, livePosition, replayedPosition, tables } = difference;
  const differing = tables.filter((table) => sizeOf(table) > 0);
  const where = `${name}: live at position ${livePosition}, replayed to ${replayedPosition}`;
  if (differing.length === 0) return `\n${where}: the same rows.`;
  return [`\n${where}.`, ...differing.flatMap((table) => tableText(table, limit, skip))].join('\n');
}

function sizeOf({ onlyLive, onlyReplayed, changed }: ExplainedTable): number {
  return onlyLive + onlyReplayed + changed;
}

function tableText(table: ExplainedTable, limit: number, skip: number): readonly string[] {
  const { onlyLive, onlyReplayed, changed, unexplained, rows } = table;
  const counts = `${onlyLive} rows only live, ${onlyReplayed} only in the replay, ${changed} with other values`;
  const left = sizeOf(table) - skip - rows.length;
  return [
    `  ${table.table}: ${counts}; no event explains ${unexplained} of them.`,
    ...rows.flatMap(rowText),
    ...(left > 0 ? [`    … and ${left} more: --skip ${skip + limit}`] : []),
  ];
}

function rowText({ key, live, replayed, columns, events }: ExplainedRow): readonly string[] {
  const name = Object.entries(key).map(([column, value]) => `${column} ${value}`);
  const what = live === null ? 'only in the replay' : replayed === null ? 'only live' : 'other values';
  return [
    `    ${name.join(', ')}: ${what}`,
    ...columns.map((column) => `      ${column}: live ${live?.[column]}, replayed ${replayed?.[column]}`),
    ...(events.length > 0
      ? events.map(
          (one) => `      ${one.position} ${one.type} of ${one.stream}, ${one.recordedAt}: ${one.told}`,
        )
      : ['      No event explains it: the row was altered.']),
  ];
}
