import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { dump } from '#audit';
import { withDatabase } from './database.js';
import { untilInterrupted } from './interrupt.js';
import { JSON_OPTION, printJson } from './json.js';
import { progress } from './progress.js';

type DumpVerb = { upTo?: number; json?: true };

/** `kosh dump` */
export function addDump(program: Command): void {
  const verb = program
    .command('dump')
    .summary('write the log to a file, to be verified elsewhere')
    .description(
      'Writes every event as a line of JSON, byte for byte what was hashed (docs/proof-format.md), for ' +
        '`kosh verify --offline`. It holds no names and no documents, but who recorded what. May run while the ' +
        'system runs. Copy the checkpoints BEFORE the dump is made: then the dump has all that they cover.',
    )
    .argument('[file]', 'where to; stdout unless told. It is there whole, or not at all')
    .option('--up-to <position>', 'the last position to write (default: the last of the log)', position)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExamples:\n  npx kosh dump dump.ndjson\n  npx kosh dump | gzip > dump.ndjson.gz',
    );
  verb.action(async (file: string | undefined, { upTo, json }: DumpVerb) => {
    if (json && file === undefined) verb.error('error: --json says what became of a file: name one.');
    const bar = progress();
    let events = 0;
    const onProgress = (done: number, total: number) => {
      events = done;
      bar.update('log', done, total);
    };
    await withDatabase('kosh_api', async (pool) => {
      const lines = Readable.from(dump(pool, { upTo, onProgress, signal: untilInterrupted() }));
      if (file === undefined) await pipeline(lines, process.stdout, { end: false });
      else await whole(file, lines);
    }).finally(bar.stop);
    if (json) printJson({ file, events });
    else if (file !== undefined) console.error(`${events} events in ${file}`);
  });
}

async function whole(file: string, lines: Readable): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(lines, createWriteStream(part, { flags: 'w', mode: 0o600, flush: true }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function position(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a position, such as 4711.');
}
