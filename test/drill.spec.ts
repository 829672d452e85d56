import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { verify, type VerifyReport } from '#audit';
import { connect, head, historyOf, migrate, readPage } from '#event-store';
import { digest, READ_MODELS, replayDigest, waitFor } from '#projections';
import { loadMasterKey, Vault, WrongMasterKey } from '#vault';
import { emptyDatabase, type TestDatabase } from './support/database.js';
import { emptyFolders } from './support/folders.js';
import { describeWithKafka, kafkaBrokers } from './support/kafka.js';
import { registration } from './support/people.js';
import { type Caller, type Stack, startStack } from './support/stack.js';
import { until } from './support/until.js';

const NAMES = READ_MODELS.map(({ name }) => name);
/** So many that a restore can be killed while it loads them. */
const MANY = 2_000;

type Receipt = { position: number; hash: string };
type InTopic = Readonly<{
  source: string;
  epoch: number;
  sharedUpTo: string;
  position: number;
  hash: string;
}>;

describeWithKafka('the drill: a backup, a disaster with Kafka ahead, a restore', () => {
  const topic = `kosh.drill.${uuidv7()}`;
  let brokers: string;
  let folder: string;
  let dataDir: string;
  let before: Stack;
  let kept: readonly Receipt[];
  let lost: readonly InTopic[];
  let backedUp: { position: number; headHash: string };
  /** When the backup of the first day was complete. */
  let noon: string;
  let fresh: TestDatabase;
  const opened: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    brokers = await kafkaBrokers();
    [folder, dataDir] = [join(await emptyFolder(), 'monday'), await emptyFolder()];
    before = await startStack({ brokers, topic, env: { KOSH_DATA_DIR: dataDir } });
    fresh = await emptyDatabase();
    opened.push(fresh.drop);
  }, 120_000);

  afterAll(async () => {
    for (const close of opened.toReversed()) await close();
  });
  // Removed after the last of those who write into them was closed.
  const emptyFolder = emptyFolders();

  it('given an agency at work, and a backup of its day', async () => {
    const registrar = await before.as(['registrar', 'caseworker']);
    kept = await receiptsOf(registrar, MANY);
    const { code, out } = await kosh(['backup', folder, '--json'], before.databaseUrl);
    expect(code).toBe(0);
    backedUp = JSON.parse(out) as typeof backedUp;
    expect(backedUp).toMatchObject({ position: kept.at(-1)?.position, headHash: kept.at(-1)?.hash });
  }, 120_000);

  it('and what was added to it later, while more work went on to Kafka than any backup has', async () => {
    noon = new Date().toISOString();
    const registrar = await before.as(['registrar', 'caseworker']);
    await receiptsOf(registrar, 20);
    const added = await kosh(['backup', `${folder}.1`, '--since', folder, '--json'], before.databaseUrl);
    expect([added.code, JSON.parse(added.out)]).toMatchObject([
      0,
      { added: 20, position: backedUp.position + 20 },
    ]);
    const last = (await receiptsOf(registrar, 30)).at(-1)?.position ?? 0;
    lost = await readTopic(brokers, topic, (seen) => positionsOf(seen).size === last);
    expect(lost.filter(({ position }) => position > backedUp.position).length).toBeGreaterThanOrEqual(50);
  }, 60_000);

  it('when the database is lost, a restore that is killed has loaded nothing', async () => {
    await before.close();
    await migrate(fresh.url);
    const client = new pg.Client(fresh.url);
    await client.connect();
    // The events come before the keys of the vault, and there it waits for us.
    await client.query(STOP_AT_KEYS);
    const killed = await kosh(['restore', folder, '--database', fresh.url], '', async (child) => {
      const waits = `select from pg_locks where locktype = 'advisory' and objid = 77 and not granted`;
      await until(async () => (await client.query(waits)).rows.length > 0, 'a restore that waits');
      child.kill('SIGKILL');
    });
    expect(killed.code).toBeNull();
    await client.query('drop function stop cascade; select pg_advisory_unlock(77)');
    expect((await client.query('select from log.events')).rows).toEqual([]);
    await client.end();
  }, 60_000);

  it('and begun again it puts back the backup, whole, under another epoch', async () => {
    const known = kept.slice(-3).map(({ position, hash }) => `${position}:${hash}`);
    const { code, out, err } = await kosh(
      ['restore', folder, '--database', fresh.url, '--known', ...known, '--json'],
      '',
    );
    expect([code, err]).toEqual([0, '']);
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      ok: true,
      position: backedUp.position,
      masterKey: 'opens',
      checkpoints: { signedUpTo: MANY, faults: [] },
      headHash: backedUp.headHash,
    });
    const again = await kosh(['restore', folder, '--database', fresh.url, '--json'], '');
    expect([again.code, JSON.parse(again.out)]).toMatchObject([2, { error: { code: 'not-restorable' } }]);
  }, 60_000);

  it('then the agency goes on: receipts of before are true, and no reader takes what was lost for its own', async () => {
    const after = await startStack({
      brokers,
      topic,
      databaseUrl: fresh.url,
      env: { KOSH_DATA_DIR: dataDir },
    });
    opened.push(after.close);
    const registrar = await after.as(['registrar', 'caseworker']);
    const receipts = await receiptsOf(registrar, 40);
    expect(receipts[0]?.position).toBe(backedUp.position + 1);
    const { position } = await head(pool(fresh.url));
    await waitFor(pool(fresh.url), NAMES, position, 20_000);
    for (const projection of READ_MODELS) {
      expect([projection.name, await digest(pool(fresh.url), projection)]).toEqual([
        projection.name,
        await replayDigest(pool(fresh.url), projection, position),
      ]);
    }
    expect(await verify(pool(fresh.url), { projections: READ_MODELS })).toMatchObject({
      ok: true,
      events: position,
    });
    const rows = await readPage(pool(fresh.url), 0, position);
    for (const { position: at, hash } of [...kept, ...receipts])
      expect([at, rows[at - 1]?.hash.toString('hex')]).toEqual([at, hash]);
  }, 120_000);

  it('the topic has the whole log again under the new epoch, and says from where on the old one is void', async () => {
    const { epoch } = await historyOf(pool(fresh.url));
    const rows = await readPage(pool(fresh.url), 0, 1_000_000);
    const seen = await readTopic(
      brokers,
      topic,
      (all) => positionsOf(all.filter((one) => one.epoch === epoch)).size === rows.length,
    );
    const now = seen.filter((one) => one.epoch === epoch);
    const first = new Map(now.map(({ position, hash }) => [position, hash]));
    expect([...first].toSorted(([a], [b]) => a - b)).toEqual(
      rows.map(({ position, hash }) => [position, hash.toString('hex')]),
    );
    expect(new Set(now.map(({ sharedUpTo }) => sharedUpTo))).toEqual(new Set([String(backedUp.position)]));
    expect(now.some(({ source }) => lost.some((old) => old.source === source))).toBe(false);
    // What another agency's system keeps by the rule of the contract is the log.
    expect(followed(seen)).toEqual(rows.map(({ hash }) => hash.toString('hex')));
  }, 60_000);

  it('the log is signed on under the new epoch, and verified by what was signed before and holds', async () => {
    const { epoch } = await historyOf(pool(fresh.url));
    const checkpoints = join(dataDir, 'checkpoints');
    const ofNow = (name: string) => Number.parseInt(name, 10) === epoch && name.endsWith('.checkpoint');
    await until(() => readdirSync(checkpoints).some(ofNow), 'a signature');
    const { code, out } = await kosh(['verify', '--json'], fresh.url);
    const report = JSON.parse(out) as VerifyReport;
    expect([code, report.firstBad]).toEqual([0, undefined]);
    expect(report.checkpoints).toMatchObject({ epoch, sharedUpTo: backedUp.position, faults: [] });
    // Those of before up to the backup, and the first of now; what was signed later is not in the log any more.
    expect(report.checkpoints?.matched).toBeGreaterThanOrEqual(3);
    expect(report.checkpoints?.voided).toBeGreaterThanOrEqual(1);
  }, 60_000);

  it('names are read with the master key, and with no other', async () => {
    const vault = await Vault.open(pool(fresh.url), await loadMasterKey({ dataDir }));
    const { rows } = await pool(fresh.url).query<{ sealed: Buffer }>(
      'select sealed from log.events where sealed is not null order by position limit 1',
    );
    expect(await vault.openSealed(rows[0]?.sealed ?? Buffer.alloc(0))).toHaveProperty('person.names');
    await expect(Vault.open(pool(fresh.url), Buffer.alloc(32, 1))).rejects.toBeInstanceOf(WrongMasterKey);
  });

  it('and the same backups give the agency as it was at noon', async () => {
    const other = await emptyDatabase();
    opened.push(other.drop);
    const { code, out } = await kosh(['restore', `${folder}.1`, '--to', noon, '--json'], other.url);
    expect([code, JSON.parse(out)]).toMatchObject([0, { position: backedUp.position, leftOut: 20 }]);
  }, 60_000);

  it('a backup that was altered is refused, naming the file', async () => {
    const other = await emptyDatabase();
    opened.push(other.drop);
    await appendFile(join(folder, 'vault.sealed.copy'), ' ');
    const { code, out, err } = await kosh(['restore', `${folder}.1`, '--json'], other.url);
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'bad-backup' } }]);
    expect(err).toContain('vault.sealed.copy');
  });

  const pools = new Map<string, pg.Pool>();

  function pool(url: string): pg.Pool {
    const made = pools.get(url) ?? connect(url, 'kosh_api', { max: 4, applicationName: 'drill' });
    if (!pools.has(url)) opened.push(() => made.end());
    pools.set(url, made);
    return made;
  }

  async function kosh(
    args: readonly string[],
    databaseUrl: string,
    meanwhile?: (child: ReturnType<typeof spawn>) => Promise<void>,
  ) {
    const child = spawn(process.execPath, ['dist/apps/kosh/src/main.js', ...args], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: databaseUrl, KOSH_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
      meanwhile?.(child),
    ]);
    return { code: child.exitCode, out, err };
  }
});

/** Whoever writes the first key waits until this session has ended, or lets it go on. */
const STOP_AT_KEYS = `
  select pg_advisory_lock(77);
  create function stop() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(77); return null; end $$;
  create trigger stop before insert on vault.keys for each statement execute function stop();`;

/** Registers so many people; the receipts in the order of the log. */
async function receiptsOf(registrar: Caller, count: number): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  const queue = Array.from({ length: count }).keys();
  const worker = async () => {
    for (const _ of queue) receipts.push(await registrar.did<Receipt>('/cases', registration()));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return receipts.toSorted((a, b) => a.position - b.position);
}

/** All of the topic, partition by partition in its order, read until it is enough. */
async function readTopic(
  brokers: string,
  topic: string,
  enough: (seen: readonly InTopic[]) => boolean,
): Promise<readonly InTopic[]> {
  const client = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: `drill-${uuidv7()}`, maxWaitTimeInMs: 100 });
  const seen: InTopic[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachBatch = ({
      batch,
    }: {
      batch: { messages: readonly { headers?: Record<string, unknown> }[] };
    }) => {
      for (const { headers = {} } of batch.messages) {
        seen.push({
          source: String(headers['ce_source']),
          epoch: Number(String(headers['ce_epoch'])),
          sharedUpTo: String(headers['ce_sharedupto']),
          position: Number(String(headers['ce_position'])),
          hash: String(headers['ce_hash']),
        });
      }
      if (enough(seen)) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return seen;
}

function positionsOf(seen: readonly InTopic[]): ReadonlySet<number> {
  return new Set(seen.map(({ position }) => position));
}

/** As the contract says: heed the highest epoch; what came under a lower one from behind any `ce_sharedupto` is void. */
function followed(messages: readonly InTopic[]): readonly string[] {
  let [epoch, shared] = [0, Number.POSITIVE_INFINITY];
  const held = new Map<number, string>();
  for (const message of messages) {
    if (message.epoch < epoch) continue;
    if (message.epoch > epoch) {
      epoch = message.epoch;
      // In the first epoch there is none, and nothing held yet.
      if (message.sharedUpTo !== 'undefined') shared = Math.min(shared, Number(message.sharedUpTo));
      for (const position of held.keys()) if (position > shared) held.delete(position);
    }
    held.set(message.position, message.hash);
  }
  return [...held].toSorted(([a], [b]) => a - b).map(([, hash]) => hash);
}
