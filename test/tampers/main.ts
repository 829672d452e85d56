import Table from 'cli-table3';
import { TAMPERS } from '../../libs/audit/test/tampers.js';
import { startServers } from '../support/servers.js';
import {
  OwnCluster,
  type Round,
  signedAgency,
  tamperInDatabase,
  turnBitInDump,
  turnBitOnDisk,
} from './tampering.js';

/** 1,000 rounds: 13 kinds in a database, bits in a dump, bits on the disk of a stopped server. */
const IN_DATABASE = 60;
const IN_DUMP = 200;
const ON_DISK = 20;
const EVENTS = 120;

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** `npm run tampers`: does each of them, verifies, and prints what was found. Chance follows from the seed. */
const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
say(`Seed ${seed}: npm run tampers -- ${seed} does the same again.`);
const rounds: Round[] = [];
const stopServers = await startServers();
try {
  await inDatabase();
  await onDisk();
} finally {
  await stopServers();
}
process.stdout.write(`${tableOf(rounds)}\n`);
process.exitCode = rounds.every(isNamed) ? 0 : 1;

async function inDatabase(): Promise<void> {
  const agency = await signedAgency(EVENTS);
  const rows = await agency.rows();
  for (const tamper of TAMPERS) {
    say(`${tamper.what} …`);
    for (let i = 0; i < IN_DATABASE; i += 1)
      rounds.push(await tamperInDatabase(agency, rows, tamper, seed + i));
  }
  say('a bit turned in a dump …');
  for (let i = 0; i < IN_DUMP; i += 1) rounds.push(await turnBitInDump(agency, rows, seed + i));
  await agency.close();
}

async function onDisk(): Promise<void> {
  say('a bit turned on disk …');
  const cluster = new OwnCluster();
  const agency = await cluster.signed(EVENTS);
  let { url } = agency;
  for (let i = 0; i < ON_DISK; i += 1) {
    rounds.push(await turnBitOnDisk(cluster, agency, url, seed + i));
    url = await cluster.start();
  }
  await cluster.stop();
  await agency.close();
  cluster.remove();
}

function tableOf(all: readonly Round[]): string {
  const table = new Table({
    head: ['what was done', 'rounds', 'found', 'first bad named', 'found by'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const what of new Set(all.map((round) => round.what))) {
    table.push(
      rowOf(
        what,
        all.filter((round) => round.what === what),
      ),
    );
  }
  table.push(rowOf('all', all));
  return table.toString();
}

function rowOf(what: string, of: readonly Round[]): (string | number)[] {
  const found = of.flatMap((round) => round.found ?? []);
  const by = [...new Set(found.map((bad) => bad.what))].toSorted();
  return [what, of.length, found.length, of.filter(isNamed).length, by.join(', ')];
}

/** The very position, and no range of them. */
function isNamed({ expected, found }: Round): boolean {
  return found?.position === expected && found.upTo === undefined;
}
