import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres } from '#embedded';
import { connect, migrate, type Row } from '#event-store';
import { dumpLine } from '../../libs/audit/src/dump.js';
import { type FirstBad, verifyDump } from '../../libs/audit/src/offline/verify-offline.js';
import { verify } from '../../libs/audit/src/verify.js';
import { Agency } from '../../libs/audit/test/agency.js';
import { Dice, type Tamper } from '../../libs/audit/test/tampers.js';

/** What was done, where it is first wrong, and what verification says of it. */
export type Round = Readonly<{ what: string; expected: number; found: FirstBad | undefined }>;

/** An agency whose log was signed to its end, a checkpoint after every 10 events. */
export async function signedAgency(events: number, agency?: Agency): Promise<Agency> {
  const signed = agency ?? (await Agency.open());
  for (let left = events; left > 0; left -= 20) await signed.record(Math.min(left, 20));
  await signed.sign({ every: { events: 10, ms: 600_000 } });
  return signed;
}

/**
 * Does something to a real log as a superuser whom no trigger stops, and lets the database forget what it remembers of
 * the log; verifies it against the checkpoints; and puts it back.
 */
export async function tamperInDatabase(
  agency: Agency,
  rows: readonly Row[],
  tamper: Tamper,
  seed: number,
): Promise<Round> {
  const tampered = tamper.do(rows, new Dice(seed));
  await agency.intruder.query('truncate log.keys');
  await agency.write(tampered.rows);
  try {
    const checkpoints = { folder: agency.folder, keys: await agency.keys() };
    const { firstBad } = await verify(agency.auditor, { checkpoints });
    return { what: tamper.what, expected: tampered.firstBad, found: firstBad };
  } finally {
    await agency.write(rows);
  }
}

/** Turns one bit anywhere in the file of a dump. */
export async function turnBitInDump(agency: Agency, rows: readonly Row[], seed: number): Promise<Round> {
  const dice = new Dice(seed);
  const dump = Buffer.from(rows.map(dumpLine).join(''));
  const at = dice.below(dump.length);
  const line = 1 + dump.subarray(0, at).filter((byte) => byte === 0x0a).length;
  dump[at] = (dump[at] ?? 0) ^ (1 << dice.below(8));
  const file = join(agency.dataDir, 'damaged.ndjson');
  await writeFile(file, dump);
  const { firstBad } = await verifyDump(file, { checkpoints: agency.folder, keys: await agency.keys() });
  return { what: 'a bit turned in a dump', expected: line, found: firstBad };
}

/** A Postgres of one's own whose files can be damaged while it is stopped. */
export class OwnCluster {
  private readonly folder: string;
  private postgres: Postgres | undefined;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'kosh-cluster-'));
    chmodSync(this.folder, 0o755); // Postgres may run as another user.
  }

  /** Starts it, with the log where it was. */
  async start(): Promise<string> {
    this.postgres = await startPostgres({ dataDir: join(this.folder, 'postgres') });
    return this.postgres.url;
  }

  /** Starts it for the first time, with a log that was signed to its end. */
  async signed(events: number): Promise<Agency> {
    const url = await this.start();
    await migrate(url);
    return signedAgency(events, await Agency.open({ url, drop: () => Promise.resolve() }));
  }

  async stop(): Promise<void> {
    await this.postgres?.stop();
  }

  /** The file of the log, and the first position in each of its pages. */
  async layout(url: string): Promise<Readonly<{ file: string; firsts: readonly number[] }>> {
    const client = new pg.Client(url);
    await client.connect();
    const { rows: paths } = await client.query<{ path: string }>(
      `select current_setting('data_directory') || '/' || pg_relation_filepath('log.events') as path`,
    );
    const { rows } = await client.query<{ first: string }>(
      `select min(position) as first from log.events group by (ctid::text::point)[0] order by (ctid::text::point)[0]`,
    );
    await client.query('checkpoint');
    await client.end();
    return { file: paths[0]?.path ?? '', firsts: rows.map(({ first }) => Number(first)) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const PAGE_BYTES = 8_192;

/** Turns one bit anywhere in the file of the log, with the server stopped, and turns it back. */
export async function turnBitOnDisk(
  cluster: OwnCluster,
  agency: Agency,
  url: string,
  seed: number,
): Promise<Round> {
  const dice = new Dice(seed);
  const { file, firsts } = await cluster.layout(url);
  const [page, byte, bit] = [dice.below(firsts.length), dice.below(PAGE_BYTES), dice.below(8)];
  await cluster.stop();
  await turn(file, page * PAGE_BYTES + byte, bit);
  const restarted = await cluster.start();
  const auditor = connect(restarted, 'kosh_api', { max: 3 });
  const checkpoints = { folder: agency.folder, keys: await agency.keys() };
  const { firstBad } = await verify(auditor, { checkpoints });
  await auditor.end();
  await cluster.stop();
  await turn(file, page * PAGE_BYTES + byte, bit);
  return { what: 'a bit turned on disk', expected: firsts[page] ?? 0, found: firstBad };
}

/** Turns a bit of the first such text in a file. Answers whether there was one. */
export async function turnBitOf(text: string, file: string): Promise<boolean> {
  const at = (await readFile(file)).indexOf(text);
  if (at < 0) return false;
  await turn(file, at, 0);
  return true;
}

async function turn(path: string, at: number, bit: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  await file.write(byte, 0, 1, at);
  await file.sync();
  await file.close();
}
