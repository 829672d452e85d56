import type { Command } from 'commander';
import { verify, type VerifyReport } from '#audit';
import { READ_MODELS } from '#projections';
import { table } from '#running';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

/** `kosh verify` */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('prove that nothing in the log was changed')
    .description(
      'Recomputes the hash of every event from the first on; checks that positions and versions have no ' +
        'gap, that times never run backwards, that sealed personal data are the bytes that were hashed, ' +
        'and that each read model is what a replay of the log gives. Reads only, and may run while the ' +
        'system runs.\n\n' +
        'Prints the hash of the last event: written down elsewhere, it shows later that nothing ' +
        'before it was changed. If the log is not whole, names the first position that is wrong and exits ' +
        'with 1.',
    )
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExamples:\n  npx kosh verify\n  npx kosh verify --json | jq .headHash')
    .action(async ({ json }: { json?: true }) => {
      const bar = progress();
      const report = await withDatabase('kosh_api', (pool) =>
        verify(pool, { projections: READ_MODELS, onProgress: bar.update, signal: untilInterrupted() }),
      ).finally(bar.stop);
      if (json) printJson(report);
      else console.log(printed(report));
      if (!report.ok) process.exitCode = 1;
    });
}

function printed({ ok, events, headHash, firstBad, readModels, seconds }: VerifyReport): string {
  const lines = firstBad
    ? [
        `The log is NOT whole. The first bad position is ${firstBad.position} (${firstBad.what}):`,
        `  expected ${firstBad.expected}`,
        `  found    ${firstBad.found}`,
        `The ${events} events before it are good, up to hash ${headHash}.`,
        'Stop writing, keep the database as it is, and compare with a backup. Read models were not compared.',
      ]
    : [`The log is whole: ${events} events, the last with hash ${headHash}.`, modelsTable(readModels)];
  if (!firstBad && !ok) {
    const wrong = readModels.filter((model) => !model.ok).map(({ name }) => name);
    lines.push(`NOT what the log gives: ${wrong.join(', ')}. Make anew with: npx kosh rebuild ${wrong[0]}`);
  }
  return [...lines, `${seconds} s`].join('\n');
}

function modelsTable(readModels: VerifyReport['readModels']): string {
  return table(
    ['read model', 'position', 'digest', 'replay'],
    readModels.map(({ name, position, digest, ok }) => [
      name,
      position,
      digest.slice(0, 16),
      ok ? 'the same' : 'DIFFERENT',
    ]),
  );
}
