import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { freshDatabase } from '../../../test/support/database.js';
import { connect } from './connect.js';

it('a server that says nothing more is given up, and asked anew when it can be reached again', async () => {
  const database = await freshDatabase();
  const address = new URL(database.url);
  const port = Number(address.port);
  let isCut = false;
  const door = createServer((near) => {
    const far = dial(port, address.hostname);
    near.on('data', (bytes) => isCut || far.write(bytes)).on('error', () => far.destroy());
    far.on('data', (bytes) => isCut || near.write(bytes)).on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  address.port = String((door.address() as AddressInfo).port);
  const pool = connect(address.href, 'kosh_api', { max: 1, silenceMs: 2_000 });
  const ask = async () => (await pool.query<{ one: number }>('select 1 as one')).rows;

  try {
    expect(await ask()).toEqual([{ one: 1 }]);
    isCut = true;
    await expect(ask()).rejects.toThrow('Connection terminated');
    isCut = false;
    expect(await ask()).toEqual([{ one: 1 }]);
  } finally {
    isCut = false;
    await pool.end();
    door.close();
    await database.drop();
  }
});
