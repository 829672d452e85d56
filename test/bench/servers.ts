import pg from 'pg';
import { freshDatabase } from '../support/database.js';
import { kafkaBrokers } from '../support/brokers.js';
import { type Stack, startStack } from '../support/stack.js';

/** What `work` finds in a migrated database of its own. */
export async function ofDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { url, drop } = await freshDatabase();
  try {
    return await work(url);
  } finally {
    await drop();
  }
}

/** For what only the server's superuser may: the address is its own. */
export async function asSuperuser(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** What `work` finds in the whole product. */
export async function ofStack<T>(
  { kafka }: { kafka: boolean },
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await startStack(kafka ? { brokers: await kafkaBrokers() } : {});
  try {
    return await work(stack);
  } finally {
    await stack.close();
  }
}
