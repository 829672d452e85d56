// Event stores beside which the append is measured. They are not part of `npm ci`: `npm ci` in this folder fetches them.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';

const CONNECTIONS = 32;

/**
 * Each in a database of its own on the server of `url`. `append` starts a new stream with events of
 * `{type, data}`; each peer says «must not exist», and pays for its check of that. `command` reads a stream and appends
 * one event at the version that it found.
 */
export async function openPeers(url) {
  const server = new pg.Client({ connectionString: url });
  await server.connect();
  const peers = [];
  for (const [name, open] of Object.entries(PEERS)) {
    const database = `peer_${randomUUID().replaceAll('-', '')}`;
    await server.query(`create database ${database}`);
    const address = new URL(url);
    address.pathname = `/${database}`;
    const { append, command, close } = await open(address.href);
    peers.push({
      name,
      append,
      command,
      async close() {
        await close();
        await server.query(`drop database if exists ${database} with (force)`);
      },
    });
  }
  return {
    peers,
    async close() {
      for (const peer of peers) await peer.close();
      await server.end();
    },
  };
}

const PEERS = {
  async 'emmett-postgresql'(url) {
    const pool = poolOf(url);
    const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
    await store.schema.migrate();
    const append = (stream, events, expectedStreamVersion) =>
      store.appendToStream(
        stream,
        events.map(({ type, data }) => ({ type, data, metadata: { actor: 'bench' } })),
        { expectedStreamVersion },
      );
    return {
      append: (stream, events) => append(stream, events, 'STREAM_DOES_NOT_EXIST'),
      async command(stream, event) {
        const { currentStreamVersion } = await store.readStream(stream);
        return append(stream, [event], currentStreamVersion);
      },
      async close() {
        await store.close();
        await pool.end();
      },
    };
  },

  async castore(url) {
    const connectionString = `${url}?max=${CONNECTIONS}`;
    await quietly(() => PostgresEventStorageAdapter.createEventTable({ connectionString }));
    const adapter = new PostgresEventStorageAdapter({ connectionString });
    const context = { eventStoreId: 'CASE' };
    const detail = (aggregateId, version, { type, data }) => ({
      aggregateId,
      version,
      type,
      payload: data,
      metadata: { actor: 'bench' },
    });
    const idOf = (stream) => stream.slice(stream.indexOf('-') + 1);
    return {
      async append(stream, events) {
        const aggregateId = idOf(stream);
        const details = events.map((event, i) => detail(aggregateId, i + 1, event));
        if (details.length === 1) return adapter.pushEvent(details[0], context);
        const grouped = details.map((one) => Object.assign(adapter.groupEvent(one), { context }));
        return adapter.pushEventGroup({}, ...grouped);
      },
      async command(stream, event) {
        const { events } = await adapter.getEvents(idOf(stream), context);
        return adapter.pushEvent(detail(idOf(stream), events.length + 1, event), context);
      },
      close: () => adapter._sql.end(),
    };
  },

  /** Its own SQL: one call per message, in a transaction where there are several. */
  async 'message-db'(url) {
    const pool = poolOf(url);
    pool.on('connect', (client) => void client.query('set search_path to message_store, public'));
    await installMessageDb(url);
    const write = (db, stream, { type, data }, before) =>
      db.query({
        name: 'write',
        text: 'select write_message($1, $2, $3, $4, $5, $6)',
        values: [randomUUID(), stream, type, JSON.stringify(data), '{"actor":"bench"}', before],
      });
    return {
      async append(stream, events) {
        if (events.length === 1) return write(pool, stream, events[0], -1);
        const client = await pool.connect();
        try {
          await client.query('begin');
          for (const [i, event] of events.entries()) await write(client, stream, event, i - 1);
          await client.query('commit');
        } finally {
          client.release();
        }
      },
      async command(stream, event) {
        const { rows } = await pool.query({
          name: 'read',
          text: 'select type, position, data from get_stream_messages($1)',
          values: [stream],
        });
        const events = rows.map(({ type, data }) => ({ type, data: JSON.parse(data) }));
        return write(pool, stream, event, events.length - 1);
      },
      close: () => pool.end(),
    };
  },
};

function poolOf(url) {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  // At the end the database is dropped under what a peer has left open.
  pool.on('error', () => undefined);
  return pool;
}

/** What its install script does with psql: the files of its folders, in its order. */
async function installMessageDb(url) {
  const root = join(
    dirname(createRequire(import.meta.url).resolve('@eventide/message-db/package.json')),
    'database',
  );
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('set client_min_messages = error; set check_function_bodies = off');
  for (const folder of ['roles', 'schema', 'extensions', 'tables', 'types', 'functions', 'indexes']) {
    for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.sql'))) {
      await client.query(readFileSync(join(root, folder, file), 'utf8'));
      if (folder === 'schema') await client.query('set search_path to message_store, public');
    }
  }
  await client.end();
}

async function quietly(work) {
  const { log } = console;
  console.log = () => {};
  try {
    await work();
  } finally {
    console.log = log;
  }
}
