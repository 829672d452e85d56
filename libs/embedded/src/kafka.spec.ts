import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { emptyFolders } from '../../../test/support/folders.js';
import { describeWithKafka } from '../../../test/support/kafka.js';
import { type Kafka, startKafka } from './index.js';

let dataDir: string;
let running: Kafka | undefined;

afterAll(() => running?.stop());
// Its folder is removed after that: hooks run in the order in which they stand.
const newFolder = emptyFolders();

beforeAll(async () => {
  dataDir = join(await newFolder(), 'kafka');
});

describeWithKafka('a Kafka of our own', () => {
  it('comes back after a kill with its data, on its port', async () => {
    const before = await startKafka({ dataDir });
    running = before;
    const cluster = clusterId();
    await before.kill();
    await expect(knock(before.brokers)).rejects.toThrow('ECONNREFUSED');

    running = await startKafka({ dataDir });
    expect(running.brokers).toBe(before.brokers);
    expect(clusterId()).toBe(cluster);
    await expect(knock(running.brokers)).resolves.toBeUndefined();
  }, 120_000);

  it('refuses to serve data that are being served, and names the Kosh that does', async () => {
    await expect(startKafka({ dataDir })).rejects.toThrow(`by the Kosh that is process ${process.pid}.`);
  });

  it('tells when it ended though nobody asked it to', async () => {
    const { pid = 0, died } = running ?? {};
    process.kill(pid, 'SIGKILL');
    expect(await died).toBe('SIGKILL');
  });
});

function clusterId(): string | undefined {
  return /cluster.id=(.+)/.exec(readFileSync(join(dataDir, 'log/meta.properties'), 'utf8'))?.[1];
}

async function knock(brokers: string): Promise<void> {
  const [host = '', port] = brokers.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  socket.destroy();
}
