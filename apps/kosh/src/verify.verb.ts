import type { Command } from 'commander';
import { answerOffline, Misuse, printedCheckpoints, range, verify, type VerifyReport } from '#audit';
import { READ_MODELS } from '#projections';
import { table } from '#running';
import { checkpointsFor, lastVerified, rememberVerified } from './checkpoints.js';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

type VerifyVerb = {
  checkpoints?: string;
  key?: string;
  sinceLast?: true;
  readModels: boolean;
  offline?: string;
  until?: string;
  receipt?: string;
  proof?: string;
  json?: true;
};

/** `kosh verify` */
export function addVerify(program: Command): void {
  const verb = program
    .command('verify')
    .summary('prove that nothing in the log was changed')
    .description(
      'Recomputes the hash of every event from the first on; checks that positions and versions have no ' +
        'gap, that times never run backwards, that sealed personal data are the bytes that were hashed, ' +
        'and that each read model is what a replay of the log gives. Reads only, and may run while the ' +
        'system runs.\n\n' +
        'Holds the log against the signed checkpoints: by them alone a removed end and a rewritten history ' +
        'are seen. If the log is not whole, names the first position that is wrong and exits with 1.\n\n' +
        'With --offline it needs no database: a dump is held against checkpoints. The same program, alone: ' +
        'node dist/libs/audit/src/offline/verify-offline.js --help',
    )
    .option('--checkpoints <folder>', 'signed checkpoints (default: those of this machine, if it has any)')
    .option('--key <file>', "the notary's public key, a file or the key itself (default: their key.pub)")
    .option('--since-last', 'do not read again what the last verification on this machine found good')
    .option('--no-read-models', 'the log alone')
    .option('--offline <dump>', 'verify what `kosh dump` has written')
    .option('--until <position>', 'with --offline: leave out checkpoints beyond it, since the dump is older')
    .option('--receipt <file>', 'with --offline or --proof: whether an answer to a write is of this log')
    .option('--proof <file>', 'check an answer of /v1/audit/proofs/inclusion or /consistency')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  npx kosh verify
  npx kosh verify --checkpoints /media/auditor/checkpoints --key agency.pub
  npx kosh verify --offline dump.ndjson --checkpoints checkpoints --key key.pub
  npx kosh verify --proof proof.json --receipt receipt.json --key key.pub`,
    );
  verb.action(async (asked: VerifyVerb) => {
    try {
      await (asked.offline !== undefined || asked.proof !== undefined ? offline(asked) : online(asked));
    } catch (error) {
      if (error instanceof Misuse) verb.error(`error: ${error.message}`);
      throw error;
    }
  });
}

async function offline({ offline: dump, json, ...asked }: VerifyVerb): Promise<void> {
  if (asked.sinceLast) throw new Misuse('--since-last is for the log in its database.');
  const bar = progress('MB');
  const { ok, report, text } = await answerOffline({ ...asked, dump }, (done, total) =>
    bar.update('dump', Math.round(done / 1e6), Math.round(total / 1e6)),
  ).finally(bar.stop);
  if (json) printJson(report);
  else console.log(text);
  if (!ok) process.exitCode = 1;
}

async function online({ sinceLast, readModels, json, ...asked }: VerifyVerb): Promise<void> {
  if (asked.receipt !== undefined) throw new Misuse('A receipt takes --offline or --proof.');
  if (asked.until !== undefined) throw new Misuse('--until takes --offline.');
  const checkpoints = await checkpointsFor(asked);
  if (sinceLast && !checkpoints) throw new Misuse('--since-last takes checkpoints, and there are none here.');
  const since = sinceLast && checkpoints ? await lastVerified(checkpoints.keys) : undefined;
  const bar = progress();
  const report = await withDatabase('kosh_api', (pool) =>
    verify(pool, {
      checkpoints,
      since,
      projections: readModels ? READ_MODELS : [],
      onProgress: bar.update,
      signal: untilInterrupted(),
    }),
  ).finally(bar.stop);
  if (json) printJson(report);
  else console.log(printed(report, sinceLast));
  if (!report.ok) process.exitCode = 1;
  const signedUpTo = report.checkpoints?.signedUpTo ?? 0;
  if (checkpoints && signedUpTo > 0 && !report.firstBad)
    await rememberVerified(checkpoints.folder, signedUpTo);
}

function printed(report: VerifyReport, sinceLast?: true): string {
  const { ok, events, headHash, firstBad, readFrom, checkpoints, readModels, logSeconds, seconds } = report;
  const lines = firstBad
    ? [
        `The log is NOT whole. The first bad position is ${range(firstBad)} (${firstBad.what}):`,
        `  expected ${firstBad.expected}`,
        `  found    ${firstBad.found}`,
        `The ${events} events before it are good, up to hash ${headHash}.`,
        'Stop writing, keep the database as it is, and compare with a backup. Read models were not compared.',
      ]
    : [`The log is whole: ${events} events, the last with hash ${headHash}.`];
  if (readFrom > 1) {
    lines.push(
      `Read from position ${readFrom} on. What is before was verified here earlier, and was NOT read again: ` +
        'leave out --since-last for that.',
    );
  }
  if (sinceLast && readFrom === 1) lines.push('All of it was read: nothing was verified here before.');
  lines.push(...printedCheckpoints(checkpoints, events));
  if (!firstBad && readModels.length > 0) lines.push(modelsTable(readModels));
  for (const { name, wrongSubtotal } of readModels) {
    if (wrongSubtotal !== undefined)
      lines.push(`The subtotal of ${name} at position ${wrongSubtotal} is NOT the sum of its rows.`);
  }
  const wrong = readModels.filter((model) => !model.ok).map(({ name }) => name);
  if (!ok && wrong.length > 0) {
    lines.push(`NOT what the log gives: ${wrong.join(', ')}. Make anew with: npx kosh rebuild ${wrong[0]}`);
    lines.push(...readModels.flatMap(whyOf));
  }
  return [...lines, readModels.length > 0 ? `${seconds} s, the log ${logSeconds} s` : `${seconds} s`].join(
    '\n',
  );
}

function whyOf({ name, parked, reason }: VerifyReport['readModels'][number]): string[] {
  return [
    ...(reason === undefined ? [] : [reason]),
    ...(parked.length === 0 ? [] : [`${name} has put aside ${parked.join(', ')}. See: npx kosh parked`]),
  ];
}

function modelsTable(readModels: VerifyReport['readModels']): string {
  return table(
    ['read model', 'position', 'digest', 'replay'],
    readModels.map(({ name, position, digest, replayed, parked }) => [
      name,
      position,
      digest.slice(0, 16),
      digest === replayed ? 'the same' : parked.length > 0 ? `${parked.length} PARKED` : 'DIFFERENT',
    ]),
  );
}
