import { freshDatabase } from '../support/database.js';
import { kafkaBrokers } from '../support/brokers.js';
import { type Stack, startStack } from '../support/stack.js';

/** A migrated database for one measurement. */
export async function withDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const { url, drop } = await freshDatabase();
  try {
    await work(url);
  } finally {
    await drop();
  }
}

/** The whole product for one measurement. */
export async function withStack(
  { kafka }: { kafka: boolean },
  work: (stack: Stack) => Promise<void>,
): Promise<void> {
  const stack = await startStack(kafka ? { brokers: await kafkaBrokers() } : {});
  try {
    await work(stack);
  } finally {
    await stack.close();
  }
}
